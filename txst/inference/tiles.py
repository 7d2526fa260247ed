"""Large pictures in little memory: the statistics are those of a small copy of the whole, and overlapping tiles apply them.

A tile's middle is then what the whole picture would have there, to rounding, and no seams have to be blended.
"""

from collections.abc import Iterable, Iterator
from math import ceil, sqrt
from typing import Any

import numpy as np
from PIL import Image

from txst.backends.backend import Backend
from txst.images import Array, PictureError, from_array, to_array
from txst.inference.forms import scaled

MEMORY = 512 * 2**20  # bytes that painting may take at once; more is done in tiles
WHOLE = 4 * 2**30  # bytes that a method may take that cannot be done in tiles
GRID = 64  # pixels: tiles begin at multiples of it, as the strides of all encoders divide it
FAR = 8 * GRID  # what reaches further looks at the whole picture
NOTHING = 2e-4  # differences of pixels in [0, 1] that are rounding
Box = tuple[int, int, int, int]  # left, top, right, bottom
Seen = dict[tuple[int, int], Any]  # width and height -> what a backend's `prepare_image` gives


def paint(
    painter: Backend,
    photo: Image.Image,
    style: Any,
    strength: float | Image.Image = 1.0,
    memory: float = MEMORY,
    steady: Image.Image | None = None,
    seen: Seen | None = None,
) -> Image.Image:
    """Paints a photo, in tiles where it would take more memory than it may.

    Args:
        painter: a model on a backend.
        photo: RGB.
        style: what the painter's `encode` gives.
        strength: 0 to 1, or a mask of these of the photo's size, mode L.
        memory: in bytes.
        steady: RGB, by whose means and deviations it is painted; None: by its own.
        seen: of this photo, at any size, where it is painted in several styles: what it holds is not worked out again.

    Raises:
        PictureError: the method looks at all places at once, and the picture is too large for that; or it normalises
            nothing, and cannot be steady.
    """
    bytes_per_pixel = painter.bytes_per_pixel(style)
    pixels = memory / bytes_per_pixel  # at once
    moments = measure(painter, steady, style, strength, pixels) if steady else None
    if steady and not moments:
        raise PictureError("this method has no means and deviations to hold still: paint without `steady`")
    if photo.width * photo.height > pixels:
        overlap = reach(painter, style)
        if overlap is not None:
            moments = moments or measure(painter, photo, style, strength, pixels)
            core = max(GRID, (int(sqrt(pixels)) - 2 * overlap) // GRID * GRID)
            return in_tiles(painter, photo, style, strength, moments, tiles(photo.size, core, overlap))
        refuse_beyond(WHOLE / bytes_per_pixel, photo.size)
    image = to_array(photo)
    features = None if moments or seen is None else kept(seen, painter, image)
    return from_array(painter.paint(image, style, part(strength), moments, features))


def kept(seen: Seen, painter: Backend, image: Array) -> Any:
    """The features of the image; they are worked out where none are kept of its size."""
    height, width = image.shape[-2:]
    if (width, height) not in seen:
        seen[width, height] = painter.prepare_image(image)
    return seen[width, height]


def in_tiles(
    painter: Backend,
    photo: Image.Image,
    style: Any,
    strength: float | Image.Image,
    moments: Any,
    boxes: Iterable[tuple[Box, Box]],
) -> Image.Image:
    """Paints the parts of a photo by the moments of the whole."""
    painting = Image.new("RGB", photo.size)
    for inner, outer in boxes:
        share = strength.crop(outer) if isinstance(strength, Image.Image) else strength
        painted = from_array(painter.paint(to_array(photo.crop(outer)), style, part(share), moments))
        left, top = inner[0] - outer[0], inner[1] - outer[1]
        middle = (left, top, left + inner[2] - inner[0], top + inner[3] - inner[1])
        painting.paste(painted.crop(middle), inner[:2])
    return painting


def refuse_beyond(pixels: float, size: tuple[int, int]) -> None:
    """Refuses a picture that has more, and names the size that fits."""
    width, height = size
    if (shrunk := sqrt(pixels / (width * height))) < 1:
        raise PictureError(
            f"this method looks at all of a picture at once, and {width} x {height} pixels take more than "
            f"{WHOLE / 2**30:.0f} GB: shrink it to {int(max(size) * shrunk)} pixels a side (--max-side) or take a stroke of "
            f"{ceil(10 / shrunk) / 10:.1f} (--stroke)"
        )


def measure(painter: Backend, photo: Image.Image, style: Any, strength: float | Image.Image, pixels: float) -> Any:
    """The moments of a photo, by a copy of about so many pixels."""
    shrunk = min(1.0, sqrt(pixels / (photo.width * photo.height)))
    copy = scaled(photo, shrunk)
    share = strength.resize(copy.size) if isinstance(strength, Image.Image) else strength
    return painter.measure(to_array(copy), style, part(share))


def tiles(size: tuple[int, int], core: int, overlap: int) -> Iterator[tuple[Box, Box]]:
    """The boxes of the tiles' middles, which cover the picture, and each with its overlap, as far as there is a picture."""
    width, height = size
    for top in range(0, height, core):
        for left in range(0, width, core):
            right, bottom = min(left + core, width), min(top + core, height)
            outer = (
                max(left - overlap, 0),
                max(top - overlap, 0),
                min(right + overlap, width),
                min(bottom + overlap, height),
            )
            yield (left, top, right, bottom), outer


def reach(painter: Backend, style: Any) -> int | None:
    """How far a pixel is seen, in pixels and rounded up to the grid; None for a method that looks at all places at once.

    Measured: a strip is painted whole, and then its right half alone. What differs lies within reach of the cut.
    """
    rng = np.random.default_rng(0)
    coarse = rng.random((1, 3, 8, FAR // 4)).repeat(8, 2).repeat(8, 3)  # blocks, which carry further than noise
    strip = (0.5 * coarse + 0.5 * rng.random(coarse.shape)).astype(np.float32)
    moments = painter.measure(strip, style)
    whole = painter.paint(strip, style, 1.0, moments)[..., FAR:]
    half = painter.paint(np.ascontiguousarray(strip[..., FAR:]), style, 1.0, moments)
    differs = np.flatnonzero(np.abs(whole - half).max((0, 1, 2)) > NOTHING)
    found = int(differs[-1]) + 1 if differs.size else 0
    return None if found > FAR - GRID else -(-found // GRID) * GRID


def part(strength: float | Image.Image) -> float | Array:
    """Strength as painters take it."""
    if not isinstance(strength, Image.Image):
        return strength
    return np.divide(np.asarray(strength), 255, dtype=np.float32)[None, None]
