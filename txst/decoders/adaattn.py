"""AdaAttN's decoder: Liu et al., 2021, https://arxiv.org/abs/2108.03647."""

from math import log2

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from txst.decoders.adain import CONVS, conv, grey_at_first
from txst.layers.ops import he_init
from txst.types import Features, NormStatistics


class SkipMirror(nn.Module):
    """AdaIN's mirror of VGG-19 with a second layer joined in where the first has grown to its size.

    Args:
        widths: channels of the styled layers. Published: relu3_1 256, relu4_1 512.
        strides: of those layers, in pixels. Published: relu3_1 4, relu4_1 8.
        layers: the two that are read, shallow to deep; None: the first two.
    """

    reads_embedding = False

    def __init__(self, widths: dict[str, int], strides: dict[str, int], layers: tuple[str, str] | None = None) -> None:
        super().__init__()
        names = list(widths)[:2] if layers is None else list(layers)
        if len(names) != 2 or not set(names) <= widths.keys():
            raise ValueError(f"AdaAttN's decoder reads two styled layers of {', '.join(widths)}, and not {names}")
        self.fine, self.deep = names
        fine, deep = widths[self.fine], widths[self.deep]
        self.lift = nn.Sequential(conv(deep, fine), nn.ReLU())
        doublings = int(log2(strides[self.fine]))
        steps = [max(fine >> i, 1) for i in range(doublings + 1)] + [3]  # 256, 128, 64, 3
        parts: list[nn.Module] = [conv(2 * fine, fine), nn.ReLU()]
        for level, wide in enumerate(steps[:-1]):
            parts += [nn.Upsample(scale_factor=2.0)] if level else []
            for _ in range(CONVS[doublings - level] - (1 if level else 2)):  # the first has one before it
                parts += [conv(wide, wide), nn.ReLU()]
            parts += [conv(wide, steps[level + 1]), nn.ReLU()]
        self.layers = nn.Sequential(*parts[:-1])  # no ReLU on the pixels
        self.apply(he_init)
        grey_at_first(self.layers[-1])

    def forward(
        self, features: Features, embedding: Tensor | None = None, statistics: NormStatistics | None = None
    ) -> Tensor:
        """Features -> [B, 3, H, W]; what lies outside [0, 1] is left for the model to clamp."""
        skip = features[self.fine]
        grown = F.interpolate(self.lift(features[self.deep]), size=skip.shape[-2:])
        return self.layers(torch.cat([grown, skip], 1))
