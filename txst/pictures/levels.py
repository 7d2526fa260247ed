"""All numbers that pixels may have, brought to 8 bits: 10 to 16 bits, 32 bits and floating point, by the range that they really have."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from txst.pictures.tiff import PHOTOMETRIC

BITS = (1, 255, 1023, 4095, 16383, 65535)  # what white is in so many bits; 1 of a mask
BRIGHT = (
    16.0  # floats up to this are light, whose white is their largest; beyond they are levels of some number of bits
)
OUTLIERS = 1000  # one in so many floats, and one at least, does not set the range
BITS_PER_SAMPLE, SAMPLE_FORMAT, UNSIGNED, WHITE_IS_ZERO = 258, 339, 1, 0
ROWS = 256  # at once
Levels = NDArray[Any]


def in_eight_bits(image: Image.Image) -> Image.Image:
    """The picture with 8 bits a channel, and its transparency; `info["range"]` says what was guessed of its range.

    Args:
        image: of any mode; what it is stored as in a PNG or TIFF is asked for where it is still known.
    """
    if not (image.mode.startswith("I") or image.mode == "F"):
        return image
    tags = getattr(image, "tag_v2", {})
    levels: Levels = np.asarray(image)
    if image.mode == "I" and tags and tags.get(SAMPLE_FORMAT, (UNSIGNED,))[0] == UNSIGNED:
        levels = levels.view(np.uint32)
    white = declared_white(image, tags) or white_of(levels)
    grey = Image.fromarray(scaled(levels, white, tags.get(PHOTOMETRIC) == WHITE_IS_ZERO))
    info: dict[Any, Any] = {key: value for key, value in image.info.items() if key != "transparency"}
    if (hidden := image.info.get("transparency")) is not None:
        grey.putalpha(Image.fromarray(np.where(levels == hidden, 0, 255).astype(np.uint8)))
    grey.info = info | said(levels, white)
    return grey


def declared_white(image: Image.Image, tags: Any) -> float:
    """What white is where the format itself says so; 0 where it does not."""
    bits = tags.get(BITS_PER_SAMPLE, (0,))[0]
    if bits in (10, 12, 14):
        return 2**bits - 1
    return 65535 if image.format in ("PPM", "JPEG2000") and image.mode.startswith("I") else 0


def white_of(levels: Levels) -> float:
    """What white is among numbers of which nothing else is known.

    Whole numbers are levels of 8, 10, 12, 14 or 16 bits, the fewest that hold them all; so what a camera or a scanner stored in 12
    of 16 bits is no night. Those of 16 bits that were made of 8 stay as they are. Of floats 1 is white, or 255 and so on; of light
    that goes beyond 1, its brightest.
    """
    floats = np.issubdtype(levels.dtype, np.floating)
    top = brightest(levels) if floats else float(levels.max(initial=0))
    if floats and 1 < top <= BRIGHT:
        return top
    if not floats and all(not (rows % 257).any() for rows in strips(levels)):
        return 65535
    return next((white for white in BITS if top <= white), top)


def brightest(levels: Levels) -> float:
    """The largest number, but for the outliers and what is no number."""
    finite = levels[np.isfinite(levels)]
    if not finite.size:
        return 0
    outliers = min(finite.size - 1, max(1, finite.size // OUTLIERS))
    return float(np.partition(finite, -1 - outliers)[-1 - outliers])


def scaled(levels: Levels, white: float, inverted: bool = False) -> NDArray[np.uint8]:
    """Numbers [...] -> 0 to 255, which is their white; what is no number is black."""
    done = np.empty(levels.shape, np.uint8)
    for rows, into in zip(strips(levels), strips(done), strict=True):
        share = np.nan_to_num(rows.astype(np.float64) / white, posinf=1, neginf=0).clip(0, 1)
        into[...] = ((1 - share if inverted else share) * 255).round()
    return done


def said(levels: Levels, white: float) -> dict[str, str]:
    """A line where the range was guessed, as entry of `info`."""
    if np.issubdtype(levels.dtype, np.floating) or white == 65535:
        return {}
    return {"range": f"its levels end at {levels.max()}: {white:g} is taken for white"}


def strips(levels: Levels) -> Iterator[Levels]:
    return (levels[top : top + ROWS] for top in range(0, len(levels), ROWS))
