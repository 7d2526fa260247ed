"""Giving one channel's values the distribution of another's, by quantiles: what EFDM and histogram matching share."""

import torch
import torch.nn.functional as F
from torch import Tensor


def quantiles(x: Tensor, count: int) -> Tensor:
    """Each channel's values at the shares (k + 1/2) / count, k = 0 ... count - 1, interpolated between those that are there.

    With as many as there are values they are these values, sorted.

    Args:
        x: [B, C, N].
        count: K.

    Returns:
        [B, C, K], ascending.
    """
    return F.interpolate(x.sort(-1).values, size=count, mode="linear")


def match_quantiles(
    x: Tensor, source: Tensor, target: Tensor, tied: float = 0.0, beyond: float | Tensor = 1.0
) -> Tensor:
    """The piecewise linear map that takes quantiles of a channel to another's, for each of its values.

    Where quantiles are tied, as the zeros after a ReLU are, they have one target, the mean of theirs: equal values stay equal.

    Args:
        x: [B, C, N].
        source: [B, C, K], ascending, of x.
        target: [B, C, K], ascending.
        tied: neighbours among the source's quantiles that are no further apart count as tied.
        beyond: slope of the map below the first and above the last quantile, one number or [B, C, 1].

    Returns:
        [B, C, N]; gradients go to x, by the map's slope, and to target.
    """
    source, target = source.contiguous(), mean_of_ties(source, target, tied)
    count = source.shape[-1]
    above = torch.searchsorted(source, x.detach().contiguous(), right=True)  # [B, C, N], how many are not above
    low, high = (above - 1).clamp(0, count - 1), above.clamp(max=count - 1)
    x0, x1 = source.gather(-1, low), source.gather(-1, high)
    y0, y1 = target.gather(-1, low), target.gather(-1, high)
    inside = (above > 0) & (above < count)
    slope = torch.where(inside, (y1 - y0) / torch.where(inside, x1 - x0, torch.ones_like(x0)), beyond)
    return y0 + slope * (x - x0)


def mean_of_ties(source: Tensor, target: Tensor, tied: float = 0.0) -> Tensor:
    """The target of each quantile, the mean over its run of ties; [B, C, K] each."""
    apart = (source.diff(dim=-1) > tied).long()
    run = F.pad(apart.cumsum(-1), (1, 0))  # [B, C, K], number of the run
    sums, counts = (torch.zeros_like(y).scatter_add(-1, run, y) for y in (target, torch.ones_like(target)))
    return (sums / counts.clamp(min=1)).gather(-1, run)
