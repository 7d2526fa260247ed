"""Masks of clips: a picture that stands still, or a clip of its own that runs beside."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

from PIL import Image

from txst.images import Pixels
from txst.inference.composing import as_mask, fitted_mask
from txst.inference.forms import Picture, as_grey
from txst.pictures.movies import is_animated, is_movie
from txst.video.animations import Animation
from txst.video.movies import Frame, Movie

Mask = Callable[[Fraction], Pixels]  # seconds -> [H, W]


def open_clip(path: Path, max_side: int | None = None) -> Movie | Animation:
    """A clip that can be read in passes."""
    return Animation.open(path, max_side) if is_animated(path) else Movie.open(path, max_side)


def is_clip(path: Path) -> bool:
    return is_movie(path) or is_animated(path)


def mask_over_time(given: Picture, size: tuple[int, int], soft: bool = False) -> Mask:
    """A mask at each time; a clip's last frame stays.

    Args:
        given: white is 255.
        size: width and height of the frames.
        soft: whether borders are softened.
    """
    if isinstance(given, Path) and is_clip(given):
        return MovingMask(given, size, soft)
    still = as_mask(given, size, soft)
    return lambda time: still


class MovingMask:
    """A mask that is a clip; times are asked for in their order."""

    def __init__(self, path: Path, size: tuple[int, int], soft: bool) -> None:
        self.frames = open_clip(path).frames()
        self.size, self.soft = size, soft
        self.mask = self.fitted(next(self.frames))
        self.next = next(self.frames, None)

    def __call__(self, time: Fraction) -> Pixels:
        """[H, W] at a time."""
        latest = None
        while self.next is not None and self.next.time <= time:
            latest, self.next = self.next, next(self.frames, None)
        if latest is not None:
            self.mask = self.fitted(latest)
        return self.mask

    def fitted(self, frame: Frame) -> Pixels:
        return fitted_mask(as_grey(Image.fromarray(frame.pixels)), self.size, self.soft)
