"""Match the style's Gram matrices: which channels fire together. This is what makes brushwork."""

import torch
from torch import Tensor, nn

from txst.ops import gram_distance
from txst.types import Scene


class GramLoss(nn.Module):
    """Squared distance of the Gram matrices over the squared size of the style's, averaged over layers.

    After Gatys, Ecker and Bethge, 2015, https://arxiv.org/abs/1508.06576, and Johnson, Alahi and Fei-Fei, 2016,
    https://arxiv.org/abs/1603.08155. Departs from them: the distance is relative, so that no layer and no judge outweighs another by its scale.
    0 is equal, 1 is as far as a blank map.

    Args:
        layers: of the judge.
        bounded: add a quarter of the squared size of the output's matrix below the line. The loss then ends at 4,
            and an output with features much too strong is no longer pushed with a force that grows with them.
    """

    def __init__(self, layers: list[str], bounded: bool = False) -> None:
        super().__init__()
        self.layers = layers
        self.bounded = bounded

    def forward(self, scene: Scene) -> Tensor:
        output, style = scene.output.features, scene.style.features
        distances = [gram_distance(output[name], style[name], self.bounded) for name in self.layers]
        return torch.stack([distance.mean() for distance in distances]).mean()
