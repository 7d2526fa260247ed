"""Every feature of the output is like some feature of the style, and the other way round."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from txst.layers.ops import at_least_float32, full_precision
from txst.types import LossInputs, View


class RelaxedEarthMover(nn.Module):
    """Relaxed earth mover's distance with the cosine distance as cost, summed over layers.

    Kolkin, Salavon and Shakhnarovich, 2019 (STROTSS), https://arxiv.org/abs/1904.12785.
    Departs from it: layers are compared one by one, not stacked at each place. Draws from torch's global generator.

    Args:
        layers: of the loss network.
        positions: places that are drawn from each map, if it has more; cost grows with the square.
    """

    def __init__(self, layers: list[str], positions: int = 1024) -> None:
        super().__init__()
        self.layers = layers
        self.positions = positions

    def forward(self, inputs: LossInputs) -> Tensor:
        distances = [
            relaxed_earth_mover(self.draw(inputs.output, name), self.draw(inputs.style, name)) for name in self.layers
        ]
        return torch.stack([distance.mean() for distance in distances]).sum()

    def draw(self, view: View, name: str) -> Tensor:
        """Features at random places: [B, C, n]."""
        x = view.layer(name).flatten(2)
        if x.shape[-1] > self.positions:
            x = x[..., torch.randperm(x.shape[-1], device=x.device)[: self.positions]]
        return at_least_float32(x)


def relaxed_earth_mover(x: Tensor, y: Tensor) -> Tensor:
    """The greater of the mean distances to the nearest.

    Args:
        x: [B, C, n].
        y: [B, C, m].

    Returns:
        [B], in [0, 2].
    """
    with full_precision(x):
        cost = 1 - F.normalize(x, dim=1).transpose(1, 2) @ F.normalize(y, dim=1)  # [B, n, m]
    return torch.maximum(cost.amin(2).mean(1), cost.amin(1).mean(1))
