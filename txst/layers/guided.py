"""What is painted, held to the shapes of the photo: strokes stay, and neither they nor patches break up what is painted."""

import torch
import torch.nn.functional as F
from torch import Tensor

from txst.layers.ops import at_least_float32, window
from txst.layers.tone import lightness

SHRINK = 4  # pixels of a place where painting and photo are compared
NEAR = 3  # places of a window, along each side: strokes are narrower,
WIDE = 21  # and patches are
NOISE = 0.002  # variance of lightness, of pixels from 0 to 1, below which a window of the photo is flat
FAINT = 0.01  # the same for wide windows, as in a sky with faint clouds
COLOUR = 2.5  # times as far as in lightness patches may go in colour


def calm(painted: Tensor, photo: Tensor, most: float) -> Tensor:
    """The painting without dark and light patches that the photo has no reason for, such as clouds in its clear sky.

    Patches are what is left of the painting less what is as smooth as the photo in wide windows, once strokes are averaged away. They are bent to `most`
    in lightness, and to COLOUR times that in colour. Strokes stay. Ours.

    Args:
        painted: see `hold`.
        photo: see `hold`.
        most: of pixels from 0 to 1.

    Returns:
        The same shape, in float32 at least.
    """
    painted = at_least_float32(painted)
    shrunk, light = (F.avg_pool2d(y, SHRINK) for y in (painted, lightness(at_least_float32(photo))))
    slope, offset = lines(moments(shrunk, light), WIDE, FAINT)
    patches = window(shrunk - slope * light - offset, NEAR)
    grey = lightness(patches)
    return painted + grown(bent(grey, most) + bent(patches - grey, COLOUR * most) - patches)


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
    return smooth + bent(painted - smooth, most)


def bent(x: Tensor, most: float) -> Tensor:
    """Hardly changed where it is small, and nowhere above `most`."""
    return most * torch.tanh(x / most)


def guided(x: Tensor, photo: Tensor) -> Tensor:
    """In each window the linear function of the photo's lightness that comes nearest to x.

    The guided filter (He et al., 2013, https://doi.org/10.1109/TPAMI.2012.213), subsampled (He and Sun, 2015, https://arxiv.org/abs/1505.00996).

    Args:
        x: [B, C, H, W], H and W multiples of SHRINK.
        photo: [B, 3, H, W].
    """
    light = lightness(photo)
    found = torch.cat(lines(F.avg_pool2d(moments(x, light), SHRINK), NEAR, NOISE), 1)
    slope, offset = grown(found).chunk(2, 1)
    return slope * light + offset


def moments(x: Tensor, light: Tensor) -> Tensor:
    """What lines are fitted from, [B, 2 + 2 C, h, w]."""
    return torch.cat([light, light * light, x, light * x], 1)


def lines(means: Tensor, places: int, flat: float) -> tuple[Tensor, Tensor]:
    """Slopes and offsets [B, C, h, w] of the lines that come nearest in windows, each the mean of those that see the place.

    Args:
        means: of `moments`, in places of SHRINK pixels.
        places: along a window's side; odd.
        flat: variance of lightness below which a window of the photo is flat.
    """
    count = means.shape[1] // 2 - 1
    level, square, colour, product = window(means, places).split([1, 1, count, count], 1)
    slope = (product - level * colour) / (square - level * level + flat)
    found = window(torch.cat([slope, colour - slope * level], 1), places)
    return found[:, :count], found[:, count:]


def grown(x: Tensor) -> Tensor:
    """From places to pixels."""
    return F.interpolate(x, scale_factor=float(SHRINK), mode="bilinear")
