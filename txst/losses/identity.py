"""A picture painted in its own style stays as it is.

Park and Lee, 2019, https://arxiv.org/abs/1812.02342: the two sums there, each a term of its own.
Needs the content and the style picture painted in their own styles, which costs two more passes of the model.
"""

import torch
from torch import Tensor, nn

from txst.layers.ops import at_least_float32
from txst.types import LossInputs, View


class PixelIdentity(nn.Module):
    """Identity 1: mean squared distance of the pixels."""

    def forward(self, inputs: LossInputs) -> Tensor:
        squares = [(at_least_float32(new.pixels) - old.pixels).square() for new, old in pairs(inputs)]
        return torch.stack([square.mean() for square in squares]).sum()


class FeatureIdentity(nn.Module):
    """Identity 2: mean squared distance of the features, summed over layers.

    Args:
        layers: of the loss network.
        relative: divide each layer's distance by the original's own mean square there, so that weights hold for any
            loss network.
    """

    def __init__(self, layers: list[str], relative: bool = False) -> None:
        super().__init__()
        self.layers = layers
        self.relative = relative

    def forward(self, inputs: LossInputs) -> Tensor:
        distances = [self.distance(new, old, name) for new, old in pairs(inputs) for name in self.layers]
        return torch.stack(distances).sum()

    def distance(self, new: View, old: View, name: str) -> Tensor:
        painted, original = (at_least_float32(view.layer(name)) for view in (new, old))
        distance = (painted - original).square().mean((1, 2, 3))  # [B]
        if self.relative:
            distance = distance / original.square().mean((1, 2, 3)).clamp_min(torch.finfo(distance.dtype).tiny)
        return distance.mean()


def pairs(inputs: LossInputs) -> list[tuple[View, View]]:
    """Painted in its own style, and as it was: of the content, and of the style picture."""
    return [(inputs.restyled_content, inputs.content), (inputs.restyled_style, inputs.style)]
