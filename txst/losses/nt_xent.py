"""Contrast between samples, as in the published TxST code."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from txst.layers.distributed import of_all_ranks
from txst.layers.ops import at_least_float32, full_precision
from txst.types import LossInputs


class NTXent(nn.Module):
    """Every output finds its own style picture among all outputs and pictures, and every picture its output.

    Chen et al., 2020, https://arxiv.org/abs/2002.05709, eq. 1, in which the two views of a pair are an output and its
    style picture. TxST's published code holds this loss but not what was fed to it: the pairing is ours. It takes a
    second picture by the same artist for a stranger (see `ops.false_negative_rate`); `artist.py` does not. Samples are those
    of all ranks, each of which computes the whole: averaged over ranks, its gradient is that of one rank with all samples.

    Args:
        temperature: divides the similarities.
    """

    def __init__(self, temperature: float = 0.5) -> None:
        super().__init__()
        self.temperature = temperature

    def forward(self, inputs: LossInputs) -> Tensor:
        output, picture = of_all_ranks(inputs.output.embedding), of_all_ranks(inputs.style.embedding)
        return nt_xent(output, picture, self.temperature)


def nt_xent(a: Tensor, b: Tensor, temperature: float) -> Tensor:
    """Mean over all 2B of the cross-entropy of finding the partner.

    Args:
        a: [B, D], unit length.
        b: [B, D], unit length; a[i] and b[i] are partners.
        temperature: divides the similarities.
    """
    both = at_least_float32(torch.cat([a, b]))  # [2B, D]
    with full_precision(both):
        logits = both @ both.T / temperature  # [2B, 2B]
    logits = logits.masked_fill(torch.eye(len(both), dtype=torch.bool, device=both.device), -torch.inf)
    partner = torch.arange(len(both), device=both.device).roll(len(a))
    return F.cross_entropy(logits, partner)
