"""Attend to few places: what is left stands out."""

from torch import Tensor, nn

from txst.layers.ops import at_least_float32
from txst.types import LossInputError, LossInputs


class SparseAttention(nn.Module):
    """Mean size of what the model's layer of attention gives.

    Yao et al., 2019 (AAMS), https://arxiv.org/abs/1901.05127. Departs from it: a mean, not a sum, which would grow with batch and crop.
    """

    def forward(self, inputs: LossInputs) -> Tensor:
        if "attention" not in inputs.extras:
            raise LossInputError("looks at the attention of a model, and this one shows none: take model=aams")
        inputs.output.refuse_mask()
        return at_least_float32(inputs.extras["attention"]).abs().mean()
