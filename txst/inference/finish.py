"""What becomes of a painting after the network, whichever it was: its size, colours and detail.

It is done in strips, so that memory stays small beside the picture. What was painted as a small copy of a photo is brought to the photo's size
without blur: missing edges come from the photo, by the local linear model of the guided filter (He et al., 2013,
https://doi.org/10.1109/TPAMI.2012.213; He and Sun, 2015, https://arxiv.org/abs/1505.00996). Departs from it: fine texture of the photo is left
out, and what lies between two colours of the painting is moved to the nearer one, so that strokes are crisp.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from PIL import Image, ImageFilter

from txst.images import Array, Pixels

LUMA: Array = np.array([0.299, 0.587, 0.114], np.float32)  # of ITU-R BT.601, as in Pillow's "L"
ROWS = 256  # of a strip
FINE = 128  # what is smaller than the shorter side over this is detail
WORKING = 640  # pixels of the shorter side in which larger photos are painted: at 400 letters are lost, at 900 strokes
RADIUS = 2  # pixels of the copy: of the windows in which painting and photo are compared
NOISE = 65.0  # variance of lightness, of 255 squared, below which a window of the photo is flat
TEXTURE = 5.0  # of 255: differences of the photo that are not painted
GAIN = 2.0  # how much steeper the painting's edges become, at twice its size and more


def finish(painting: Pixels, photo: Pixels, colour: float, detail: float, stroke: float = 1.0) -> Pixels:
    """The painting with other colours, and with detail.

    Args:
        painting: [H, W, 3].
        photo: of the same size.
        colour: 1 keeps the painting's colours, 0 gives it the photo's under its own lightness, after the transfer of
            luminance of Gatys et al., 2016, https://arxiv.org/abs/1606.05897.
        detail: share of the fine lightness that is the photo's, 0 to 1.
        stroke: what is fine grows with it.
    """
    if colour == 1 and detail == 0:
        return painting
    fine = max(2, round(min(photo.shape[:2]) / FINE * stroke))
    soft = [softened(pixels, fine) for pixels in (photo, painting)] if detail else []
    done = np.empty_like(photo)
    for rows in strips(photo):
        below, above = photo[rows].astype(np.float32), painting[rows].astype(np.float32)
        lift: Any = ((above - below) @ LUMA)[..., None]
        above = above + (1 - colour) * (below + lift - above)
        if detail:
            was, now = (rows_of(picture, rows, photo.shape[1], fine) for picture in soft)
            above = above + detail * (now - was - lift)
        done[rows] = above.round().clip(0, 255)
    return done


def blended(above: Pixels, below: Pixels, share: float | Pixels) -> Pixels:
    """`below` where the share is 0, `above` where it is 1, both [H, W, 3]; a mask [H, W] has 255 for 1."""
    if not isinstance(share, np.ndarray) and share in (0, 1):
        return above if share == 1 else below
    done = np.empty_like(below)
    for rows in strips(below):
        part = share[rows, :, None] / np.float32(255) if isinstance(share, np.ndarray) else np.float32(share)
        under = below[rows].astype(np.float32)
        done[rows] = (under + part * (above[rows] - under)).round()
    return done


def strips(pixels: Pixels) -> Iterator[slice]:
    """Rows of a picture, from top to bottom."""
    return (slice(top, min(top + ROWS, len(pixels))) for top in range(0, len(pixels), ROWS))


def softened(pixels: Pixels, factor: int) -> Image.Image:
    """The lightness of a picture, shrunk by that factor."""
    return Image.fromarray(pixels).convert("L").reduce(factor).convert("F")


def rows_of(small: Image.Image, rows: slice, width: int, factor: int) -> Array:
    """Rows of the large picture that was shrunk by that factor, [h, W, 1]."""
    source = (0, rows.start / factor, width / factor, rows.stop / factor)
    size = (width, rows.stop - rows.start)
    return np.asarray(small.resize(size, Image.Resampling.BICUBIC, source), np.float32)[..., None]


def working_scale(size: tuple[int, int], stroke: float) -> float:
    """How many times as large as a photo the copy is that is painted.

    Args:
        size: width and height of the photo.
        stroke: how much larger than usual strokes are; 0 paints the photo itself.
    """
    return min(1.0, WORKING / min(size)) / stroke if stroke else 1.0


def enlarged(
    painting: Pixels, copy: Pixels, photo: Pixels, progress: Callable[[float], object] | None = None
) -> Pixels:
    """The painting [H, W, 3] of a small copy of a photo in the photo's size, strip by strip.

    Args:
        painting: [h, w, 3], of the copy.
        copy: [h, w, 3].
        photo: [H, W, 3].
        progress: is told after each strip what share is done.
    """
    height, width = photo.shape[:2]
    factor = height / len(copy)
    share = min(1.0, factor - 1)  # of the steeper edges: none where nothing is enlarged
    light = copy @ LUMA
    below = Image.fromarray(light)
    slopes = [Image.fromarray(slope) for slope in slopes_of(painting, light)]
    image = Image.fromarray(painting)
    three = (image, image.filter(ImageFilter.MinFilter(3)), image.filter(ImageFilter.MaxFilter(3)))
    done = np.empty_like(photo)
    for rows in strips(photo):
        box = (0, rows.start / factor, copy.shape[1], min(rows.stop / factor, len(copy)))
        size = (width, rows.stop - rows.start)
        soft, least, most = (np.asarray(part.resize(size, Image.Resampling.BICUBIC, box), np.float32) for part in three)
        missing = photo[rows] @ LUMA - np.asarray(below.resize(size, Image.Resampling.BICUBIC, box))
        missing = np.sign(missing) * (np.abs(missing) - TEXTURE).clip(0)
        slope = np.stack([np.asarray(part.resize(size, Image.Resampling.BILINEAR, box)) for part in slopes], -1)
        room = (most - least).clip(1)
        place = ((soft + slope * missing[..., None] - least) / room).clip(0, 1)
        steep = ((place - 0.5) * GAIN + 0.5).clip(0, 1)
        place += share * (steep * steep * (3 - 2 * steep) - place)
        done[rows] = (least + room * place).round().clip(0, 255)
        if progress:
            progress(rows.stop / height)
    return done


def slopes_of(painting: Pixels, light: Array) -> list[Array]:
    """By how much each colour of a painting [h, w, 3] changes with the lightness [h, w] of its photo, around each pixel: 3 of [h, w]."""
    level = mean(light)
    spread = mean(light * light) - level * level + np.float32(NOISE)
    planes: Array = np.moveaxis(painting, -1, 0).astype(np.float32)
    return [mean(((mean(light * plane) - level * mean(plane)) / spread).astype(np.float32)) for plane in planes]


def mean(plane: Array) -> Array:
    """Of the window around each pixel of [h, w]; beyond the border the last pixels are repeated."""
    side = 2 * RADIUS + 1
    for _ in range(2):  # along the rows, then along the columns
        padded = np.pad(plane, ((RADIUS, RADIUS), (0, 0)), mode="edge")
        total: Array = np.sum([padded[at : at + len(plane)] for at in range(side)], axis=0, dtype=np.float32)
        plane = (total.T / np.float32(side)).astype(np.float32)
    return plane
