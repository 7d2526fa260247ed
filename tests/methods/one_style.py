"""A model in one file that has a style of its own and needs the whole image: colours turned by what the image is on the whole."""

import torch
from torch import Tensor, nn

from txst.layers.blend import blend
from txst.types import Blends, Controls, Features, Painting, Prepared, Reads, Style


class OneStyle(nn.Module):
    """Mixes the colours of each pixel with the mean colour of the image.

    Args:
        width: channels in between.
    """

    reads: frozenset[Reads] = frozenset({"fixed"})
    stride = 1
    blends: Blends = "pixels"
    whole = True

    def __init__(self, width: int) -> None:
        super().__init__()
        self.mix = nn.Sequential(nn.Conv2d(6, width, 1), nn.ReLU(), nn.Conv2d(width, 3, 1))

    def prepare_style(self, style: Style) -> Prepared:
        return {}

    def prepare_image(self, image: Tensor) -> Features | None:
        return None

    def forward(
        self, image: Tensor, prepared: Prepared, controls: Controls = Controls(), features: Features | None = None
    ) -> Painting:
        mean = image.mean((2, 3), keepdim=True).expand_as(image)
        painted = self.mix(torch.cat([image, mean], 1))
        painted = painted if self.training else painted.clamp(0, 1)
        return Painting(blend(image, painted, controls.strength), {"mean": mean})
