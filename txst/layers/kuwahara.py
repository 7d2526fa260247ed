"""Strokes of flat colour with sharp edges: a filter that smooths along edges and never across them."""

from functools import reduce

import torch
import torch.nn.functional as F
from torch import Tensor

from txst.layers.ops import at_least_float32, channel_stats
from txst.types import NormStatistics

GREY = 0.06  # mean chroma, of pixels from 0 to 1: what is painted after prints and drawings has up to 0.066
COLOURED = 0.09  # and after paintings 0.093 and more
BREADTH = 3  # pixels of a stroke, across
WAYS = ((0, 1), (1, 0), (1, 1), (1, -1))  # of lines, as (down, right); each is seen from both ends
FLAT = 1e-4  # variance, of pixels from 0 to 1 and of all channels together, that counts as none


def kuwahara(x: Tensor, length: int) -> Tensor:
    """Each pixel becomes the mean of the calmest of eight lines that begin at it: a stroke that follows the edges and crosses none.

    Kuwahara, Hachimura, Eiho and Kinoshita, 1976, take the calmest of four squares, which draw blocks. Lines are ours; they are weighted by how calm they are
    (variance to the power of -2), after Papari, Petkov and Campisi, 2007, so that a small change of the image is a small change of the result.

    Args:
        x: image [B, C, H, W], meant for [0, 1] and not held to it.
        length: pixels of a line, a power of 2.

    Returns:
        The same shape, in float32 at least.
    """
    x = at_least_float32(x)
    height, width, far = *x.shape[-2:], length - 1
    row, count = width + 2 * length, height * (width + 2 * length) - 2 * length
    grown = F.pad(torch.cat([x, (x * x).sum(1, keepdim=True)], 1), (length,) * 4, mode="replicate")
    near = broad(broad(grown.flatten(2), 1), row) / (BREADTH**2 * length)
    # the image's first pixel in this long row; its last is the last of `count`, and what is beside it lies between
    first = far * (row + 1)
    found = []
    for down, right in WAYS:
        step = down * row + right
        mean, of_square = line_sums(near, step, length).split([x.shape[1], 1], 1)
        spread = (of_square - (mean * mean).sum(1, keepdim=True)).clamp_min(0) + FLAT
        weight = 1 / (spread * spread)
        weighted = torch.cat([weight * mean, weight], 1)
        begins, ends = (
            first,
            first - far * step,
        )  # of the lines that begin at the image's first pixel, and that end there
        found += [weighted[..., at : at + count] for at in (begins, ends)]
    mixed, total = reduce(torch.add, found).split([x.shape[1], 1], 1)
    return F.pad(mixed / total, (0, 2 * length)).unflatten(2, (height, row))[..., :width]


def broad(x: Tensor, step: int) -> Tensor:
    """Sums of BREADTH pixels, a step apart: [B, C, N] -> [B, C, N - 2 step]."""
    return x[..., : -2 * step] + x[..., step:-step] + x[..., 2 * step :]


def line_sums(x: Tensor, step: int, length: int) -> Tensor:
    """Sums of so many pixels, a step apart, by where they begin: [B, C, N] -> [B, C, N - (length - 1) step]."""
    reached = 1
    while reached < length:
        x = x[..., : -reached * step] + x[..., reached * step :]
        reached *= 2
    return x


def coloured(x: Tensor, statistics: NormStatistics | None = None) -> Tensor:
    """Which of the images are paintings, [B, 3, H, W] -> [B, 1, 1, 1]: 0 for prints and drawings, whose grain is hatching, by their mean chroma.

    Args:
        x: images, meant for [0, 1].
        statistics: see `Controls`.
    """
    channels = x.split(1, 1)
    chroma = reduce(torch.maximum, channels) + reduce(torch.maximum, [-y for y in channels])
    mean, _ = channel_stats(at_least_float32(chroma), statistics=statistics)
    return ((mean - GREY) / (COLOURED - GREY)).clamp(0, 1)
