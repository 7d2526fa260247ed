"""Standardising by averages that training keeps, and how to leave them alone."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from txst.layers.distributed import mean_of_ranks
from txst.types import Network


class RunningStandardize(nn.Module):
    """Takes out what numbers have in common: each in units of its own deviation from its mean, both averaged while training.

    As batch normalisation does once it is trained, and here from the start: batches are small, and a code has to be the
    same whatever else is in its batch. Without it all styles begin as about the same code. All ranks average all batches.

    Args:
        count: of the numbers.
        momentum: weight of a new batch; at first more, so that the start is forgotten.
    """

    mean: Tensor
    square: Tensor
    batches: Tensor

    def __init__(self, count: int, momentum: float = 0.01) -> None:
        super().__init__()
        self.momentum = momentum
        self.register_buffer("mean", torch.zeros(count))
        self.register_buffer("square", torch.ones(count))
        self.register_buffer("batches", torch.zeros(()))

    def forward(self, x: Tensor) -> Tensor:
        """[B, count] -> [B, count]."""
        if self.training:
            self.follow(x.detach())
        return (x - self.mean) / (self.square - self.mean.square()).clamp_min(1e-8).sqrt()

    @torch.no_grad()
    def follow(self, x: Tensor) -> None:
        self.batches += 1
        share = self.batches.reciprocal().clamp_min(self.momentum)  # nobody waits for a GPU to tell its number
        mean, square = mean_of_ranks(torch.stack([x.mean(0), x.square().mean(0)]))
        self.mean.lerp_(mean, share)
        self.square.lerp_(square, share)


@contextmanager
def averages_at_rest(network: Network) -> Iterator[None]:
    """Meanwhile the averages that training keeps in a network, those of batch normalisation too, are read and not moved."""
    moving = [part for part in network.modules() if isinstance(part, RunningStandardize | _BatchNorm) and part.training]
    for part in moving:
        part.eval()
    try:
        yield
    finally:
        for part in moving:
            part.train()
