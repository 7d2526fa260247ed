"""Match the style's Gram matrices: which channels fire together. This is what makes brushwork."""

import torch
from torch import Tensor, nn

from txst.layers.ops import at_least_float32, equalise, gram, gram_distance, grams_distance
from txst.types import LossInputs


class GramLoss(nn.Module):
    """Squared distance of the Gram matrices over the squared size of the style's, averaged over layers.

    After Gatys, Ecker and Bethge, 2015, https://arxiv.org/abs/1508.06576, and Johnson, Alahi and Fei-Fei, 2016,
    https://arxiv.org/abs/1603.08155. Departs from them: the distance is relative, so that no layer and no loss network outweighs another by its scale.
    0 is equal, 1 is as far as a blank map. Of output and style alike it looks where their masks are.

    Args:
        layers: of the loss network.
        bounded: share of the squared size of the output's matrix that is added below the line. The loss then ends at
            1 / bounded, and an output with features much too strong is no longer pushed with a force that grows with them.
        pooled: measure each channel, and then the distance, in units of the whole batch's styles. Faint channels then
            count as much as loud ones, and the best output for a style of which every example differs is their mean;
            relative to each example it is a fainter one.
    """

    def __init__(self, layers: list[str], bounded: float = 0.0, pooled: bool = False) -> None:
        super().__init__()
        self.layers = layers
        self.bounded = bounded
        self.pooled = pooled

    def forward(self, inputs: LossInputs) -> Tensor:
        return torch.stack([self.distance(inputs, name).mean() for name in self.layers]).mean()

    def distance(self, inputs: LossInputs, name: str) -> Tensor:
        """Of one layer, per sample: [B]."""
        style = inputs.style
        output = weighted(*inputs.output.masked_layer(name))
        if self.pooled:  # the unit is the batch's
            return gram_distance(output, weighted(*style.masked_layer(name)), self.bounded, self.pooled)
        wanted = style.once(f"gram {name}", lambda: gram(weighted(*style.masked_layer(name))))
        return grams_distance(gram(output), wanted, self.bounded)


def weighted(x: Tensor, mask: Tensor | None) -> Tensor:
    """A map whose mean products over all places are those over the places that count: [B, C, h, w] and [B, 1, h, w]."""
    return x if mask is None else at_least_float32(x) * equalise(mask).sqrt()
