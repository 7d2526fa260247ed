"""Which of several strokes paints where: Yao et al., 2019 (AAMS), https://arxiv.org/abs/1901.05127, and its released code."""

import torch
import torch.nn.functional as F
from torch import Tensor

SHARP = 50.0  # the released code's: of the softmax over strokes
ROUNDS = 80  # the same: of k-means, at most


def saliency(attention: Tensor) -> Tensor:
    """How many channels stand out at each place, blurred, from 0 to 1: [B, C, h, w] -> [B, 1, h, w]."""
    size = attention.abs()
    out = (size > 2 * size.mean((1, 2, 3), keepdim=True)).float().sum(1, keepdim=True)
    row = torch.tensor([0.25, 0.5, 0.25], device=out.device)
    blurred = F.conv2d(F.pad(out, (1, 1, 1, 1), mode="replicate"), torch.outer(row, row)[None, None])
    low, high = blurred.amin((2, 3), keepdim=True), blurred.amax((2, 3), keepdim=True)
    return (blurred - low) / (high - low).clamp(min=1e-6)


def even_centres(count: int, like: Tensor) -> Tensor:
    return torch.linspace(0, 1, count, device=like.device).expand(len(like), -1)


def stroke_shares(chosen: Tensor, count: int, centres: Tensor | None = None) -> Tensor:
    """The share of each stroke at each place, [B, K, h, w], which add up to 1: by how near the map is to the stroke's centre.

    Args:
        chosen: [B, 1, h, w] in [0, 1].
        count: K.
        centres: [B, K], ascending; None finds them by k-means.
    """
    centres = k_means(chosen.flatten(1), count) if centres is None else centres
    near = 1 - (chosen - centres[:, :, None, None]).abs()  # [B, K, h, w]
    return (SHARP * near).softmax(1)


def k_means(values: Tensor, count: int) -> Tensor:
    """Centres [B, K] of numbers [B, N], ascending. They begin at evenly spaced places of the range; one that nothing is near stays."""
    low, high = values.amin(1, keepdim=True), values.amax(1, keepdim=True)
    steps = (torch.arange(count, device=values.device) + 0.5) / count
    centres = low + (high - low) * steps
    for _ in range(ROUNDS):
        own = F.one_hot((values[:, :, None] - centres[:, None]).abs().argmin(2), count).to(values.dtype)  # [B, N, K]
        number = own.sum(1)
        moved = torch.where(number > 0, (own * values[:, :, None]).sum(1) / number.clamp(min=1), centres)
        if moved.equal(centres):
            break
        centres = moved
    return centres.sort(1).values
