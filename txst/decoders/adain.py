"""AdaIN's decoder, VGG-19 in a mirror: Huang and Belongie, 2017, https://arxiv.org/abs/1703.06868."""

from math import log2

import torch
from torch import Tensor, nn

from txst.layers.ops import he_init
from txst.layers.reflect import ReflectConv
from txst.types import Features, NormStatistics

CONVS = (2, 2, 4, 4, 4)  # of VGG's blocks


class Mirror(nn.Module):
    """One layer -> image; each doubling of the size halves the channels.

    Args:
        widths: channels of the styled layers. Published: relu4_1 512.
        strides: of those layers, in pixels. Published: relu4_1 8.
        layer: the one that is read; None: the last.
        skips: ours: finer layers are added where the map has grown to their size, each by a 1x1 convolution that is zero at
            first: so it learns to draw from the deep layer, and not to copy a fine one, which has the photo's detail.
    """

    reads_embedding = False

    def __init__(
        self, widths: dict[str, int], strides: dict[str, int], layer: str | None = None, skips: bool = False
    ) -> None:
        super().__init__()
        self.name = list(widths)[-1] if layer is None else layer
        doublings = int(log2(strides[self.name]))
        steps = [max(widths[self.name] >> i, 1) for i in range(doublings + 1)] + [3]  # 512, 256, 128, 64, 3
        layers: list[nn.Module] = [conv(steps[0], steps[1]), nn.ReLU()]
        finer = {strides[name]: name for name in widths if skips and strides[name] < strides[self.name]}
        self.joins: dict[int, str] = {}  # after which of the layers each is added
        self.skips = nn.ModuleDict()
        for level, wide in enumerate(steps[1:-1], 1):
            layers.append(nn.Upsample(scale_factor=2.0))
            if name := finer.get(1 << doublings - level):
                self.joins[len(layers) - 1] = name
                self.skips[name] = nn.Conv2d(widths[name], wide, 1)
            for _ in range(CONVS[doublings - level] - 1):
                layers += [conv(wide, wide), nn.ReLU()]
            layers += [conv(wide, steps[level + 1]), nn.ReLU()]
        self.layers = nn.Sequential(*layers[:-1])  # no ReLU on the pixels
        self.apply(he_init)
        grey_at_first(self.layers[-1])
        for skip in self.skips.values():
            nn.init.zeros_(skip.get_parameter("weight"))

    def forward(
        self, features: Features, embedding: Tensor | None = None, statistics: NormStatistics | None = None
    ) -> Tensor:
        """Features -> [B, 3, H, W]; what lies outside [0, 1] is left for the model to clamp."""
        x = features[self.name]
        for place, layer in enumerate(self.layers):
            x = layer(x)
            if name := self.joins.get(place):
                x = x + self.skips[name](features[name])
        return x


def grey_at_first(last: nn.Module) -> None:
    """Brings the pixels of an untrained decoder near grey, far from black and white, so that its first steps are gentle."""
    with torch.no_grad():
        last.get_parameter("weight").mul_(0.1)
        last.get_parameter("bias").fill_(0.5)


def conv(a: int, b: int) -> nn.Conv2d:
    return ReflectConv(a, b, 3)
