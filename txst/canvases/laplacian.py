"""A Laplacian pyramid as the canvas: each octave's details are parameters of their own."""

import torch.nn.functional as F
from torch import Tensor, nn

from txst.canvases.pixels import held
from txst.types import View

SMALLEST = 4  # pixels a side of the coarsest level


class Laplacian(nn.Module):
    """Levels that begin as the content's and add up to the image: a step moves broad areas as readily as single pixels.

    Burt and Adelson, 1983, https://doi.org/10.1109/TCOM.1983.1095851; as what is optimised, Kolkin, Salavon and Shakhnarovich,
    2019 (STROTSS), https://arxiv.org/abs/1904.12785. Departs from them: levels shrink by the mean of 2 x 2 pixels and grow by
    bilinear interpolation.

    Args:
        levels: octaves of details, beside what is left; fewer where sides would get shorter than 4 pixels.
    """

    details: nn.ParameterList

    def __init__(self, levels: int = 5) -> None:
        super().__init__()
        if levels < 1:
            raise ValueError(f"levels={levels}: a pyramid has at least 1; for single pixels take canvas=pixels")
        self.levels = levels

    def begin(self, content: Tensor) -> "Laplacian":
        """A canvas of its own for images [B, 3, H, W] in [0, 1]."""
        canvas = Laplacian(self.levels)
        canvas.details = nn.ParameterList(pyramid(content.clone(), self.levels))
        return canvas

    def forward(self) -> View:
        """The images [B, 3, H, W] in [0, 1]."""
        *details, image = self.details
        for detail in reversed(details):
            image = grown(image, detail) + detail
        return View(held(image))


def pyramid(x: Tensor, levels: int) -> list[Tensor]:
    """What each halving loses, the finest first, and what is left: at most levels + 1 maps, of [B, C, H, W]."""
    details = []
    for _ in range(levels):
        if min(x.shape[-2:]) < 2 * SMALLEST:
            break
        small = F.avg_pool2d(x, 2, ceil_mode=True, count_include_pad=False)
        details.append(x - grown(small, x))
        x = small
    return [*details, x]


def grown(x: Tensor, like: Tensor) -> Tensor:
    """A map in the size of another."""
    return F.interpolate(x, size=like.shape[-2:], mode="bilinear")
