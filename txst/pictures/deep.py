"""Colours in 16 bits, of which Pillow keeps the upper 8: read whole where these hold too little."""

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
from PIL import Image

from txst.pictures.levels import Levels, in_eight_bits, said, scaled, white_of

SWAP = {"B": "L", "L": "B", "N": "B" if sys.byteorder == "little" else "L"}  # the order of two bytes, and the other one
GREY = "LA;16B"  # of a PNG; Pillow knows no other order of it
DEEP = (GREY, *(f"{mode};16{order}" for mode in ("RGB", "RGBA") for order in SWAP))
SHALLOW = 64  # of the upper 8 bits: all below it have 14 bits at most


def decoded(image: Image.Image, again: Callable[[], Image.Image]) -> Image.Image:
    """A picture that was opened, in 8 bits a channel.

    Where the upper 8 bits of its colours hold next to nothing, as of 12 bits in 16, or where one colour of 16 bits stands for what is
    transparent, it is decoded once more for the lower ones.

    Args:
        image: as `open_picture_file` gives it.
        again: opens it once more.
    """
    stored = raw_mode(image) if image.format in ("PNG", "TIFF") else ""
    image.load()
    if stored not in DEEP:
        return in_eight_bits(image)
    hidden = image.info.get("transparency")
    upper = np.asarray(image)
    count = 1 if stored == GREY else 3
    if upper[..., :count].max(initial=0) >= SHALLOW and not isinstance(hidden, tuple):
        return image
    colours = upper[..., :count].astype(np.uint16) << 8 | lower_bits(again, stored)[..., :count]
    white = white_of(colours)
    done = Image.fromarray(scaled(colours, white).squeeze(2) if count == 1 else scaled(colours, white))
    if isinstance(hidden, tuple):
        done.putalpha(Image.fromarray(np.where((colours == hidden).all(-1), 0, 255).astype(np.uint8)))
    elif upper.shape[2] > count:
        done.putalpha(Image.fromarray(upper[..., count]))
    info: dict[Any, Any] = {key: value for key, value in image.info.items() if key != "transparency"}
    done.info = info | said(colours, white)
    return done


def lower_bits(again: Callable[[], Image.Image], stored: str) -> Levels:
    """The lower 8 bits of the channels: the same decoder, told that two bytes lie the other way round; grey as four single bytes."""
    with again() as other:
        mode = "RGBA" if stored == GREY else stored[:-1] + SWAP[stored[-1]]
        if stored == GREY:
            other._mode = "RGBA"
        other.tile = [(*tile[:3], with_raw_mode(tile[3], mode)) for tile in other.tile]  # type: ignore[attr-defined]
        other.info.pop("transparency", None)
        return np.asarray(other)[..., 1:2] if stored == GREY else np.asarray(other)


def raw_mode(image: Image.Image) -> str:
    """How the pixels lie in the file, in Pillow's word."""
    tiles = getattr(image, "tile", [])
    args = tiles[0][3] if tiles else ""
    return str(args if isinstance(args, str) else args[0] if args else "")


def with_raw_mode(args: Any, mode: str) -> Any:
    return mode if isinstance(args, str) else (mode, *args[1:])
