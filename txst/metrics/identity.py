"""A picture painted in its own style should stay as it is, and so it should when that is painted again."""

import torch
from torch import Tensor
from torchmetrics import Metric
from torchmetrics.utilities import dim_zero_cat

from txst.metrics.ssim import ssim
from txst.types import Painted


class IdentityError(Metric):
    """Mean absolute difference of a photo's pixels and what it becomes when it is painted in its own style.

    Args:
        rounds: so many times over; each paints the picture of the one before, always in the photo's own style.
    """

    higher_is_better = False
    full_state_update = False
    unit = "pixels from 0 to 1"
    network = "none"
    figures: list[Tensor]

    def __init__(self, rounds: int = 1) -> None:
        super().__init__()
        self.rounds = rounds
        self.add_state("figures", [], dist_reduce_fx="cat")

    @torch.no_grad()
    def update(self, painted: Painted) -> None:
        self.figures.append((repainted(painted, self.rounds) - painted.content).abs().mean((1, 2, 3)))

    @property
    def values(self) -> Tensor:
        """NaN where the method has no way to paint after a picture."""
        return dim_zero_cat(self.figures)

    def compute(self) -> Tensor:
        return self.values.nanmean()


class IdentitySSIM(Metric):
    """Structural similarity of a photo and what it becomes when it is painted in its own style.

    Args:
        rounds: so many times over.
    """

    higher_is_better = True
    full_state_update = False
    unit = "-1 to 1"
    network = "none"
    figures: list[Tensor]

    def __init__(self, rounds: int = 1) -> None:
        super().__init__()
        self.rounds = rounds
        self.add_state("figures", [], dist_reduce_fx="cat")

    @torch.no_grad()
    def update(self, painted: Painted) -> None:
        self.figures.append(ssim(repainted(painted, self.rounds), painted.content))

    @property
    def values(self) -> Tensor:
        """NaN where the method has no way to paint after a picture."""
        return dim_zero_cat(self.figures)

    def compute(self) -> Tensor:
        return self.values.nanmean()


def repainted(painted: Painted, rounds: int) -> Tensor:
    """The photos after so many rounds in their own styles; NaN where the method cannot paint after a picture."""
    if painted.repaint is None:
        return torch.full_like(painted.content, torch.nan)
    picture = painted.content
    for _ in range(rounds):
        picture = painted.repaint(picture, painted.content)
    return picture
