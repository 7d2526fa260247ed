"""Pairs of pictures for metrics to look at."""

import torch
from small import CONF

from txst.types import Painted

ARTISTS = ["claude monet", "paul signac", "titian", "el greco", "egon schiele", "anders zorn"]
SIZE = 64
YAMLS = sorted(path.stem for path in CONF.glob("metric/*.yaml"))


def faded(pictures, _):
    return 0.8 * pictures + 0.1


def random_pairs(count, seed):
    """Random pictures, the same for the same seed."""
    draw = torch.Generator().manual_seed(seed)
    content, output, style = (torch.rand(count, 3, SIZE, SIZE, generator=draw) for _ in range(3))
    names = [ARTISTS[i % len(ARTISTS)] for i in range(count)]
    return Painted(content, output, style, names, ["cubism"] * count, faded)
