"""What the demo's painters share: tubes of colour, the photo's light, patches, and lines along the forms.

Pictures are float [H, W, 3], planes are float [H, W]; both nominally in [0, 1]. Lengths are pixels, angles radians.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, sobel

Array = NDArray[np.float64]
Pixels = NDArray[np.uint8]


class Patches(NamedTuple):
    """A picture cut into patches round scattered centres."""

    owner: NDArray[np.int64]  # [H, W], index of the patch
    distance: Array  # [H, W], to the patch's centre
    gap: Array  # [H, W], how much further the second nearest centre is: 0 on the border between two patches
    centres: Array  # [n, 2], (y, x)


def palette(colours: str, spread: float, rng: np.random.Generator) -> Array:
    """Hex colours as [n, 3] in [0, 1], each shifted a little: no two tubes of a colour are the same."""
    exact = np.array([list(bytes.fromhex(colour)) for colour in colours.split()]) / 255
    return np.clip(exact + rng.normal(0, spread, exact.shape), 0, 1)


def nearest(colours: Array, paints: Array, *, chroma: float = 1.0) -> NDArray[np.int64]:
    """Index [n] of the paint nearest to each colour [n, 3]; with chroma under 1, tone counts for more than hue."""
    a, b = (c - (1 - chroma) * (c - c.mean(-1, keepdims=True)) for c in (colours, paints))
    return ((a[:, None] - b) ** 2).sum(-1).argmin(1)


def toned(photo: Pixels) -> Array:
    """The photo [H, W, 3] in [0, 1], stretched between its 2nd and 98th percentile: any photo has darks and lights."""
    low, high = np.percentile(photo.mean(2), (2, 98))
    return np.clip((photo - low) / max(high - low, 25), 0, 1)


def lightness(photo: Pixels, blur: float) -> Array:
    """Luminance of the toned photo."""
    return gaussian_filter(toned(photo) @ [0.2126, 0.7152, 0.0722], blur)


def vivid(picture: Array, amount: float) -> Array:
    """Colours moved away from grey by a share of their distance to it."""
    return np.clip(picture + amount * (picture - picture.mean(2, keepdims=True)), 0, 1)


def noise(shape: tuple[int, ...], blur: float | tuple[float, float], rng: np.random.Generator) -> Array:
    """Smooth noise of unit deviation over the first two axes of shape."""
    rough = gaussian_filter(rng.standard_normal(shape[:2]), blur, mode="wrap")
    return rough / rough.std()


def turned(shape: tuple[int, ...], angle: float) -> tuple[Array, Array]:
    """Coordinates of each pixel along two axes turned by an angle."""
    y, x = np.indices(shape[:2])
    return x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)


def inside(depth: Array) -> Array:
    """Cover in [0, 1] of a shape from the depth inside its border, in pixels: smooth over one pixel."""
    return np.clip(depth + 0.5, 0, 1)


def over(under: Array, paint: Array, cover: Array) -> Array:
    """Paint laid over a ground where cover [H, W] is 1."""
    return under + (paint - under) * cover[..., None]


def to_pixels(picture: Array) -> Pixels:
    return (np.clip(picture, 0, 1) * 255 + 0.5).astype(np.uint8)


def sample(picture: Array, places: Array) -> Array:
    """Colours [n, 3] at the places [n, 2] (y, x); places outside take the border's colour."""
    y, x = np.clip(places.astype(int), 0, np.array(picture.shape[:2]) - 1).T
    return picture[y, x]


def patch_means(picture: Array, owner: NDArray[np.int64]) -> Array:
    """Mean colour [n, 3] of each patch; zero for a patch without a pixel."""
    size = np.maximum(np.bincount(owner.ravel()), 1)
    return np.stack([np.bincount(owner.ravel(), plane.ravel()) / size for plane in np.moveaxis(picture, 2, 0)], 1)


def scatter(shape: tuple[int, ...], pitch: float, rng: np.random.Generator) -> Patches:
    """Voronoi patches about one centre thrown at random into each square of a grid (of the given pitch)."""
    y, x = np.indices(shape[:2]) / pitch + 1  # a ring of squares more all round, so that each pixel has nine
    rows, columns = (np.array(shape[:2]) / pitch).astype(int) + 3
    centres = np.moveaxis(np.indices((rows, columns)), 0, -1) + rng.uniform(0.1, 0.9, (rows, columns, 2))
    distance, second = np.full((2, *shape[:2]), np.inf)
    owner = np.zeros(shape[:2], np.int64)
    for step in np.ndindex(3, 3):
        row, column = y.astype(int) + step[0] - 1, x.astype(int) + step[1] - 1
        here = np.hypot(centres[row, column, 0] - y, centres[row, column, 1] - x)
        second = np.minimum(second, np.maximum(distance, here))
        owner = np.where(here < distance, row * columns + column, owner)
        distance = np.minimum(distance, here)
    return Patches(owner, distance * pitch, (second - distance) * pitch, (centres.reshape(-1, 2) - 1) * pitch)


def form_angle(light: Array, blur: float, fallback: float) -> Array:
    """Angle of the edges round each pixel, by the structure tensor; the fallback where nothing is to be seen."""
    gx, gy = sobel(light, 1), sobel(light, 0)
    straight = gaussian_filter(gx**2 - gy**2, blur) - 0.02 * np.cos(2 * fallback)
    slanted = gaussian_filter(2 * gx * gy, blur) - 0.02 * np.sin(2 * fallback)
    return 0.5 * np.arctan2(slanted, straight) + np.pi / 2  # edges run across the gradient


def smear(plane: Array, angle: Array, reach: int) -> Array:
    """Mean of a plane along lines that follow the angle, `reach` pixels to each side.

    Line integral convolution (B. Cabral and L. Leedom, 1993, https://doi.org/10.1145/166117.166151),
    with steps of one pixel. An angle is known up to half a turn: each step keeps its heading.
    """
    field = np.stack([np.sin(angle), np.cos(angle)])
    limit = np.array(plane.shape)[:, None, None] - 1
    total = plane.copy()
    for way in (field, -field):
        place = np.indices(plane.shape) + way
        for _ in range(reach):
            i, j = np.clip(place, 0, limit).astype(int)
            total += plane[i, j]
            turn = field[:, i, j]
            way = np.where((turn * way).sum(0) < 0, -turn, turn)
            place = place + way
    return total / (2 * reach + 1)
