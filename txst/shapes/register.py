"""Finds the flow that carries one silhouette to another: smooth, and without foldings. No weights, no library beside numpy.

Distances to the outlines are compared, so that silhouettes that do not meet are drawn together, too. The flow is that of a velocity
which stands still and is smoothed in every step (log-domain demons: Vercauteren et al., 2008, https://doi.org/10.1007/978-3-540-85988-8_90),
from coarse to fine. Departs from it: the slope of a distance is about 1, so that a step is the difference itself along the slope; it counts near the
outlines alone; a step becomes small where the flow is about to fold; and the frame of the picture stands still.
"""

import warnings
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from txst.images import Array
from txst.pictures.limits import PictureWarning
from txst.shapes.fields import areas_of, exponential, sample
from txst.shapes.masks import laid_over

LEVELS = (4, 2, 1)  # pixels of a place of each grid
STEPS = (60, 40, 40)  # on each
BAND = (16.0, 8.0, 4.0)  # places from an outline within which a step counts
BLUR = (2.0, 1.2, 1.0)  # places, of the velocity after each step: more spares the inside, less follows the outline
LONGEST = 2.0  # places, of a step
LEAST = 0.03  # of a pixel that a pixel may come from: nothing folds
NEAR = 0.15  # above it, where steps become smaller
ENOUGH = 0.85  # of an overlap, below which it is said


def distances(mask: Array) -> Array:
    """How far each pixel of a mask [h, w] is from its outline, in pixels, negative inside; exact to a pixel."""
    inside = mask >= 0.5
    return away(~inside) - away(inside) + np.where(inside, 0.5, -0.5).astype(np.float32)


def away(empty: NDArray[np.bool_]) -> Array:
    """The distance of each pixel [h, w] to the nearest one that is not empty: along the columns, then by rows."""
    height, width = empty.shape
    far = np.float32(height + width)
    column = np.full((height, width), far, np.float32)
    for rows in (range(height), reversed(range(height))):
        run = np.full(width, far, np.float32)
        for y in rows:
            run = np.where(empty[y], run + 1, 0)
            column[y] = np.minimum(column[y], run)
    x = np.arange(width, dtype=np.float32)
    across = (x[:, None] - x) ** 2
    return np.sqrt(np.stack([(across + row**2).min(1) for row in column]))


def flow_between(source: Array, target: Array) -> Array:
    """The flow by which the source's silhouette gets the target's shape, in its own place; a warning where it cannot wholly.

    Args:
        source: [h, w] in [0, 1], with sides that are multiples of 4.
        target: [h', w'] in [0, 1].
    """
    wanted = laid_over(target, source)
    flow = register(source, wanted)
    reached = overlap(sample(source, flow), wanted)
    if reached < ENOUGH:
        said = f"the shapes differ so much that they overlap by {reached:.0%} only: parts that cannot grow without a folding stay as they were"
        warnings.warn(said, PictureWarning, stacklevel=2)
    return flow


def overlap(mask: Array, other: Array) -> float:
    """The share of two silhouettes that they have in common, their intersection over their union."""
    a, b = mask >= 0.5, other >= 0.5
    return float((a & b).sum() / max(1, (a | b).sum()))


def register(source: Array, target: Array) -> Array:
    """The flow by which the source's silhouette becomes the target's; the best of all that were found and fold nothing.

    Args:
        source: [h, w] in [0, 1], with sides that are multiples of 4.
        target: the same.

    Returns:
        [h, w, 2], see `txst.shapes.fields`.
    """
    distance = [distances(mask) for mask in (source, target)]
    velocity = np.zeros((*(side // LEVELS[0] for side in source.shape), 2), np.float32)
    for factor, steps, band, blur in zip(LEVELS, STEPS, BAND, BLUR, strict=True):
        here, there = (reduced(plane, factor) / np.float32(factor) for plane in distance)
        if velocity.shape[:2] != here.shape:
            velocity = smoothed(2 * velocity.repeat(2, 0).repeat(2, 1), blur)
        velocity = followed(here, there, velocity, steps, band, blur)
    return unfolded(velocity)


def unfolded(velocity: Array) -> Array:
    """The flow of a velocity [h, w, 2], which is smoothed until nothing folds: in the end it stands still."""
    flow = exponential(velocity)
    while areas_of(flow).min() <= 0:
        velocity = smoothed(velocity, BLUR[-1])
        flow = exponential(velocity)
    return flow


def followed(source: Array, target: Array, velocity: Array, steps: int, band: float, blur: float) -> Array:
    """The best velocity [h, w, 2] of so many steps towards the target.

    Args:
        source: distances [h, w].
        target: the same.
        velocity: to begin with.
        steps: to take.
        band: of the distances that count.
        blur: of the velocity after each step.
    """
    flow = exponential(velocity)
    best = np.inf, velocity
    away_from_target = slope_of(target)
    for _ in range(steps):
        came, room = sample(source, flow), areas_of(flow)
        left = np.abs(came.clip(-1, 1) - target.clip(-1, 1)).mean()
        if room.min() < LEAST:
            velocity = smoothed(velocity, blur)
        elif left < best[0]:
            best = left, velocity
        slope = slope_of(came)
        # a tip that shall go has no slope of its own along it
        slope = np.where((target > 0)[..., None], (slope + away_from_target) / 2, slope)
        wanted = (target - came) * np.exp(-0.5 * (np.minimum(np.abs(came), np.abs(target)) / band) ** 2)
        step = (wanted * freedom(room) / (square(slope) + 0.3))[..., None] * slope
        step *= min(1.0, LONGEST / max(float(np.sqrt(square(step).max())), 1e-9))
        velocity = smoothed(velocity + step, blur)
        flow = exponential(velocity)
    return best[1]


def slope_of(plane: Array) -> Array:
    """[h, w] -> [h, w, 2], (x, y)."""
    down, across = np.gradient(plane)
    return np.stack([across, down], -1)


def freedom(room: Array) -> Array:
    """The share of a step that each pixel takes, [h, w]: less and less where the cells around [h - 1, w - 1] are nearly at `LEAST`."""
    padded = np.pad(room, 1, mode="edge")
    least = np.minimum.reduce([padded[:-1, :-1], padded[1:, :-1], padded[:-1, 1:], padded[1:, 1:]])
    return ((least - LEAST) / NEAR).clip(0, 1)


def square(vectors: Array) -> Array:
    """Of the lengths of [h, w, 2]."""
    return (vectors**2).sum(-1)


def reduced(plane: Array, factor: int) -> Array:
    """[h, w] by means of squares."""
    height, width = (side // factor for side in plane.shape)
    return plane.reshape(height, factor, width, factor).mean((1, 3))


def smoothed(velocity: Array, blur: float) -> Array:
    """[h, w, 2] by a bell; it is odd beyond the outermost pixels, so that these stand still."""
    rows, columns = (bell(side, blur) for side in velocity.shape[:2])
    return np.einsum("yi,xj,ijc->yxc", rows, columns, velocity, optimize=True)


@lru_cache(maxsize=16)
def bell(count: int, blur: float) -> Array:
    """Smooths a line of `count` numbers that is mirrored at its ends with the opposite sign, [count, count]."""
    at, source = np.indices((count, count), dtype=np.float32)
    period = 2 * (count - 1)
    kernel = sum(
        np.exp(-0.5 * ((at - source - turn * period) / blur) ** 2)
        - np.exp(-0.5 * ((at + source - turn * period) / blur) ** 2)
        for turn in (-1, 0, 1, 2)
    )
    return (kernel / np.exp(-0.5 * (np.arange(-20, 21) / blur) ** 2).sum()).astype(np.float32)
