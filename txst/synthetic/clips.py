"""Drawn clips with known motion, by which the steadiness of painted clips is measured: a pan, a turning zoom, and things that hide one another."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates

from txst.synthetic.drawing import Array, Pixels, inside, over, to_pixels
from txst.synthetic.landscape import valley

GRAIN = 2.0  # of 255: deviation of the noise of a camera
BALLS = ((0.30, 0.40, 0.16, 0.006, 0.002), (0.70, 0.60, 0.22, -0.005, -0.003))  # x, y, radius and steps, of the height


class DrawnFrame(NamedTuple):
    """A frame, and its motion since the one before."""

    pixels: Pixels  # [H, W, 3]
    places: Array  # [H, W, 2], where each pixel was, x and y
    seen: NDArray[np.bool_]  # [H, W], whether it was to be seen there


def pan(width: int, height: int, frames: int) -> Iterator[DrawnFrame]:
    """A camera that moves sideways over a landscape, by fractions of a pixel."""
    step = width / 240

    def view(t: int) -> Array:
        return np.array([[1, 0, step * t], [0, 1, 0.2 * step * t], [0, 0, 1]])

    yield from camera(width, height, frames, view)


def zoom(width: int, height: int, frames: int) -> Iterator[DrawnFrame]:
    """A camera that comes nearer and turns."""
    to_middle = np.array([[1, 0, -width / 2], [0, 1, -height / 2], [0, 0, 1]])

    def view(t: int) -> Array:
        scale, turn = 0.993**t, 0.004 * t
        cos, sin = scale * np.cos(turn), scale * np.sin(turn)
        turned = np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]])
        return np.linalg.inv(to_middle) @ turned @ to_middle

    yield from camera(width, height, frames, view)


def camera(width: int, height: int, frames: int, view: Callable[[int], Array]) -> Iterator[DrawnFrame]:
    """A landscape through a camera; `view` gives the matrix [3, 3] from its pixels to those of the landscape, at each frame."""
    rng = np.random.default_rng(0)
    landscape, pixels, size = scene(width, height, 0), grid(width, height), np.array([width, height])
    for t in range(frames):
        shown = grainy(sampled(landscape, moved(pixels, view(t))), rng)
        places = moved(pixels, np.linalg.inv(view(max(0, t - 1))) @ view(t))
        yield DrawnFrame(shown, places, np.asarray(((places >= 0) & (places <= size - 1)).all(-1)))


def balls(width: int, height: int, frames: int) -> Iterator[DrawnFrame]:
    """Two balls that cross before a landscape that stands still; the second passes before the first."""
    rng = np.random.default_rng(0)
    pixels, behind = grid(width, height), scene(width, height, 1)[:height, :width]
    skins = [scene(width, height, seed)[:, ::-1] for seed in (2, 3)]
    before = np.zeros((height, width), int)
    for t in range(frames):
        picture, places, owner = behind, pixels, np.zeros((height, width), int)
        for number, ((x, y, radius, *steps), skin) in enumerate(zip(BALLS, skins, strict=True), 1):
            step = height * np.array(steps)
            middle = np.array([width, height]) * (x, y) + step * t
            cover = inside(height * radius - np.hypot(*np.moveaxis(pixels - middle, -1, 0)))
            picture = over(picture, sampled(skin, pixels - step * t), cover)
            owner = np.where(cover > 0.5, number, owner)
            places = np.where((cover > 0.5)[..., None], pixels - step * (t > 0), places)
        was = map_coordinates(before, places[..., ::-1].transpose(2, 0, 1), order=0, mode="nearest")
        yield DrawnFrame(grainy(picture, rng), places, was == owner)
        before = owner


CLIPS: dict[str, Callable[[int, int, int], Iterator[DrawnFrame]]] = {"pan": pan, "zoom": zoom, "balls": balls}


def scene(width: int, height: int, seed: int) -> Array:
    """A landscape [height, W, 3] in [0, 1], wider than a frame."""
    side = round(1.5 * max(width, height))
    return valley(side, seed)[(side - height) // 3 :] / 255


def sampled(picture: Array, places: Array) -> Array:
    """The colours [h, w, 3] at places [h, w, 2]."""
    at = places[..., ::-1].transpose(2, 0, 1)
    return np.stack([map_coordinates(plane, at, order=1, mode="mirror") for plane in picture.transpose(2, 0, 1)], -1)


def grainy(picture: Array, rng: np.random.Generator) -> Pixels:
    return to_pixels(picture + rng.normal(0, GRAIN / 255, picture.shape))


def moved(places: Array, matrix: Array) -> Array:
    """Places [h, w, 2] through a matrix [3, 3]."""
    return places @ matrix[:2, :2].T + matrix[:2, 2]


def grid(width: int, height: int) -> Array:
    """[h, w, 2]: the place of each pixel, x and y."""
    return np.stack(np.meshgrid(np.arange(width), np.arange(height)), -1).astype(float)
