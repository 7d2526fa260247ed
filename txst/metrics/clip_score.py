"""How well the painted picture and the style's name agree in a space of texts and pictures."""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchmetrics import Metric
from torchmetrics.utilities import dim_zero_cat

from txst.layers.ops import step_cosine
from txst.metrics.networks import named
from txst.types import Painted


class ClipScore(Metric):
    """Cosine of the output and the artist's name (Hessel et al., 2021, https://arxiv.org/abs/2104.08718, times 100 there).

    With `directional` the cosine of the step from the photo to the output and of the step from "a photo" to the name,
    which a photo that happens to suit the artist does not profit from.

    Args:
        tower: an embedder of pictures and texts, another than was trained on.
        directional: compare steps.
        photo: what the photos are called.
    """

    higher_is_better = True
    full_state_update = False
    unit = "cosine"
    figures: list[Tensor]

    def __init__(self, tower: nn.Module, directional: bool = False, photo: str = "a photo") -> None:
        super().__init__()
        self.tower: Any = tower.eval()
        self.directional = directional
        self.photo = photo
        self.network = named(tower)
        self.add_state("figures", [], dist_reduce_fx="cat")

    @torch.no_grad()
    def update(self, painted: Painted) -> None:
        output, names = self.tower(painted.output), self.tower.text(painted.artist)
        if self.directional:
            content, photo = self.tower(painted.content), self.tower.text([self.photo])
            self.figures.append(step_cosine(output, content, names, photo))
        else:
            self.figures.append(F.cosine_similarity(output, names))

    @property
    def values(self) -> Tensor:
        return dim_zero_cat(self.figures)

    def compute(self) -> Tensor:
        return self.values.mean()
