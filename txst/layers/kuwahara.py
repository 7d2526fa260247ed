"""Strokes of flat colour with sharp edges: a filter that smooths along edges and never across them."""

from functools import reduce

import torch
import torch.nn.functional as F
from torch import Tensor

from txst.layers.ops import at_least_float32, channel_stats, window
from txst.types import NormStatistics

GREY = 0.06  # mean chroma, of pixels from 0 to 1: what is painted after prints and drawings has up to 0.066
COLOURED = 0.09  # and after paintings 0.093 and more
BREADTH = 3  # pixels of a stroke
WAYS = ((0, 1), (1, 0), (1, 1), (1, -1))  # of lines, as (down, right); each goes both ways
FLAT = 1e-4  # variance, of pixels from 0 to 1 and of all channels together, that counts as none


def kuwahara(x: Tensor, length: int) -> Tensor:
    """Each pixel becomes the mean of the calmest of eight lines that begin at it: a stroke that follows the edges and crosses none.

    Kuwahara, Hachimura, Eiho and Kinoshita, 1976, take the calmest of four squares, which draw blocks. Lines are ours; they are weighted by how calm they are
    (variance to the power of -2), after Papari, Petkov and Campisi, 2007, so that a small change of the image is a small change of the result.
    Beyond the border there is nothing: lines are shorter there.

    Args:
        x: image [B, C, H, W], meant for [0, 1] and not held to it.
        length: pixels of a line, a power of 2.

    Returns:
        The same shape, in float32 at least.
    """
    x = at_least_float32(x)
    height, width, far = *x.shape[-2:], length - 1
    square = window(x.square(), BREADTH).sum(1, keepdim=True)
    along = F.pad(torch.cat([window(x, BREADTH), square, square * 0 + 1], 1), (far, far, far, far))
    mixed, total = [], []
    for down, right in WAYS:
        sums = line_sums(along, down, right, length)
        mean, of_square, count = sums.split([x.shape[1], 1, 1], 1)
        mean, of_square = mean / count.clamp_min(1), of_square / count.clamp_min(1)
        weight = ((of_square - mean.square().sum(1, keepdim=True)).clamp_min(0) + FLAT).pow(-2)
        column = far if right >= 0 else 0  # of the sums, whose line begins at the first pixel of a row
        for end in (0, far):  # where a pixel's line begins at it, and where it ends
            top, left = far - end * down, column - end * right
            rows, columns = slice(top, top + height), slice(left, left + width)
            total.append(weight[..., rows, columns])
            mixed.append(total[-1] * mean[..., rows, columns])
    return reduce(torch.add, mixed) / reduce(torch.add, total)


def line_sums(x: Tensor, down: int, right: int, length: int) -> Tensor:
    """Sums over the lines that lie within the maps, by where they begin; of those to the left by where their last column is."""
    reached = 1
    while reached < length:
        rows, columns = x.shape[-2] - reached * down, x.shape[-1] - reached * abs(right)
        here = x[..., :rows, max(0, -reached * right) :][..., :columns]
        x = here + x[..., reached * down :, max(0, reached * right) :][..., :columns]
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
