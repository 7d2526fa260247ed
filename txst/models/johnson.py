"""A network for each style: Johnson, Alahi and Fei-Fei, 2016, https://arxiv.org/abs/1603.08155.

With instance normalisation (Ulyanov, Vedaldi and Lempitsky, 2016, https://arxiv.org/abs/1607.08022). Two layouts, those of the
weights that people have: `resize`, as in PyTorch's examples, and `transposed`, as in Engstrom's fast-style-transfer and ml5.
"""

from itertools import pairwise
from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from txst.layers.blend import blend, is_full
from txst.layers.map_statistics import is_trained
from txst.layers.ops import EPS, he_init, instance_norm
from txst.layers.reflect import ReflectConv, conv_of_grown
from txst.layers.tensors import pad_to_multiple
from txst.types import Blends, Controls, Features, NormStatistics, Painting, Prepared, Reads, Style

SMALLEST = (
    8  # pixels a side; below them the reflections of a 9 x 9 kernel and at a quarter of the size have nothing to show
)
TANH = (150 / 255, 127.5 / 255)  # scale and shift of the layout `transposed`'s last layer


class Johnson(nn.Module):
    """Three convolutions down to a quarter of the size, residual blocks, three up again: an image in the one style it has learnt.

    Departs from it: pixels are in [0, 1], and the painting is as large as the image (the published networks round sides up to
    multiples of 4).

    Args:
        width: channels at full size; 2 and 4 times as many at half and at a quarter. Published: 32.
        blocks: residual blocks. Published: 5.
        layout: `resize` reflects at the borders and grows by nearest before it convolves; `transposed` has zeros beyond the
            borders, transposed convolutions, and ends with a normalisation and tanh.
        eps: of the normalisations. Published: 1e-5 of `resize`, 1e-3 of `transposed`.
    """

    reads: frozenset[Reads] = frozenset({"fixed"})
    stride = 4
    blends: Blends = "pixels"
    whole = False

    def __init__(
        self, width: int = 32, blocks: int = 5, layout: Literal["resize", "transposed"] = "resize", eps: float = EPS
    ) -> None:
        super().__init__()
        if layout not in ("resize", "transposed"):
            raise ValueError(f"layout={layout!r} is unknown: give resize or transposed")
        self.squashed = layout == "transposed"
        kinds: tuple[Any, Any] = (ZeroConv, TransposedConv) if self.squashed else (ReflectConv, GrownConv)
        conv, grow = kinds
        widths = [width, 2 * width, 4 * width]

        def normed(convolution: nn.Module, channels: int) -> NormedConv:
            return NormedConv(convolution, channels, eps)

        self.down = nn.ModuleList(
            [normed(conv(3, width, 9), width), *(normed(conv(a, b, 3, 2), b) for a, b in pairwise(widths))]
        )
        deep = widths[-1]
        self.blocks = nn.ModuleList(
            Residual(*(normed(conv(deep, deep, 3), deep) for _ in range(2))) for _ in range(blocks)
        )
        self.up = nn.ModuleList(normed(grow(a, b, 3), b) for a, b in pairwise(widths[::-1]))
        last = conv(width, 3, 9)
        self.apply(he_init)
        if not self.squashed:
            with torch.no_grad():  # grey at first, and far from black and white
                last.weight.mul_(0.1)
                last.bias.fill_(0.5)
        self.paint = normed(last, 3) if self.squashed else last

    def prepare_style(self, style: Style) -> Prepared:
        """Nothing: the style is in the weights."""
        return {}

    def prepare_image(self, image: Tensor) -> None:
        """There is no such thing."""

    def forward(
        self, image: Tensor, prepared: Prepared, controls: Controls = Controls(), features: Features | None = None
    ) -> Painting:
        """Paints.

        Args:
            image: [B, 3, H, W] in [0, 1], any H and W.
            prepared: nothing.
            controls: strength blends pixels.
            features: None.
        """
        height, width = image.shape[-2:]
        x = pad_to_multiple(image, self.stride) if min(height, width) < SMALLEST else image
        painted = self.painted(x, controls.statistics)[..., :height, :width]
        painted = painted if self.training else painted.clamp(0, 1)
        return Painting(painted if is_full(controls.strength) else blend(image, painted, controls.strength))

    def painted(self, x: Tensor, statistics: NormStatistics | None) -> Tensor:
        """The network itself: the sides of what it gives are multiples of 4."""
        for layer in self.down:
            x = layer(x, statistics).relu_()
        for block in self.blocks:
            x = block(x, statistics)
        for layer in self.up:
            x = layer(x, statistics).relu_()
        if not self.squashed:
            return self.paint(x)
        scale, shift = TANH
        return self.paint(x, statistics).tanh() * scale + shift


class NormedConv(nn.Module):
    """A convolution, then instance normalisation with a scale and a shift of each channel's own."""

    def __init__(self, conv: nn.Module, width: int, eps: float) -> None:
        super().__init__()
        self.conv, self.eps = conv, eps
        self.scale = nn.Parameter(torch.ones(width))
        self.shift = nn.Parameter(torch.zeros(width))

    def forward(self, x: Tensor, statistics: NormStatistics | None) -> Tensor:
        x = instance_norm(self.conv(x), statistics=statistics, eps=self.eps)
        return torch.addcmul(self.shift[:, None, None], x, self.scale[:, None, None])


class Residual(nn.Module):
    """Two convolutions beside the way through; nothing is cut off after the sum."""

    def __init__(self, first: NormedConv, second: NormedConv) -> None:
        super().__init__()
        self.first, self.second = first, second

    def forward(self, x: Tensor, statistics: NormStatistics | None) -> Tensor:
        return x + self.second(self.first(x, statistics).relu_(), statistics)


class GrownConv(ReflectConv):
    """Grows a map to twice its size by nearest and convolves it, 3 x 3."""

    def forward(self, x: Tensor) -> Tensor:
        if is_trained(x) and not x.is_cuda:  # on CUDA the gradient of its border has no fixed order
            return conv_of_grown(x, self.weight, self.bias)
        return super().forward(F.interpolate(x, scale_factor=2.0, mode="nearest"))


class ZeroConv(nn.Conv2d):
    """A convolution with zeros beyond the border, the odd one to the right and below, as TensorFlow's SAME has it."""

    def __init__(self, width_in: int, width: int, size: int, stride: int = 1) -> None:
        super().__init__(width_in, width, size, stride, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        size, stride = self.kernel_size[0], self.stride[0]
        pad: list[int] = []
        for side in (x.shape[-1], x.shape[-2]):
            beyond = max((-(-side // stride) - 1) * stride + size - side, 0)
            pad += [beyond // 2, beyond - beyond // 2]
        return F.conv2d(F.pad(x, pad), self.weight, None, self.stride)


class TransposedConv(nn.ConvTranspose2d):
    """Doubles a map's sides by a transposed convolution, the gradient of a `ZeroConv` of stride 2."""

    def __init__(self, width_in: int, width: int, size: int) -> None:
        super().__init__(width_in, width, size, stride=2, bias=False)

    def forward(self, x: Tensor, output_size: Any = None) -> Tensor:
        return super().forward(x)[..., : 2 * x.shape[-2], : 2 * x.shape[-1]]
