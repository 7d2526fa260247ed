"""Draw the photo again: for networks that learn to encode and decode before they are shown a style."""

from torch import Tensor, nn

from txst.layers.ops import at_least_float32
from txst.types import LossInputs


class Reconstruction(nn.Module):
    """Mean squared distance of the output's pixels from the content's."""

    def forward(self, inputs: LossInputs) -> Tensor:
        return (at_least_float32(inputs.output.pixels) - inputs.content.pixels).square().mean()
