"""Giving a map the colours of another as a whole: the covariance of its channels, not the deviation of each alone."""

import torch
from torch import Tensor

from txst.layers.ops import at_least_float32, full_precision


def mean_and_covariance(x: Tensor, floor: float = 0.0) -> tuple[Tensor, Tensor]:
    """Mean [B, C, 1] and covariance [B, C, C] of the channels over space, divided by the number of places.

    Args:
        x: [B, C, h, w].
        floor: added to every variance: no channel, and no mixture of channels, counts as having less.
    """
    flat = at_least_float32(x).flatten(2)
    mean = flat.mean(2, keepdim=True)
    centred = flat - mean
    with full_precision(flat):
        covariance = centred @ centred.transpose(1, 2) / flat.shape[2]
    return mean, covariance + floor * torch.eye(flat.shape[1], dtype=flat.dtype, device=flat.device)


def symmetric_power(matrix: Tensor, power: float) -> Tensor:
    """A power of a symmetric positive matrix [B, C, C]; what lies along directions of next to nothing is left out."""
    values, vectors = torch.linalg.eigh(matrix)
    kept = values > 1e-5
    powered = torch.where(kept, values.clamp(min=1e-5) ** power, torch.zeros_like(values))
    with full_precision(matrix):
        return (vectors * powered[:, None]) @ vectors.transpose(1, 2)
