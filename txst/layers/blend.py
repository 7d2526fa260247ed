"""Mixing by a strength that is one number, or a mask."""

import torch
import torch.nn.functional as F
from torch import Tensor


def is_full(strength: float | Tensor) -> bool:
    """Whether nothing is mixed in: one number, 1. A mask is not looked into."""
    return not isinstance(strength, Tensor) and strength == 1


def blend(x: Tensor, y: Tensor, strength: float | Tensor) -> Tensor:
    """Gives x where strength is 0, y where it is 1; a mask [B, 1, H, W] is shrunk to the map [B, C, h, w]."""
    if isinstance(strength, Tensor) and strength.shape[-2:] != x.shape[-2:]:
        strength = F.adaptive_avg_pool2d(strength, (x.shape[-2], x.shape[-1]))
    dtype = torch.promote_types(x.dtype, y.dtype)  # an image is float32, what autocast paints is not
    if isinstance(strength, Tensor):
        strength = strength.to(dtype)
    return torch.lerp(x.to(dtype), y.to(dtype), strength)
