"""Reads animated GIF, WebP and PNG by Pillow."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import ClassVar

import numpy as np
from PIL import Image

from txst.images import PictureError, Pixels, to_srgb
from txst.inference.forms import shrunk
from txst.pictures.formats import open_picture_file
from txst.pictures.transparency import has_transparency
from txst.video.movies import Frame, Look

PLAIN = Look()
USUAL = 100  # milliseconds, of a frame that says 0, as browsers show it


@dataclass(frozen=True)
class Animation:
    """An animated picture; see `Movie`. Its frames are sRGB, and have transparency if any has."""

    path: Path
    size: tuple[int, int]
    count: int
    length: float
    plays: int = 0  # 0: for ever
    transparent: bool = False
    max_side: int | None = None
    sounds = 0
    tags: ClassVar[Mapping[str, str]] = {}
    look: Look = PLAIN
    tick: Fraction = Fraction(1, 1000)
    lost: tuple[str, ...] = ()

    @classmethod
    def open(cls, path: Path, max_side: int | None = None) -> "Animation":
        """Looks at the first frame.

        Raises:
            PictureError: it cannot be read, and why.
        """
        with open_picture_file(path) as image:
            size, form, plays = shrunk(image, max_side).size, image.format, image.info.get("loop")
            clear = has_transparency(image)
        if form == "GIF":  # it counts repetitions, and says nothing if there are none
            plays = 1 if plays is None else plays and plays + 1
        durations = [duration for _, duration in shown(path)]
        length = float(sum(durations))
        return cls(path, size, len(durations), length, plays or 0, clear, max_side)

    @property
    def rate(self) -> Fraction:
        """Frames a second, about."""
        return Fraction(self.count / max(self.length, 0.001)).limit_denominator(1000)

    def frames(self, start: Fraction = Fraction(0)) -> Iterator[Frame]:
        """The frames whose time is `start` or later."""
        time = Fraction(0)
        for image, duration in shown(self.path):
            if time >= start:
                yield Frame(self.pixels(image), time, duration)
            time += duration

    def pixels(self, image: Image.Image) -> Pixels:
        """[H, W, 3 or 4] of the frame at which the picture stands."""
        return np.asarray(shrunk(to_srgb(image.copy()), self.max_side))


def shown(path: Path) -> Iterator[tuple[Image.Image, Fraction]]:
    """A picture that stands at one frame after another, with the seconds for which each is shown."""
    with open_picture_file(path) as image:
        for number in range(getattr(image, "n_frames", 1)):
            try:
                image.seek(number)
                image.load()
            except Exception as error:  # over a damaged file a decoder may stumble in any way
                raise PictureError(f"{path}: frame {number + 1} is broken or cut short ({error})") from None
            yield image, Fraction(round(float(image.info.get("duration") or USUAL)) or USUAL, 1000)
