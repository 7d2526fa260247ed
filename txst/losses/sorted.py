"""Match the whole distribution of the style's values in each channel, not its mean and deviation alone."""

import torch
from torch import Tensor, nn

from txst.layers.ops import at_least_float32
from txst.layers.quantiles import quantiles
from txst.types import LossInputs


class SortedLoss(nn.Module):
    """Mean squared distance of each channel's sorted values from the style's, summed over layers.

    Zhang et al., 2022 (EFDM), https://arxiv.org/abs/2203.07740. Departs from it: where the style's map has
    another size, its quantiles are interpolated.

    Args:
        layers: of the loss network.
        relative: divide each layer's distance by the style's own mean square there, so that weights hold for any
            loss network.
    """

    def __init__(self, layers: list[str], relative: bool = False) -> None:
        super().__init__()
        self.layers = layers
        self.relative = relative

    def forward(self, inputs: LossInputs) -> Tensor:
        return torch.stack([self.distance(inputs, name).mean() for name in self.layers]).sum()

    def distance(self, inputs: LossInputs, name: str) -> Tensor:
        """Of one layer, per sample: [B]."""
        output, style = (at_least_float32(view.layer(name)).flatten(2) for view in (inputs.output, inputs.style))
        count = output.shape[-1]
        distance = (quantiles(output, count) - quantiles(style, count)).square().mean((1, 2))
        if self.relative:
            distance = distance / style.square().mean((1, 2)).clamp_min(torch.finfo(distance.dtype).tiny)
        return distance
