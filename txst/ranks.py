"""What processes that train together tell each other. Where one trains alone nothing happens."""

import torch
import torch.distributed as dist
from torch import Tensor


def several() -> bool:
    return dist.is_available() and dist.is_initialized() and dist.get_world_size() > 1


def of_all_ranks(x: Tensor) -> Tensor:
    """The rows of all ranks, [B, ...] -> [ranks * B, ...]; a gradient goes back to the rank that a row came from."""
    if not several():
        return x
    from torch.distributed.nn.functional import all_gather  # builds of torch without ranks lack it

    return torch.cat(list(all_gather(x.contiguous())))


def mean_of_ranks(x: Tensor) -> Tensor:
    """The mean of what each rank has, without a gradient."""
    if not several():
        return x
    total = x.detach().clone()
    dist.all_reduce(total)
    return total / dist.get_world_size()
