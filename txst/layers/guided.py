"""What is painted, held to the shapes of the photo: strokes stay, and the subject is not broken up by them."""

import torch
import torch.nn.functional as F
from torch import Tensor

from txst.layers.ops import at_least_float32

LUMA = (0.299, 0.587, 0.114)  # of ITU-R BT.601
SHRINK = 4  # pixels of a place where painting and photo are compared; a window has 3 x 3 of these
NOISE = 0.002  # variance of lightness, of pixels from 0 to 1, below which a window of the photo is flat


def hold(painted: Tensor, photo: Tensor, most: float) -> Tensor:
    """The painting, nowhere farther than `most` from its own colours as smooth as the photo is.

    What lies between is bent by the hyperbolic tangent: soft strokes hardly change, and hard ones no longer hide what they are strokes of. Ours.

    Args:
        painted: [B, 3, H, W], meant for [0, 1] and not held to it; H and W are multiples of SHRINK.
        photo: the same shape, in [0, 1].
        most: of pixels from 0 to 1.

    Returns:
        The same shape, in float32 at least.
    """
    painted = at_least_float32(painted)
    smooth = guided(painted, at_least_float32(photo))
    return smooth + most * torch.tanh((painted - smooth) / most)


def guided(x: Tensor, photo: Tensor) -> Tensor:
    """In each window the linear function of the photo's lightness that comes nearest to x.

    The guided filter (He et al., 2013, https://doi.org/10.1109/TPAMI.2012.213), subsampled (He and Sun, 2015, https://arxiv.org/abs/1505.00996).

    Args:
        x: [B, C, H, W], H and W multiples of SHRINK.
        photo: [B, 3, H, W].
    """
    count = x.shape[1]
    light = sum(share * channel for share, channel in zip(LUMA, photo.split(1, 1), strict=True))
    assert isinstance(light, Tensor)
    means = window(F.avg_pool2d(torch.cat([light, light * light, x, light * x], 1), SHRINK))
    level, square, colour, product = means.split([1, 1, count, count], 1)
    slope = (product - level * colour) / (square - level * level + NOISE)
    lines = window(torch.cat([slope, colour - slope * level], 1))
    slope, offset = F.interpolate(lines, scale_factor=float(SHRINK), mode="bilinear").split(count, 1)
    return slope * light + offset


def window(x: Tensor) -> Tensor:
    """Means over 3 x 3, at the border over those that there are."""
    return F.avg_pool2d(x, 3, stride=1, padding=1, count_include_pad=False)
