"""Smooth pictures: total variation."""

from torch import Tensor, nn

from txst.layers.ops import at_least_float32
from txst.types import LossInputs


class TotalVariation(nn.Module):
    """Lengths of the differences between neighbours in four directions, added; a mean over the batch.

    The form of Kwon and Ye's code (CLIPstyler, 2022, https://arxiv.org/abs/2112.00374), whose weights are published:
    each direction's differences have one L2 norm, not squared. It grows with the picture's side.
    """

    def forward(self, inputs: LossInputs) -> Tensor:
        x = at_least_float32(inputs.output.pixels)
        steps = (
            x[..., :, 1:] - x[..., :, :-1],
            x[..., 1:, :] - x[..., :-1, :],
            x[..., 1:, 1:] - x[..., :-1, :-1],
            x[..., 1:, :-1] - x[..., :-1, 1:],
        )
        return sum((step.flatten(1).norm(dim=1).mean() for step in steps), start=x.new_zeros(()))
