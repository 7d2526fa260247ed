"""What processes that train together tell each other. Where one trains alone nothing happens."""

from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor


def several() -> bool:
    return dist.is_available() and dist.is_initialized() and dist.get_world_size() > 1


def of_all_ranks(x: Tensor) -> Tensor:
    """The rows of all ranks, [B, ...] -> [ranks * B, ...]; a gradient goes back to the rank that a row came from."""
    return Gather.apply(x.contiguous()) if several() else x


def rows_of_this_rank(count: int) -> slice:
    """Where this rank's own are among the rows that `of_all_ranks` gives, `count` of each rank."""
    rank = dist.get_rank() if several() else 0
    return slice(count * rank, count * (rank + 1))


class Gather(torch.autograd.Function):
    """`of_all_ranks`, whose backward sums what all ranks make of the rows. torch's own is deprecated from 2.15 on."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        rows = [torch.empty_like(x) for _ in range(dist.get_world_size())]
        dist.all_gather(rows, x)
        return torch.cat(rows)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        total = gradients[0].clone(memory_format=torch.contiguous_format)
        dist.all_reduce(total)
        return total.chunk(dist.get_world_size())[dist.get_rank()]


def mean_of_ranks(x: Tensor) -> Tensor:
    """The mean of what each rank has, without a gradient."""
    if not several():
        return x
    total = x.detach().clone()
    dist.all_reduce(total)
    return total / dist.get_world_size()
