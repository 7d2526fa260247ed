"""CartoonGAN's generator: Chen, Lai and Liu, CVPR 2018. Photos to cartoons of one style, the network's own.

As in https://github.com/mnicnc404/CartoonGan-tensorflow, whose weights can be imported (txst/export/published_cartoongan.py).
"""

from itertools import pairwise
from typing import Any

from torch import Tensor, nn

from txst.layers.blend import blend, is_full
from txst.layers.reflect import ReflectConv
from txst.layers.tensors import pad_to_multiple
from txst.models.johnson import NormedConv, Residual
from txst.types import Blends, Controls, Features, NormStatistics, Painting, Prepared, Reads, Style

EPS = 1e-12  # of the variance; published: 1e-9 of the deviation


class CartoonGAN(nn.Module):
    """Down to a quarter of the size, residual blocks, and up again; each scale has two convolutions and then a normalisation.

    Departs from it: pixels are RGB in [0, 1], and any size will do (the published network wants sides that are multiples of 4).

    Args:
        width: channels at full size; 2 and 4 times as many at half and at a quarter. Published: 64.
        blocks: residual blocks. Published: 8.
    """

    reads: frozenset[Reads] = frozenset({"fixed"})
    stride = 4
    blends: Blends = "pixels"
    whole = False

    def __init__(self, width: int = 64, blocks: int = 8) -> None:
        super().__init__()
        widths = [width, 2 * width, 4 * width]

        def normed(a: int, b: int, first: nn.Module) -> NormedConv:
            return NormedConv(nn.Sequential(first, ReflectConv(b, b, 3)), b, EPS)

        def deep() -> NormedConv:
            return NormedConv(ReflectConv(widths[-1], widths[-1], 3), widths[-1], EPS)

        self.begin = NormedConv(ReflectConv(3, width, 7), width, EPS)
        self.down = nn.ModuleList(normed(a, b, ReflectConv(a, b, 3, 2)) for a, b in pairwise(widths))
        self.blocks = nn.ModuleList(Residual(deep(), deep()) for _ in range(blocks))
        self.up = nn.ModuleList(normed(a, b, Doubled(a, b)) for a, b in pairwise(widths[::-1]))
        self.paint = ReflectConv(width, 3, 7)

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
        painted = self.painted(pad_to_multiple(image, self.stride), controls.statistics)[..., :height, :width]
        return Painting(painted if is_full(controls.strength) else blend(image, painted, controls.strength))

    def painted(self, x: Tensor, statistics: NormStatistics | None) -> Tensor:
        """The network itself: [B, 3, H, W] with sides that are multiples of 4."""
        for layer in (self.begin, *self.down):
            x = layer(x, statistics).relu_()
        for block in self.blocks:
            x = block(x, statistics)
        for layer in self.up:
            x = layer(x, statistics).relu_()
        return self.paint(x).tanh() / 2 + 0.5


class Doubled(nn.ConvTranspose2d):
    """Doubles a map's sides by a transposed convolution, whose first row and column are left out."""

    def __init__(self, width_in: int, width: int) -> None:
        super().__init__(width_in, width, 3, stride=2)

    def forward(self, x: Tensor, output_size: Any = None) -> Tensor:
        return super().forward(x)[..., 1:, 1:]
