"""How far the painted picture is from a real painting in the statistics of its features."""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torchmetrics import Metric
from torchmetrics.utilities import dim_zero_cat

from txst.layers.ops import gram_distance, stats_distance
from txst.metrics.networks import named
from txst.types import Painted

DISTANCES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "stats": stats_distance,
    "gram": partial(gram_distance, bounded=1.0),
}


class StyleDistance(Metric):
    """Distance of the output's statistics from the painting's, summed over layers.

    Args:
        network: image -> Features.
        layers: of the network.
        statistics: `stats`, the means and deviations of AdaIN (`ops.stats_distance`, as published), or `gram`, the
            Gram matrices: squared distance over the sum of the squared sizes of both. From 0 to the number of layers, and
            half the size is as far as twice the size: over the painting's size alone, less of everything would be nearer
            than another texture, and blur an improvement.
    """

    higher_is_better = False
    full_state_update = False
    unit = "squared distance"
    figures: list[Tensor]

    def __init__(self, network: nn.Module, layers: list[str], statistics: str = "stats") -> None:
        super().__init__()
        if statistics not in DISTANCES:
            raise ValueError(f"statistics must be one of {', '.join(DISTANCES)}, not {statistics!r}")
        self.feature_extractor: Any = network
        self.layers = layers
        self.distance = DISTANCES[statistics]
        self.network = named(network)
        self.add_state("figures", [], dist_reduce_fx="cat")

    @torch.no_grad()
    def update(self, painted: Painted) -> None:
        output, style = self.feature_extractor(painted.output), self.feature_extractor(painted.style)
        self.figures.append(torch.stack([self.distance(output[name], style[name]) for name in self.layers]).sum(0))

    @property
    def values(self) -> Tensor:
        return dim_zero_cat(self.figures)

    def compute(self) -> Tensor:
        return self.values.mean()
