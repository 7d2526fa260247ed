"""Statistics of maps for training, their gradients written out.

Autograd works a gradient out step by step and goes over the map at each; here it is one formula, in the memory format of the
map, so that the convolution before it need not turn the gradient around. Everything is float32 or float64.
"""

from typing import Any

import torch
from torch import Tensor


def is_trained(x: Tensor) -> bool:
    """Whether a gradient is wanted of what is worked out of x. An exported graph is for painting, and is made of plain parts."""
    return x.requires_grad and torch.is_grad_enabled() and not torch.compiler.is_exporting()


class MapGram(torch.autograd.Function):
    """Products of every two channels, summed over places: [B, C, h, w] -> [B, C, C]."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        flat = x.flatten(2)  # [B, C, hw]
        return flat @ flat.transpose(1, 2)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        both = grad + grad.transpose(1, 2)  # of a map that stands on both sides of the product
        places = x.flatten(2).transpose(1, 2)  # [B, hw, C]
        found = (places @ both).transpose(1, 2) if places.is_contiguous() else both @ x.flatten(2)
        return found.unflatten(2, x.shape[2:])


class SquareSum(torch.autograd.Function):
    """Sum of squares of each sample: [B, ...] -> [B]."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return torch.linalg.vector_norm(x.flatten(1), dim=1).square()

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        return x * (2 * grad).view(-1, *[1] * (x.dim() - 1))


class MapMoments(torch.autograd.Function):
    """Mean and deviation of each channel: [B, C, hw] -> [B, C, 1] each; see `ops.channel_stats` for eps and correction."""

    @staticmethod
    def forward(ctx: Any, flat: Tensor, eps: float, correction: int) -> tuple[Tensor, Tensor]:
        ctx.count = flat.shape[2] - correction
        mean = flat.mean(2, keepdim=True)
        square = torch.linalg.vector_norm(flat - mean, dim=2, keepdim=True).square()
        std = (square / ctx.count + eps).sqrt()
        ctx.save_for_backward(flat, mean, std)
        return mean, std

    @staticmethod
    def backward(ctx: Any, grad_mean: Tensor, grad_std: Tensor) -> tuple[Tensor, None, None]:
        flat, mean, std = ctx.saved_tensors
        slope = grad_std / (ctx.count * std)
        return torch.addcmul(grad_mean / flat.shape[2] - slope * mean, flat, slope), None, None


class MapNorm(torch.autograd.Function):
    """Each channel less its mean, over its deviation [B, C, 1]: [B, C, hw] -> both; see `ops.channel_stats` for correction.

    The deviation is an output because a gradient of a gradient goes through what is kept, if it is one.
    """

    @staticmethod
    def forward(ctx: Any, flat: Tensor, eps: float, correction: int) -> tuple[Tensor, Tensor]:
        ctx.count = flat.shape[2] - correction
        centred = flat - flat.mean(2, keepdim=True)
        std = (centred.square().sum(2, keepdim=True) / ctx.count + eps).sqrt()
        normed = centred / std
        ctx.save_for_backward(normed, std)
        return normed, std

    @staticmethod
    def backward(ctx: Any, grad: Tensor, grad_std: Tensor) -> tuple[Tensor, None, None]:
        normed, std = ctx.saved_tensors
        along = ((grad * normed).sum(2, keepdim=True) - grad_std * std) / ctx.count
        return torch.addcmul(grad - grad.mean(2, keepdim=True), normed, along, value=-1) / std, None, None
