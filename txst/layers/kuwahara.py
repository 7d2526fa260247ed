"""Flat dabs of colour with sharp edges, as of a brush: a filter that smooths along edges and never across them."""

from functools import reduce

import torch
import torch.nn.functional as F
from torch import Tensor

from txst.layers.ops import at_least_float32, channel_stats
from txst.layers.reflect import reflect_pad
from txst.types import NormStatistics

GREY = 0.06  # mean chroma, of pixels from 0 to 1: what is painted after prints and drawings has up to 0.066
COLOURED = 0.09  # and after paintings 0.093 and more
FLAT = 1e-4  # variance, of pixels from 0 to 1 and of all channels together, that counts as none


def kuwahara(x: Tensor, reach: int) -> Tensor:
    """Each pixel becomes the mean of the calmest of the four squares that it is a corner of.

    Kuwahara, Hachimura, Eiho and Kinoshita, 1976; the squares are weighted by how calm they are (variance to the power of -2), after
    Papari, Petkov and Campisi, 2007, so that a small change of the image is a small change of the result.

    Args:
        x: image [B, C, H, W], meant for [0, 1] and not held to it, H and W above reach.
        reach: pixels from a square's corner to the next.

    Returns:
        The same shape, in float32 at least.
    """
    height, width = x.shape[-2:]
    padded = reflect_pad(at_least_float32(x), reach)
    mean = F.avg_pool2d(padded, reach + 1, stride=1)
    spread = F.avg_pool2d(padded.square(), reach + 1, stride=1) - mean.square()
    weight = (spread.sum(1, keepdim=True).clamp_min(0) + FLAT).pow(-2)
    corners = [(slice(top, top + height), slice(left, left + width)) for top in (0, reach) for left in (0, reach)]
    total, mixed = (
        reduce(torch.add, (y[..., rows, columns] for rows, columns in corners)) for y in (weight, weight * mean)
    )
    return mixed / total


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
