"""A photo as painting sees it: converted once, carried as an array, and given back in the form that it had."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from txst.backends.backend import Backend
from txst.files.metadata import Metadata, read_metadata
from txst.images import NO_METADATA, Array, Pixels, planes, through_profile, to_rgb
from txst.inference.forms import Numbers, Picture, as_image, as_numbers, in_eight_bits, is_file, scaled, shrunk
from txst.pictures.formats import in_memory
from txst.pictures.transparency import filled
from txst.shapes.fields import moved

LAYERS = 8  # styles whose statistics are kept with a photo


@dataclass(eq=False)
class Photo:
    """A photo, and what was worked out of it: copies of other sizes, and the features that a model sees before any style.

    These belong to this photo alone, and its pixels cannot be changed. Painted in several styles, it is encoded once:

    >>> from txst import Photo, Stylist
    >>> stylist, photo = Stylist.from_pretrained(), Photo.open("photo.jpg")
    >>> paintings = [stylist(photo, style) for style in ("claude monet", "titian")]

    Args:
        stored: [H, W, 3], in the colours of its profile.
        alpha: its transparency [H, W], where it has one.
        profile: of RGB; None is sRGB.
        form: the numbers that it came as; None for a file or a PIL picture.
        name: of its file; empty where it has none.
        metadata: what its file says beside its pixels.
    """

    stored: Pixels
    alpha: Pixels | None = None
    profile: bytes | None = None
    form: Numbers | None = None
    name: str = ""
    metadata: Metadata = NO_METADATA
    pixels: Pixels = field(init=False)  # [H, W, 3], in sRGB; hidden ones have the colours of visible ones
    copies: dict[tuple[str, int, int], "Photo"] = field(default_factory=dict, init=False, repr=False)
    # by which model, and the features that it saw
    encoded: tuple[Backend, Any] | None = field(default=None, init=False, repr=False)
    # by which model, in which style, in what strength, and its statistics: of a clip's reference they are asked for at each frame
    measured: list[tuple[Backend, Any, float, Any]] = field(default_factory=list, init=False, repr=False)

    def __post_init__(self) -> None:
        self.pixels = self.stored
        if self.profile:
            self.pixels = np.asarray(through_profile(Image.fromarray(self.stored), self.profile))
        if self.alpha is not None:
            self.pixels = filled(self.pixels, self.alpha)
        for pixels in (self.stored, self.pixels, self.alpha):
            if pixels is not None:
                pixels.setflags(write=False)

    @classmethod
    def open(cls, picture: "Picture | Photo", largest: int | None = None) -> "Photo":
        """A picture in any form; it is shrunk where its longer side is larger than `largest`.

        Raises:
            PictureError: it is no picture that can be used.
        """
        if isinstance(picture, Photo):
            return picture.shrunk(largest)
        if is_file(picture) or isinstance(picture, Image.Image):
            if not isinstance(picture, (str, os.PathLike, Image.Image)):
                picture = in_memory(picture)  # it is read twice
            photo = cls.of_image(shrunk(as_image(picture), largest))
            photo.name = picture_name(picture)
            photo.metadata = read_metadata(picture, photo.size)
            return photo
        numbers = as_numbers(picture)
        pixels = in_eight_bits(numbers)
        return cls(*split(pixels), form=Numbers.of(picture, numbers)).shrunk(largest)

    @classmethod
    def of_image(cls, image: Image.Image) -> "Photo":
        """Of a PIL picture of any mode; profiles of other modes than RGB are applied at once."""
        profile = image.info.get("icc_profile")
        own = profile if image.mode in ("RGB", "RGBA") else None
        stored, alpha = split(np.asarray(to_rgb(image, None if own else profile)))
        return cls(stored, alpha, own)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        height, width = self.pixels.shape[:2]
        return width, height

    def planes(self) -> Array:
        """[1, 3, H, W] in [0, 1], as models take it."""
        return planes(self.pixels)

    def features(self, painter: Backend) -> Any:
        """What a model makes of the photo before any style; kept for the model that asked last."""
        encoded = self.encoded
        if encoded is None or encoded[0] is not painter:
            encoded = self.encoded = (painter, painter.prepare_image(self.planes()))
        return encoded[1]

    def statistics(self, painter: Backend, style: Any, strength: float | Array = 1.0) -> Any:
        """The means and deviations that it is painted by; those of the latest styles are kept."""
        if isinstance(strength, np.ndarray):
            return painter.measure(self.planes(), style, strength)
        for known, prepared, share, statistics in self.measured:
            if known is painter and prepared is style and share == strength:
                return statistics
        statistics = painter.measure(self.planes(), style, strength)
        self.measured = [*self.measured[1 - LAYERS :], (painter, style, strength, statistics)]
        return statistics

    def shrunk(self, largest: int | None) -> "Photo":
        """The photo, its longer side no longer than that."""
        if largest is None or max(self.size) <= largest:
            return self
        key = ("shrunk", largest, largest)
        if key not in self.copies:
            copy = Photo.of_image(shrunk(self.image(self.stored), largest))
            copy.form, copy.name, copy.metadata = self.form, self.name, self.metadata.of_size(copy.size)
            self.copies[key] = copy
        return self.copies[key]

    def scaled(self, by: float) -> "Photo":
        """Its colours alone, in sRGB, in a size that is so many times as large."""
        width, height = (max(1, round(side * by)) for side in self.size)
        if (width, height) == self.size:
            return self
        key = ("scaled", width, height)
        if key not in self.copies:
            self.copies[key] = Photo(np.asarray(scaled(Image.fromarray(self.pixels), by)))
        return self.copies[key]

    def warped(self, flow: Array) -> "Photo":
        """The photo moved by a flow [h, w, 2], with its transparency; see `txst.shapes.fields`."""
        colours = self.stored if self.alpha is None else filled(self.stored, self.alpha)
        alpha = None if self.alpha is None else moved(self.alpha, flow)
        form = self.form and self.form.through(lambda plane: moved(plane, flow))
        return Photo(moved(colours, flow), alpha, self.profile, form, self.name, self.metadata)

    def in_own_colours(self, painting: Pixels) -> Pixels:
        """A painting [H, W, 3] of the photo, from sRGB to the photo's profile."""
        if not self.profile:
            return painting
        return np.asarray(through_profile(Image.fromarray(painting), self.profile, back=True))

    def image(self, painting: Pixels) -> Image.Image:
        """A painting [H, W, 3], in the photo's colours, as a PIL picture with its transparency and profile."""
        image = Image.fromarray(self.with_alpha(painting))
        image.info = {"icc_profile": self.profile} if self.profile else {}
        return image

    def in_form(self, painting: Pixels) -> Any:
        """The same in the form, and with the type of numbers, that the photo came in; files become PIL pictures."""
        if self.form is None:
            return self.image(painting)
        return self.form.like(self.with_alpha(painting), self.with_alpha(self.stored))

    def with_alpha(self, pixels: Pixels) -> Pixels:
        """[H, W, 3], or [H, W, 4] of a photo with transparency."""
        return pixels if self.alpha is None else np.dstack([pixels, self.alpha])


def picture_name(picture: Picture) -> str:
    """The name of a picture's file, without its folder; empty where it has none."""
    if isinstance(picture, (str, os.PathLike)):
        return Path(picture).name
    name = getattr(picture, "filename", "") or getattr(picture, "name", "")  # of a PIL picture, of an open file
    return Path(name).name if isinstance(name, str) else ""


def split(pixels: Pixels) -> tuple[Pixels, Pixels | None]:
    """Colours [H, W, 3], and the transparency [H, W] of a fourth channel."""
    if pixels.shape[2] == 3:
        return pixels, None
    return np.ascontiguousarray(pixels[..., :3]), pixels[..., 3]


def resized(pixels: Pixels, size: tuple[int, int], resample: Image.Resampling = Image.Resampling.BICUBIC) -> Pixels:
    """[h, w] or [h, w, 3] in another width and height."""
    if (pixels.shape[1], pixels.shape[0]) == size:
        return pixels
    return np.asarray(Image.fromarray(pixels).resize(size, resample))
