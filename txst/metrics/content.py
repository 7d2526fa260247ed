"""How far the painted picture is from what the photo shows."""

from typing import Any

import torch
from torch import Tensor, nn
from torchmetrics import Metric
from torchmetrics.utilities import dim_zero_cat

from txst.layers.ops import content_distance
from txst.metrics.networks import named
from txst.types import Painted


class ContentDistance(Metric):
    """Mean squared distance of the output's features from the photo's, summed over layers: `ops.content_distance`.

    Args:
        network: image -> Features.
        layers: of the network.
        normed: take each channel's mean and deviation, which are the style's, out of both.
    """

    higher_is_better = False
    full_state_update = False
    unit = "squared distance"
    figures: list[Tensor]

    def __init__(self, network: nn.Module, layers: list[str], normed: bool = True) -> None:
        super().__init__()
        self.feature_extractor: Any = network
        self.layers = layers
        self.normed = normed
        self.network = named(network)
        self.add_state("figures", [], dist_reduce_fx="cat")

    @torch.no_grad()
    def update(self, painted: Painted) -> None:
        output, content = self.feature_extractor(painted.output), self.feature_extractor(painted.content)
        distances = [content_distance(output[name], content[name], self.normed) for name in self.layers]
        self.figures.append(torch.stack(distances).sum(0))

    @property
    def values(self) -> Tensor:
        return dim_zero_cat(self.figures)

    def compute(self) -> Tensor:
        return self.values.mean()
