"""What becomes of a painting after the network, whichever it was; in strips, so that memory stays small beside the picture."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from PIL import Image

from txst.images import Array, Pixels

LUMA: Array = np.array([0.299, 0.587, 0.114], np.float32)  # of ITU-R BT.601, as in Pillow's "L"
ROWS = 256  # of a strip
FINE = 128  # what is smaller than the shorter side over this is detail


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
            was, now = (enlarged(picture, rows, photo.shape[1], fine) for picture in soft)
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


def enlarged(small: Image.Image, rows: slice, width: int, factor: int) -> Array:
    """Rows of the large picture that was shrunk by that factor, [h, W, 1]."""
    source = (0, rows.start / factor, width / factor, rows.stop / factor)
    size = (width, rows.stop - rows.start)
    return np.asarray(small.resize(size, Image.Resampling.BICUBIC, source), np.float32)[..., None]
