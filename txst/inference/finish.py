"""What becomes of a painting after the network, whichever it was; in strips, so that memory stays small beside the picture."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from PIL import Image

from txst.images import Array

LUMA: Array = np.array([0.299, 0.587, 0.114], np.float32)  # of ITU-R BT.601, as in Pillow's "L"
ROWS = 256  # of a strip
FINE = 128  # what is smaller than the shorter side over this is detail


def finish(painting: Image.Image, photo: Image.Image, colour: float, detail: float, stroke: float = 1.0) -> Image.Image:
    """The painting with other colours, and with detail.

    Args:
        painting: RGB.
        photo: RGB of the same size.
        colour: 1 keeps the painting's colours, 0 gives it the photo's under its own lightness, after the transfer of
            luminance of Gatys et al., 2016, https://arxiv.org/abs/1606.05897.
        detail: share of the fine lightness that is the photo's, 0 to 1.
        stroke: what is fine grows with it.
    """
    if colour == 1 and detail == 0:
        return painting
    fine = max(2, round(min(photo.size) / FINE * stroke))
    soft = [picture.convert("L").reduce(fine).convert("F") for picture in (photo, painting)] if detail else []
    done = Image.new("RGB", photo.size)
    for box in strips(photo.size):
        below, above = pixels(photo.crop(box)), pixels(painting.crop(box))
        lift: Any = ((above - below) @ LUMA)[..., None]
        above = above + (1 - colour) * (below + lift - above)
        if detail:
            was, now = (enlarged(picture, box, fine)[..., None] for picture in soft)
            above = above + detail * (now - was - lift)
        done.paste(Image.fromarray(above.round().clip(0, 255).astype(np.uint8)), box[:2])
    return done


def blended(painting: Image.Image, photo: Image.Image, strength: float | Image.Image) -> Image.Image:
    """The photo where strength is 0, the painting where it is 1; a mask is of mode L and of their size."""
    if isinstance(strength, Image.Image):
        return Image.composite(painting, photo, strength)
    if strength == 1:
        return painting
    return Image.blend(photo, painting, strength)


def strips(size: tuple[int, int]) -> Iterator[tuple[int, int, int, int]]:
    """Boxes as wide as the picture, from top to bottom."""
    width, height = size
    return ((0, top, width, min(top + ROWS, height)) for top in range(0, height, ROWS))


def pixels(image: Image.Image) -> Array:
    """[H, W, 3] or [H, W], 0 to 255."""
    return np.asarray(image, np.float32)


def enlarged(small: Image.Image, box: tuple[int, int, int, int], factor: int) -> Array:
    """What lies in a box of the large picture that was shrunk by that factor, [h, w]."""
    left, top, right, bottom = box
    source = (left / factor, top / factor, right / factor, bottom / factor)
    return pixels(small.resize((right - left, bottom - top), Image.Resampling.BICUBIC, source))
