"""Silhouettes: as many random ones as a training wants, and twenty of things, to try on what a training never saw.

Everything is drawn from outlines in a square of side 1, y downwards; no picture is asked for.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

Points = NDArray[np.float64]  # [n, 2], (x, y)
Part = tuple[Points, bool]  # an outline, and whether it is filled (or cut out)
FINER = 4  # times, in which outlines are drawn
# Name -> parts. "o" is a smooth closed curve through its points, "p" a polygon, "-" before it cuts out. In hundredths of the side.
THINGS: dict[str, str] = {
    "apple": "o 50 28 66 20 84 34 84 58 70 82 58 86 50 83 42 86 30 82 16 58 16 34 34 20; p 48 28 46 12 51 10 53 28",
    "pear": "o 50 20 60 28 62 44 76 60 76 78 60 90 50 91 40 90 24 78 24 60 38 44 40 28; p 49 22 50 8 54 8 53 22",
    "leaf": "o 50 8 70 26 80 48 72 70 52 84 48 84 28 70 20 48 30 26; p 48 82 47 96 52 96 52 82",
    "fish": "o 8 50 24 36 44 30 64 38 76 47 76 53 64 62 44 70 24 64; p 70 50 92 30 87 50 92 70; p 36 33 56 20 58 38",
    "bird": "o 14 40 22 30 32 30 42 42 60 46 80 48 74 60 58 70 40 68 28 58 24 46; p 16 36 5 42 17 43; p 74 48 96 42 80 58; p 44 66 42 86 46 86 48 66",
    "cat": "o 34 38 50 34 66 38 68 54 74 76 68 90 50 91 32 90 26 76 32 54; o 50 16 66 24 66 38 50 46 34 38 34 24; "
    "p 35 26 33 8 46 19; p 65 26 67 8 54 19",
    "mug": "p 24 24 68 24 66 80 62 84 30 84 26 80; o 66 34 86 36 90 52 82 66 64 68; -o 67 42 78 42 81 52 76 59 66 60",
    "teapot": "o 28 44 50 36 72 44 78 62 68 82 32 82 22 62; o 44 36 50 27 56 36; p 70 54 92 36 96 40 78 70; o 26 48 10 48 8 64 22 74 30 70; "
    "-o 24 54 15 54 14 63 22 68",
    "bottle": "p 44 6 56 6 56 26 64 38 66 46 66 92 64 94 36 94 34 92 34 46 36 38 44 26",
    "vase": "o 40 8 60 8 58 22 74 44 74 66 60 92 40 92 26 66 26 44 42 22",
    "wine glass": "o 30 8 70 8 70 34 58 50 50 52 42 50 30 34; p 47 50 53 50 53 84 47 84; o 32 86 50 82 68 86 68 90 32 90",
    "shoe": "o 10 46 18 38 30 40 40 50 60 58 84 62 94 72 92 80 60 82 30 82 10 80 8 64",
    "boot": "p 30 8 60 8 60 56 84 66 92 78 92 88 30 88 28 60",
    "hat": "o 30 60 32 32 44 26 56 28 68 32 70 60 50 64; o 6 60 30 58 50 62 70 58 94 60 84 70 50 76 16 70",
    "shirt": "p 36 14 42 20 58 20 64 14 78 20 94 40 82 50 74 42 74 90 26 90 26 42 18 50 6 40 22 20",
    "handbag": "p 20 42 80 42 88 88 12 88; o 32 44 34 20 50 12 66 20 68 44; -o 39 43 41 26 50 20 59 26 61 43",
    "chair": "p 26 8 34 8 36 48 76 48 76 56 74 92 67 92 66 60 38 60 34 92 26 92 28 56",
    "lamp": "p 34 10 66 10 82 44 18 44; p 47 44 53 44 53 82 47 82; o 30 84 50 80 70 84 72 92 28 92",
    "car": "p 6 66 8 54 26 50 38 34 68 34 80 50 92 54 94 68; o 22 58 32 68 22 78 12 68; o 76 58 86 68 76 78 66 68",
    "guitar": "o 50 48 62 52 64 62 60 68 70 80 64 94 50 96 36 94 30 80 40 68 36 62 38 52; p 47 52 47 12 45 4 55 4 53 12 53 52",
}


def thing(name: str, size: int) -> NDArray[np.float32]:
    """One of THINGS, a mask [size, size] in [0, 1]."""
    parts = []
    for text in THINGS[name].split(";"):
        kind, *numbers = text.split()
        points = np.array(numbers, float).reshape(-1, 2) / 100
        parts.append((curve(points) if kind.endswith("o") else points, not kind.startswith("-")))
    return drawn(parts, size)


def random_silhouette(rng: np.random.Generator, size: int) -> NDArray[np.float32]:
    """A silhouette of one to four parts, stretched and turned, in about the middle: a mask [size, size] in [0, 1]."""
    body = outline(rng)
    parts: list[Part] = [(body, True)]
    for _ in range(rng.integers(4)):
        joint = body[rng.integers(len(body))]  # parts grow out of the outline of the first
        scale = rng.uniform(0.15, 0.6, 2)
        parts.append((turned(outline(rng) * scale, rng.uniform(0, np.pi)) + joint * rng.uniform(0.6, 1.1), True))
    stretch = np.exp(rng.normal(0, 0.25, 2))
    angle = rng.uniform(0, 2 * np.pi)
    parts = [(turned(points * stretch, angle), filled) for points, filled in parts]
    every = np.concatenate([points for points, _ in parts])
    low, high = every.min(0), every.max(0)
    whole = rng.uniform(0.5, 0.84) / float((high - low).max())
    middle = 0.5 + rng.uniform(-0.05, 0.05, 2)
    return drawn([((points - (low + high) / 2) * whole + middle, filled) for points, filled in parts], size)


def outline(rng: np.random.Generator) -> Points:
    """A closed outline of radius about 1: waves on a circle, a superellipse, or a polygon, whose corners may point inwards."""
    angle = np.linspace(0, 2 * np.pi, 72, endpoint=False)
    kind = rng.integers(3)
    if kind == 0:
        waves = np.arange(2, 7)
        heights = rng.normal(0, 0.35, 5) / waves
        radius = 1 + (heights * np.cos(waves * angle[:, None] + rng.uniform(0, 2 * np.pi, 5))).sum(1)
    elif kind == 1:
        power = rng.uniform(1.2, 8)
        radius = (np.abs(np.cos(angle)) ** power + np.abs(np.sin(angle)) ** power) ** (-1 / power)
    else:
        angle = np.sort(rng.uniform(0, 2 * np.pi, rng.integers(3, 10)))
        angle = angle if np.diff(angle, append=angle[0] + 2 * np.pi).max() < 2.5 else np.linspace(0, 5, 5)
        radius = rng.uniform(0.55, 1.2, len(angle))
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1)


def turned(points: Points, angle: float) -> Points:
    """Turned about (0, 0)."""
    sine, cosine = np.sin(angle), np.cos(angle)
    return points @ np.array([[cosine, sine], [-sine, cosine]])


def curve(points: Points, steps: int = 12) -> Points:
    """The closed curve of Catmull and Rom through the points."""
    t = np.arange(steps)[:, None, None] / steps
    before, here, after, beyond = (np.roll(points, shift, 0) for shift in (1, 0, -1, -2))
    spline = 2 * here + t * (after - before) + t**2 * (2 * before - 5 * here + 4 * after - beyond)
    spline = (spline + t**3 * (3 * here - before - 3 * after + beyond)) / 2
    return spline.transpose(1, 0, 2).reshape(-1, 2)


def drawn(parts: Sequence[Part], size: int) -> NDArray[np.float32]:
    """A mask [size, size] in [0, 1], with soft borders of a pixel."""
    fine: Any = Image.new("L", (size * FINER, size * FINER))
    draw = ImageDraw.Draw(fine)
    for points, filled in parts:
        draw.polygon([tuple(point) for point in points * size * FINER], fill=255 * filled)
    return np.asarray(fine.reduce(FINER), np.float32) / np.float32(255)
