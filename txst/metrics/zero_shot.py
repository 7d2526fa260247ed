"""Which name would a space of texts and pictures give the painted picture?"""

from typing import Any

import torch
from torch import Tensor, nn
from torchmetrics import Metric
from torchmetrics.utilities import dim_zero_cat

from txst.metrics.networks import named
from txst.types import Painted


class ZeroShot(Metric):
    """Share of the outputs that lie nearer to their own artist's (or movement's) name than to any other.

    Radford et al., 2021, https://arxiv.org/abs/2103.00020, sec. 3.1.2. Chance is 1 over the number of names.

    Args:
        tower: an embedder of pictures and texts.
        names: to choose from.
        of: `artist` or `movement`.
    """

    higher_is_better = True
    full_state_update = False
    unit = "share"
    figures: list[Tensor]

    def __init__(self, tower: nn.Module, names: list[str], of: str = "artist") -> None:
        super().__init__()
        if of not in ("artist", "movement"):
            raise ValueError(f"of must be artist or movement, not {of!r}")
        if len(set(names)) < 2:
            raise ValueError(f"zero-shot accuracy needs at least two names, not {names}")
        self.tower: Any = tower.eval()
        self.names = list(dict.fromkeys(names))
        self.of = of
        self.network = f"{named(tower)}, {len(self.names)} names"
        self.add_state("figures", [], dist_reduce_fx="cat")

    @torch.no_grad()
    def update(self, painted: Painted) -> None:
        likeness = self.tower(painted.output) @ self.tower.text(self.names).T  # [B, names]
        known = {name: i for i, name in enumerate(self.names)}
        wanted = torch.tensor([known.get(name, -1) for name in getattr(painted, self.of)], device=likeness.device)
        right = (likeness.argmax(1) == wanted).float()
        self.figures.append(right.masked_fill(wanted < 0, torch.nan))

    @property
    def values(self) -> Tensor:
        """1 or 0; NaN where the right name is not among the names."""
        return dim_zero_cat(self.figures)

    def compute(self) -> Tensor:
        return self.values.nanmean()
