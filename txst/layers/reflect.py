"""Maps that go on beyond their border as in a mirror: no frame shows in what is painted."""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class ReflectConv(nn.Conv2d):
    """A convolution that sees the map go on beyond its border as in a mirror.

    Args:
        width_in: channels.
        width: channels that it makes.
        size: side of the kernel.
        stride: of the kernel.
        padding: pixels beyond each border; None is half the kernel.
        groups: of channels.
        bias: whether there is one.
    """

    def __init__(
        self,
        width_in: int,
        width: int,
        size: int,
        stride: int = 1,
        padding: int | None = None,
        groups: int = 1,
        bias: bool = True,
    ) -> None:
        padding = size // 2 if padding is None else padding
        super().__init__(width_in, width, size, stride, padding, groups=groups, bias=bias, padding_mode="reflect")

    def forward(self, x: Tensor) -> Tensor:
        padded = reflect_pad(x, int(self.padding[0]))
        return F.conv2d(padded, self.weight, self.bias, self.stride, groups=self.groups)


def reflect_pad(x: Tensor, by: int) -> Tensor:
    """The map [B, C, h, w] grown on all sides, [B, C, h + 2 by, w + 2 by]: F.pad's numbers everywhere.

    On CUDA F.pad turns channels-last maps around, so that the next convolution turns them back, and its gradient is added
    up in no fixed order: two equal runs end with different weights.
    """
    if not by:
        return x
    if x.is_cuda and not torch.compiler.is_compiling():
        return Reflected.apply(x, by)
    return F.pad(x, (by, by, by, by), mode="reflect")


def conv_of_grown(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """A map grown to twice its size by nearest, then convolved 3x3 as by ReflectConv: the same numbers for 4/9 of the work.

    Equal pixels lie side by side in the grown map, so that the kernel has only 2 x 2 different places to look at. A mirror
    shows the grown map's outermost pixel once more: the small one's border is repeated.

    Args:
        x: [B, C, h, w].
        weight: [K, C, 3, 3].
        bias: [K].

    Returns:
        [B, K, 2 h, 2 w].
    """
    turned = F.pad(weight.flip(2, 3).transpose(0, 1), (1, 1, 1, 1))
    kernel = F.avg_pool2d(turned, 2, stride=1, divisor_override=1)  # [C, K, 4, 4]
    return F.conv_transpose2d(F.pad(x, (1, 1, 1, 1), mode="replicate"), kernel, bias, stride=2, padding=3)


class Reflected(torch.autograd.Function):
    """Padding in the memory format of the map, and its gradient in a fixed order."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, by: int) -> Tensor:
        ctx.by = by
        last = x.is_contiguous(memory_format=torch.channels_last)
        shape = (*x.shape[:2], x.shape[2] + 2 * by, x.shape[3] + 2 * by)
        kept = torch.channels_last if last else torch.contiguous_format
        grown = torch.empty(shape, dtype=x.dtype, device=x.device, memory_format=kept)
        inner = grown[..., by:-by, :]
        inner[..., by:-by] = x
        inner[..., :by], inner[..., -by:] = x[..., 1 : by + 1].flip(3), x[..., -by - 1 : -1].flip(3)
        grown[..., :by, :] = inner[..., 1 : by + 1, :].flip(2)
        grown[..., -by:, :] = inner[..., -by - 1 : -1, :].flip(2)
        return grown

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        by = ctx.by

        def folded(rows: Tensor) -> Tensor:
            middle = rows[..., by:-by].clone()
            middle[..., 1 : by + 1] += rows[..., :by].flip(3)
            middle[..., -by - 1 : -1] += rows[..., -by:].flip(3)
            return middle

        inner = folded(grad[..., by:-by, :])
        inner[..., 1 : by + 1, :] += folded(grad[..., :by, :]).flip(2)
        inner[..., -by - 1 : -1, :] += folded(grad[..., -by:, :]).flip(2)
        return inner, None
