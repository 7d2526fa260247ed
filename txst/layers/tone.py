"""Lightness, and how far what is painted goes in it and in colour."""

from torch import Tensor

from txst.layers.ops import at_least_float32, channel_stats
from txst.types import NormStatistics

LUMA = (0.299, 0.587, 0.114)  # of ITU-R BT.601
LEAST = 1e-3  # room above and below the mean that counts as none


def lightness(x: Tensor) -> Tensor:
    """[B, 3, H, W] -> [B, 1, H, W]."""
    light = sum(share * channel for share, channel in zip(LUMA, x.split(1, 1), strict=True))
    assert isinstance(light, Tensor)
    return light


def toned(x: Tensor, contrast: float, saturation: Tensor, statistics: NormStatistics | None = None) -> Tensor:
    """More contrast of lightness about its mean, without clipping: white and black stay. And more colour at each lightness.

    Args:
        x: images [B, 3, H, W], meant for [0, 1].
        contrast: the curve's slope at the mean lightness, 1 to 2; at white and black it is 2 less this.
        saturation: by which what differs from grey is multiplied, [B, 1, 1, 1].
        statistics: see `Controls`.

    Returns:
        The same shape, in float32 at least; strong colours may leave [0, 1].
    """
    x = at_least_float32(x)
    light = lightness(x)
    middle, _ = channel_stats(light, statistics=statistics)
    above, below = (1 - middle).clamp_min(LEAST), middle.clamp_min(LEAST)
    bright, dark = ((light - middle) / above).clamp(0, 1), ((middle - light) / below).clamp(0, 1)
    curved = middle + above * curve(bright, contrast) - below * curve(dark, contrast)
    return curved + saturation * (x - light)


def curve(share: Tensor, slope: float) -> Tensor:
    """The parabola from 0 to 1 that begins with this slope."""
    return share * (slope - (slope - 1) * share)
