"""Bright and dark seams along the edges of things, as careless painters of photos leave them."""

import torch
import torch.nn.functional as F
from torch import Tensor
from torchmetrics import Metric
from torchmetrics.utilities import dim_zero_cat

from txst.layers.ops import at_least_float32
from txst.types import Painted

NEAR, FAR = (2.0, 3.0), (6.0, 7.0, 8.0)  # pixels from the edge
STEEP = 8.0  # L* per pixel: a strong edge
FEWEST = 20  # edge points that a picture must have


class Halo(Metric):
    """How much the lightness beside strong edges of the photo overshoots that farther off, beyond the photo's own.

    Brighter than the plain on the bright side and darker on the dark side, both counted; means over all edge points,
    so that brushwork, which goes both ways, cancels.
    """

    higher_is_better = False
    full_state_update = False
    unit = "L* of 100"
    network = "none"
    figures: list[Tensor]

    def __init__(self) -> None:
        super().__init__()
        self.add_state("figures", [], dist_reduce_fx="cat")

    @torch.no_grad()
    def update(self, painted: Painted) -> None:
        content, output = lightness(painted.content), lightness(painted.output)
        self.figures.append(torch.stack([halo(a[None], b[None]) for a, b in zip(content, output, strict=True)]))

    @property
    def values(self) -> Tensor:
        """NaN where the photo has no strong edges."""
        return dim_zero_cat(self.figures)

    def compute(self) -> Tensor:
        return self.values.nanmean()


def lightness(picture: Tensor) -> Tensor:
    """CIE L* of sRGB [B, 3, H, W] in [0, 1]: [B, 1, H, W], 0 to 100."""
    x = at_least_float32(picture)
    linear = torch.where(x <= 0.04045, x / 12.92, ((x + 0.055) / 1.055).clamp_min(0) ** 2.4)
    y = (linear * linear.new_tensor([0.2126, 0.7152, 0.0722]).view(3, 1, 1)).sum(1, keepdim=True)
    return torch.where(y > 216 / 24389, 116 * y.clamp_min(1e-9) ** (1 / 3) - 16, y * 24389 / 27)


def halo(content: Tensor, output: Tensor) -> Tensor:
    """Of one pair of lightnesses [1, 1, H, W]; a scalar."""
    points, uphill = strong_edges(content)
    if len(points) < FEWEST:
        return content.new_tensor(torch.nan)
    excess = overshoot(output, points, uphill) - overshoot(content, points, uphill)  # [2, N]
    return excess.mean(1).clamp_min(0).sum()


def strong_edges(light: Tensor) -> tuple[Tensor, Tensor]:
    """Places (x, y) of the steepest points across each strong edge, and the directions to the brighter side: [N, 2] each."""
    smooth = light.new_tensor([1.0, 4, 6, 4, 1]) / 16
    slope = light.new_tensor([-1.0, -2, 0, 2, 1]) / 8  # a smoothed difference of neighbours
    padded = F.pad(light, (2, 2, 2, 2), mode="replicate")
    across = F.conv2d(padded, smooth.outer(slope)[None, None])[0, 0]
    down = F.conv2d(padded, slope.outer(smooth)[None, None])[0, 0]
    steepness = torch.hypot(across, down)
    y, x = torch.nonzero(steepness > STEEP, as_tuple=True)
    points = torch.stack([x, y], 1).to(light)
    uphill = torch.stack([across[y, x], down[y, x]], 1) / steepness[y, x, None]
    here, there, back = (look(steepness[None, None], points + d * uphill) for d in (0, 1, -1))
    margin = max(FAR)
    sides = points.new_tensor([light.shape[-1], light.shape[-2]]) - 1
    inside = ((points >= margin) & (points <= sides - margin)).all(1)
    crest = (here >= there) & (here >= back) & inside
    return points[crest], uphill[crest]


def overshoot(light: Tensor, points: Tensor, uphill: Tensor) -> Tensor:
    """Near the edge against farther off, on the bright and on the dark side, positive where it overshoots: [2, N]."""
    sides = []
    for sign in (1, -1):
        near, far = (
            torch.stack([look(light, points + sign * d * uphill) for d in distances]).mean(0)
            for distances in (NEAR, FAR)
        )
        sides.append(sign * (near - far))
    return torch.stack(sides)


def look(light: Tensor, places: Tensor) -> Tensor:
    """Values of [1, 1, H, W] at places (x, y), [N, 2], between pixels too: [N]."""
    sides = places.new_tensor([light.shape[-1], light.shape[-2]]) - 1
    grid = (2 * places / sides - 1).view(1, 1, -1, 2)
    return F.grid_sample(light, grid, padding_mode="border", align_corners=True)[0, 0, 0]
