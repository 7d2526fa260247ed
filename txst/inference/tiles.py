"""Large pictures in little memory: the statistics are those of a small copy of the whole, and overlapping tiles apply them.

A tile's middle is then what the whole picture would have there, to rounding, and no seams have to be blended.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import ceil, sqrt
from typing import Any

import numpy as np

from txst.backends.backend import Backend
from txst.images import Array, PictureError, Pixels, from_planes, planes
from txst.inference.photo import Photo, resized

MEMORY = 512 * 2**20  # bytes that painting may take at once; more is done in tiles
WHOLE = 4 * 2**30  # bytes that a method may take that cannot be done in tiles
GRID = 64  # pixels: tiles begin at multiples of it, as the strides of all encoders divide it
FAR = 8 * GRID  # what reaches further looks at the whole picture
NOTHING = 2e-4  # differences of pixels in [0, 1] that are rounding
Progress = Callable[[float], object]  # is called with the share that is done
Box = tuple[int, int, int, int]  # left, top, right, bottom
ALL = slice(None)


@dataclass(frozen=True)
class ByPlace:
    """Prepared styles that are painted in one pass, by a painter that mixes them by place.

    Args:
        styles: what the painter's `prepare_style` gives of each.
        masks: where each is painted [H, W], 255 for 1; later ones lie above.
    """

    styles: list[Any]
    masks: list[Pixels]

    def resized(self, size: tuple[int, int]) -> "ByPlace":
        """For a copy of the photo in another width and height."""
        return replace(self, masks=[resized(mask, size) for mask in self.masks])

    def mixed(self, painter: Backend, rows: slice, columns: slice) -> Any:
        """One prepared style for a part of the photo."""
        left, counts = np.ones((1, 1), np.float32), []  # what those above leave
        for mask in reversed(self.masks):
            share = np.divide(mask[rows, columns], 255, dtype=np.float32)
            counts.append(left * share)
            left = left * (1 - share)
        return painter.mix_by_place(self.styles, np.stack(counts[::-1])[None])


def paint(
    painter: Backend,
    photo: Photo,
    style: Any,
    strength: float | Pixels = 1.0,
    memory: float = MEMORY,
    reference: Photo | None = None,
    keep_features: bool = False,
    progress: Progress | None = None,
) -> Pixels:
    """Paints a photo, in tiles where it would take more memory than it may; returns [H, W, 3].

    Args:
        painter: a model on a backend.
        photo: what is painted.
        style: what the painter's `prepare_style` gives, or several `ByPlace`.
        strength: 0 to 1, or a mask of these of the photo's size [H, W], 255 for 1.
        memory: in bytes.
        reference: the photo by whose means and deviations it is painted; None: by its own.
        keep_features: with the photo, for other styles.
        progress: is told after each tile what share is done.

    Raises:
        PictureError: the method looks at all places at once, and the picture is too large for that; or it normalises
            nothing, and cannot be painted by another's statistics.
    """
    one = style.styles[0] if isinstance(style, ByPlace) else style  # what it takes and how far it sees is that of any
    bytes_per_pixel = painter.bytes_per_pixel(one)
    pixels = memory / bytes_per_pixel  # at once
    statistics = measure(painter, reference, style, strength, pixels) if reference else None
    if reference and not statistics:
        raise PictureError("this method has no means and deviations to hold still: paint without a reference frame")
    width, height = photo.size
    if width * height > pixels:
        overlap = None if painter.whole else reach(painter, one)
        if overlap is not None:
            statistics = statistics or measure(painter, photo, style, strength, pixels)
            core = max(GRID, (int(sqrt(pixels)) - 2 * overlap) // GRID * GRID)
            return in_tiles(
                painter, photo, style, strength, statistics, list(tiles(photo.size, core, overlap)), progress
            )
        refuse_beyond(WHOLE / bytes_per_pixel, photo.size)
    features = photo.features(painter) if keep_features and not statistics else None
    prepared = here(painter, style)
    return pixels_of(painter.paint(photo.planes(), prepared, shares(strength), statistics, features), photo.size)


def here(painter: Backend, style: Any, rows: slice = ALL, columns: slice = ALL) -> Any:
    """What a painter wants to know of a style, in a part of the photo."""
    return style.mixed(painter, rows, columns) if isinstance(style, ByPlace) else style


def in_tiles(
    painter: Backend,
    photo: Photo,
    style: Any,
    strength: float | Pixels,
    statistics: Any,
    boxes: Sequence[tuple[Box, Box]],
    progress: Progress | None = None,
) -> Pixels:
    """Paints the parts of a photo by the statistics of the whole."""
    painting = np.empty_like(photo.pixels)
    for done, ((left, top, right, bottom), outer) in enumerate(boxes, 1):
        rows, columns = slice(outer[1], outer[3]), slice(outer[0], outer[2])
        share = strength[rows, columns] if isinstance(strength, np.ndarray) else strength
        part = planes(photo.pixels[rows, columns])
        size = (outer[2] - outer[0], outer[3] - outer[1])
        prepared = here(painter, style, rows, columns)
        tile = pixels_of(painter.paint(part, prepared, shares(share), statistics), size)
        inside = tile[top - outer[1] : bottom - outer[1], left - outer[0] : right - outer[0]]
        painting[top:bottom, left:right] = inside
        if progress:
            progress(done / len(boxes))
    return painting


def pixels_of(painting: Array, size: tuple[int, int]) -> Pixels:
    """A painting [1, 3, H, W] as pixels [H, W, 3], if it is one: in the photo's width and height, and of finite numbers.

    Raises:
        PictureError: it is none, as of a model whose training broke down.
    """
    if painting.shape != (1, 3, size[1], size[0]) or not np.isfinite(painting).all():
        shape = painting.shape == (1, 3, size[1], size[0])
        what = "has pixels that are no numbers" if shape else f"is {list(painting.shape)} and not {[1, 3, *size[::-1]]}"
        raise PictureError(f"the model is broken, what it paints {what}: take another model, or train it anew")
    return from_planes(painting)


def refuse_beyond(pixels: float, size: tuple[int, int]) -> None:
    """Refuses a picture that has more, and names the size that fits."""
    width, height = size
    if (shrunk := sqrt(pixels / (width * height))) < 1:
        raise PictureError(
            f"this method looks at all of a picture at once, and {width} x {height} pixels take more than "
            f"{WHOLE / 2**30:.0f} GB: shrink it to {int(max(size) * shrunk)} pixels a side "
            f"(max_side={int(max(size) * shrunk)}) or take larger strokes (stroke={ceil(10 / shrunk) / 10:.1f})"
        )


def measure(painter: Backend, photo: Photo, style: Any, strength: float | Pixels, pixels: float) -> Any:
    """The statistics of a photo, by a copy of about so many pixels."""
    width, height = photo.size
    copy = photo.scaled(min(1.0, sqrt(pixels / (width * height))))
    if isinstance(strength, np.ndarray):
        strength = resized(strength, copy.size)
    if isinstance(style, ByPlace):  # mixed anew each time, so nothing of it can be kept
        return painter.measure(copy.planes(), here(painter, style.resized(copy.size)), shares(strength))
    return copy.statistics(painter, style, shares(strength))


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
    statistics = painter.measure(strip, style)
    whole = painter.paint(strip, style, 1.0, statistics)[..., FAR:]
    half = painter.paint(np.ascontiguousarray(strip[..., FAR:]), style, 1.0, statistics)
    differs = np.flatnonzero(np.abs(whole - half).max((0, 1, 2)) > NOTHING)
    found = int(differs[-1]) + 1 if differs.size else 0
    return None if found > FAR - GRID else -(-found // GRID) * GRID


def shares(strength: float | Pixels) -> float | Array:
    """Strength as painters take it: a mask becomes [1, 1, H, W] in [0, 1]."""
    return np.divide(strength, 255, dtype=np.float32)[None, None] if isinstance(strength, np.ndarray) else strength
