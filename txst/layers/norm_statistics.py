"""Normalising a part of a picture as the whole is: the statistics are noted of the one and given for the other.

Whatever normalises by `ops.channel_stats` and `ops.instance_norm` can be painted in tiles by this, and knows nothing of it.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

from torch import Tensor

Moments = tuple[Tensor, Tensor]  # mean and deviation of each channel, [B, C, 1]
NOTED: ContextVar[list[Moments] | None] = ContextVar("noted", default=None)
GIVEN: ContextVar[Iterator[Moments] | None] = ContextVar("given", default=None)


@contextmanager
def measuring() -> Iterator[list[Moments]]:
    """Notes all means and deviations that are taken meanwhile, in order."""
    found: list[Moments] = []
    before = NOTED.set(found)
    try:
        yield found
    finally:
        NOTED.reset(before)


@contextmanager
def measured(moments: Sequence[Moments]) -> Iterator[None]:
    """Gives these in order, in place of those of the maps that are normalised meanwhile."""
    before = GIVEN.set(iter(moments))
    try:
        yield
    finally:
        GIVEN.reset(before)
