"""The touch of a brush: what is painted is laid in dabs of one colour each, along the photo's edges and across none.

Dabs that cover one another are Matheron's dead leaves (1968); to paint with strokes of a picture's own colours, along its gradients' normals and each of a
colour that differs a little, is Haeberli's (1990, https://doi.org/10.1145/97880.97902) and Litwinowicz's (1997, https://doi.org/10.1145/258734.258893).
"""

from functools import cache
from math import cos, pi, sin, sqrt

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from txst.layers.guided import SHRINK, grown
from txst.layers.kuwahara import kuwahara
from txst.layers.ops import EPS, at_least_float32, window
from txst.layers.tone import lightness

LENGTH, BREADTH = 20, 6  # pixels of a dab, on average
WAYS = 4  # directions that dabs have, from level in turns of 45 degrees, clockwise; one more pattern lies criss-cross
PERIOD = 64  # pixels after which the pattern comes again; tiles of a picture begin at multiples of it
COVERED = 6  # times that the plane is covered
UNEVEN = 0.25  # radians, deviation of a dab's direction
STEP = 1 / 32  # of the numbers that are drawn
EDGE = 0.12  # distance of two colours, of pixels from 0 to 1, half of which a dab bridges
NEAR, WIDE = 9, 21  # places of SHRINK pixels, of windows in which the photo's edges are looked for
WIDE_SHARE = 0.1  # of the wide one, which decides where the near one has no edges
FAINT = 2e-5  # squared difference of lightness that counts as no edge
SIDE = 32  # places of the probe, of SHRINK pixels
UNBROKEN = 0.6  # mean over root mean square of grain that is lines between flat colours, as in prints
BROKEN = 0.66  # the same of grain that is everywhere
LEAST_SEEN = 0.1  # of dabs where the grain is such lines
STILL = 0.6  # by which dabs differ less where the photo has no edges
LEAST_ROOM, ROOM = 0.3, 1.2  # dabs differ this much in black, and with lightness so much more


@cache
def dabs() -> Tensor:
    """Which dab lies on top, for each direction and place: [WAYS + 1, PERIOD, PERIOD, 5] of int8.

    The five are the way down and right to the dab's middle, in pixels, and three numbers of the dab's own, of deviation 1, in units of STEP.
    """
    rows, columns = np.mgrid[:PERIOD, :PERIOD]
    half = PERIOD / 2
    found = np.zeros((WAYS + 1, PERIOD, PERIOD, 5), np.int8)
    draw = np.random.default_rng(0)
    for way in range(WAYS + 1):
        for _ in range(COVERED * PERIOD**2 // (LENGTH * BREADTH)):
            top, left = draw.uniform(0, PERIOD, 2)
            angle = pi * way / WAYS + UNEVEN * draw.normal() if way < WAYS else draw.uniform(0, pi)
            length, breadth = LENGTH * draw.uniform(0.7, 1.2), BREADTH * draw.uniform(0.8, 1.2)
            own = np.rint(draw.uniform(-sqrt(3), sqrt(3), 3) / STEP)
            down, right = (rows - top + half) % PERIOD - half, (columns - left + half) % PERIOD - half
            along, across = right * cos(angle) + down * sin(angle), down * cos(angle) - right * sin(angle)
            inside = (2 * along / length) ** 4 + (2 * across / breadth) ** 4 < 1
            found[way][inside, :2] = np.rint(-np.stack([down, right], -1)[inside])
            found[way][inside, 2:] = own
    return torch.from_numpy(found)


@cache
def probe() -> Tensor:
    """What a brush is tried on, once it is `grown`: soft shapes in every colour, without edges or grain, [1, 3, SIDE, SIDE] of 0 to 255."""
    rows, columns = np.mgrid[:SIDE, :SIDE] * 2 * pi / SIDE
    waves = ((2, 1), (1, -2), (3, 1), (-1, 3), (2, -3))  # turns down and right
    channels = [
        sum(np.sin(down * rows + right * columns + i * (1 + channel)) for i, (down, right) in enumerate(waves))
        for channel in range(3)
    ]
    return torch.from_numpy((127.5 + 33 * np.stack(channels)[None]).clip(0, 255).astype(np.uint8))


def brush(painted: Tensor, length: int) -> Tensor:
    """The touch of a style, [B, 5], read from its painting of the probe: how far dabs differ in lightness, and in each channel; how much they are seen.

    It is the grain that strokes take away: much after those who paint in broken touches, little after those who blend, and uneven after those who draw lines
    round flat colours, whose dabs are seen least. Ours.

    Args:
        painted: the probe, [B, 3, H, W].
        length: of the strokes, in pixels.
    """
    grain = at_least_float32(painted) - kuwahara(painted, length)
    grey = lightness(grain)
    of_light = grey.square().mean((1, 2, 3)).sqrt()[:, None]
    of_colour = (grain - grey).square().mean((2, 3)).sqrt()
    even = grey.abs().mean((1, 2, 3))[:, None] / (of_light + EPS)
    seen = LEAST_SEEN + (1 - LEAST_SEEN) * ((even - UNBROKEN) / (BROKEN - UNBROKEN)).clamp(0, 1)
    return torch.cat([of_light, of_colour, seen], 1)


def touched(x: Tensor, photo: Tensor, found: Tensor, share: float, pattern: Tensor) -> Tensor:
    """Each pixel takes the colour of its dab's middle, where that is not across an edge, and a little of the dab's own.

    Args:
        x: painting [B, 3, H, W], meant for [0, 1] and not held to it; H and W are multiples of SHRINK.
        photo: whose edges dabs follow, the same shape.
        found: of `brush`.
        share: of the deviations in it that dabs differ by.
        pattern: of `dabs`.

    Returns:
        The same shape.
    """
    height, width = x.shape[-2:]
    rows, columns = torch.arange(height, device=x.device)[:, None], torch.arange(width, device=x.device)
    way, plain = directions(photo)
    place = (way * PERIOD + rows % PERIOD) * PERIOD + columns % PERIOD
    dab = pattern.flatten(0, 2).index_select(0, place.flatten()).view(*place.shape, 5).movedim(-1, 1)
    down, right, own = dab.to(torch.int64).split([1, 1, 3], 1)
    middle = (rows + down).clamp(0, height - 1) * width + (columns + right).clamp(0, width - 1)
    laid = x.flatten(2).gather(2, middle.flatten(2).expand(-1, x.shape[1], -1)).view_as(x)
    far = (laid - x).square().sum(1, keepdim=True) / EDGE**2
    bridged = 1 / (1 + far * far)
    of_light, of_colour, seen = found.to(x)[..., None, None].split([1, 3, 1], 1)
    light, red, blue = (own.to(x) * STEP).split(1, 1)
    differs = of_light * light + of_colour * torch.cat([red, -(red + blue) / sqrt(2), blue], 1)
    room = (LEAST_ROOM + ROOM * lightness(x)) * (1 - STILL * plain)
    return x + seen * bridged * (laid - x + share * room * differs)


def directions(photo: Tensor) -> tuple[Tensor, Tensor]:
    """Along which edges each place lies, [B, 3, H, W] -> [B, H, W] of numbers, WAYS where there are none; and where that is, [B, 1, H, W] from 0 to 1.

    By the photo's structure tensor (Förstner and Gülch, 1987).
    """
    light = F.pad(F.avg_pool2d(lightness(at_least_float32(photo)), SHRINK), (1, 1, 1, 1), mode="replicate")
    right = light[..., 1:-1, 2:] - light[..., 1:-1, :-2]
    down = light[..., 2:, 1:-1] - light[..., :-2, 1:-1]
    edges = torch.cat([right * right - down * down, 2 * right * down], 1)
    upright, falling = (window(edges, NEAR) + WIDE_SHARE * window(edges, WIDE)).chunk(2, 1)
    found = torch.cat([-upright, -falling, upright, falling, torch.full_like(falling, FAINT)], 1)
    way = F.interpolate(found.argmax(1, keepdim=True).to(light), scale_factor=float(SHRINK), mode="nearest")
    plain = FAINT / (FAINT + upright.abs() + falling.abs())
    return way[:, 0].to(torch.int64), grown(plain)
