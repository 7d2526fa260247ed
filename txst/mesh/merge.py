"""Paintings of one surface from several cameras become one texture.

Each painting is split into bands, as in the multiresolution spline of Burt and Adelson, 1983 (https://doi.org/10.1145/245.247), but in the
pictures, not on the texture, where the borders of charts would be in the way. Fine bands come nearly from the best camera alone, so that
nothing is blurred; coarse ones are means, so that no seam is seen.
"""

from itertools import pairwise

import numpy as np
from PIL import Image

from txst.mesh.raster import View, interpolated
from txst.mesh.surface import Floats

POWERS = (12, 6, 3, 1)  # of the weights, of each band from the finest; 1: a mean
MARGIN = 0.15  # share of a picture's shorter side over which its weight fades out at the border
LEAST = 1e-3  # weight of what is seen worst


class Merge:
    """Gathers paintings at places of a surface.

    Args:
        points: [n, 3] of the texels.
        normals: [n, 3], of unit length.
        sharp: footprint of a pixel (see `View`) that is fine enough; what is seen from farther counts less.
    """

    def __init__(self, points: Floats, normals: Floats, sharp: float) -> None:
        self.points, self.normals, self.sharp = points, normals, sharp
        self.sums = np.zeros((len(POWERS), len(points), 3), np.float32)
        self.weights = np.zeros((len(POWERS), len(points)), np.float32)

    def add(self, view: View, painting: Floats) -> None:
        """Adds what a camera sees, painted [h, w, 3]."""
        places, depth, found = view.find(self.points)
        weight = self.weight(view, places[found], depth[found], found)
        for band, (picture, power) in enumerate(zip(bands(painting), POWERS, strict=True)):
            part = weight**power
            self.sums[band, found] += part[:, None] * interpolated(picture, places[found])
            self.weights[band, found] += part

    def weight(self, view: View, places: Floats, depth: Floats, found: np.ndarray) -> Floats:
        """How well it sees each place it sees: more from the front, from near, and in the middle of the picture."""
        camera = view.camera
        away = camera.place - self.points[found]
        away /= np.linalg.norm(away, axis=1, keepdims=True)
        cosine = np.abs((away * self.normals[found]).sum(1))
        near = np.minimum(1, self.sharp * camera.focal[0] / depth)
        sides = np.array([camera.width, camera.height])
        border = np.minimum(places, sides - places).min(1) / (MARGIN * sides.min())
        return np.maximum(cosine**2 * near**2 * np.clip(border, 0, 1), LEAST).astype(np.float32)

    def colours(self) -> tuple[Floats, np.ndarray]:
        """Colours [n, 3] in [0, 1], and whether any camera saw the place [n]."""
        seen = self.weights[-1] > 0
        safe = np.maximum(self.weights, np.finfo(np.float32).tiny)[..., None]
        return (self.sums / safe).sum(0).clip(0, 1), seen


def bands(picture: Floats) -> list[Floats]:
    """A picture [h, w, 3] as a sum of one band for each power, from the finest."""
    coarse = [picture, *(softened(picture, 2**n) for n in range(1, len(POWERS)))]
    return [fine - less for fine, less in pairwise(coarse)] + [coarse[-1]]


def softened(picture: Floats, factor: int) -> Floats:
    """A picture without what is finer than so many pixels."""
    height, width = picture.shape[:2]
    less = resized(picture, (max(1, width // factor), max(1, height // factor)), Image.Resampling.BOX)
    return resized(less, (width, height), Image.Resampling.BICUBIC)


def resized(picture: Floats, size: tuple[int, int], how: Image.Resampling) -> Floats:
    """A picture [h, w, C] of floats at another size (width, height)."""
    planes = [Image.fromarray(np.ascontiguousarray(plane, np.float32)) for plane in np.moveaxis(picture, 2, 0)]
    return np.stack([np.asarray(plane.resize(size, how)) for plane in planes], 2)


def grown(values: Floats, known: np.ndarray, texels: int) -> tuple[Floats, np.ndarray]:
    """Values [h, w, C] that go on beyond the border of what is known, and what is known then."""
    values, known = values * known[..., None], known.copy()
    height, width = known.shape
    for _ in range(texels):
        wide, there = np.pad(values, ((1, 1), (1, 1), (0, 0))), np.pad(known, 1).astype(np.float32)
        steps = [(slice(y, y + height), slice(x, x + width)) for y in range(3) for x in range(3)]
        count = sum((there[step] for step in steps), np.zeros_like(values[..., 0]))
        mean = sum((wide[step] for step in steps), np.zeros_like(values)) / np.maximum(count, 1)[..., None]
        values = np.where(known[..., None], values, mean)
        known = count > 0
    return values, known


def push_pull(values: Floats, known: np.ndarray) -> Floats:
    """Fills what is unknown from what is known about it, by means over ever larger squares.

    Gortler et al., 1996, https://doi.org/10.1145/237170.237200.

    Args:
        values: [h, w, C].
        known: [h, w]; if nothing is, all is 0.
    """
    height, width = known.shape
    if known.all() or max(height, width) == 1:
        return values * known[..., None]
    even = ((0, height % 2), (0, width % 2))
    weight = np.pad(known, even).astype(np.float32)
    summed = np.pad(values * known[..., None], (*even, (0, 0)))
    halves = (weight.shape[0] // 2, 2, weight.shape[1] // 2, 2)
    count = weight.reshape(halves).sum((1, 3))
    mean = summed.reshape(*halves, values.shape[2]).sum((1, 3)) / np.maximum(count, 1)[..., None]
    below = resized(push_pull(mean, count > 0), (halves[2] * 2, halves[0] * 2), Image.Resampling.BILINEAR)
    return np.where(known[..., None], values, below[:height, :width]).astype(np.float32)
