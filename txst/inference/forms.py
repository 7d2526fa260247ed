"""The forms that a picture may have in Python: a file, a PIL picture, an array or a tensor; and the same form again."""

import os
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias, TypeGuard, Union

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from txst.images import PictureError, Pixels, name_of, notices, read_picture, to_srgb
from txst.pictures.formats import File
from txst.pictures.limits import PictureWarning
from txst.pictures.transparency import has_transparency, mask_of
from txst.pictures.upright import upright

if TYPE_CHECKING:  # what paints with graphs needs no torch
    from torch import Tensor

# a file by its name, its bytes or opened; a PIL picture, an array [H, W] or [H, W, 1, 3 or 4], a tensor [H, W] or [1, 3 or 4, H, W]
Picture: TypeAlias = Union[File, Image.Image, NDArray[Any], "Tensor"]
RESIZED = ("RGB", "RGBA", "L", "LA", "CMYK", "YCbCr", "LAB")  # modes in which Pillow can mix neighbouring pixels


def is_file(picture: Any) -> "TypeGuard[File]":
    """Whether it is a file: its name, its bytes, or an open one."""
    return isinstance(picture, (str, os.PathLike, bytes, bytearray)) or hasattr(picture, "read")


def as_image(picture: Picture) -> Image.Image:
    """The PIL picture as it is stored, turned the way it was meant to be seen; what of a file is not used is warned of.

    Args:
        picture: numbers are uint8, or floats in [0, 1]; they are taken in 8 bits.
    """
    if is_file(picture):
        image = read_picture(picture)
        for notice in notices(image):
            warnings.warn(f"{name_of(picture)}: {notice}", PictureWarning, stacklevel=2)
        return image
    if isinstance(picture, Image.Image):
        return upright(picture)
    return Image.fromarray(in_eight_bits(as_numbers(picture)))


def as_grey(mask: Picture) -> Image.Image:
    """What a mask means, in grey: 255 where it is white; see `transparency.mask_of`. Numbers of any type may be one."""
    if is_file(mask) or isinstance(mask, Image.Image):
        return mask_of(to_srgb(as_image(mask)))
    numbers = as_numbers(mask)
    numbers = numbers[0] if numbers.ndim == 4 and len(numbers) == 1 else numbers
    if numbers.dtype == bool or (np.issubdtype(numbers.dtype, np.integer) and numbers.dtype != np.uint8):
        if numbers.size and not 0 <= numbers.min() <= numbers.max() <= 255:
            raise PictureError(
                f"the numbers of a mask lie between {numbers.min()} and {numbers.max()}: give bool, 0 and 1, 0 to 255, or floats in [0, 1]"
            )
        numbers = numbers.astype(np.uint8)
    return mask_of(Image.fromarray(in_eight_bits(numbers)))


def as_numbers(picture: Any) -> NDArray[Any]:
    """The numbers of an array or a tensor, channels last."""
    if not is_tensor(picture):
        if not hasattr(picture, "__array__"):
            raise PictureError(
                f"a picture is a file, its bytes, a PIL picture, an array or a tensor, and no {kind_of(picture)}"
            )
        return np.asarray(picture)
    single = picture[0] if picture.ndim == 4 and len(picture) == 1 else picture
    if single.ndim not in (2, 3) or (single.ndim == 3 and len(single) not in (1, 3, 4)):
        raise PictureError(f"a tensor {list(picture.shape)} is no picture [H, W] or [1, 3 or 4, H, W]")
    planes = single.detach().cpu()
    planes = planes.float() if str(planes.dtype) == "torch.bfloat16" else planes  # numpy has no such type
    numbers: NDArray[Any] = planes.numpy()
    return numbers if numbers.ndim == 2 else numbers.transpose(1, 2, 0)


def kind_of(thing: Any) -> str:
    """What somebody gave, in Python's word."""
    return "None" if thing is None else type(thing).__name__


def in_eight_bits(numbers: NDArray[Any]) -> Pixels:
    """[H, W] or [H, W, 1, 3 or 4] -> [H, W, 3 or 4], a copy."""
    shape = numbers.shape
    if numbers.ndim not in (2, 3) or (numbers.ndim == 3 and shape[2] not in (1, 3, 4)) or not numbers.size:
        last = numbers.ndim == 3 and shape[0] in (1, 3, 4)
        hint = ": an array's channels come last, array.transpose(1, 2, 0)" if last and numbers.size else ""
        raise PictureError(f"an array {list(shape)} is no picture [H, W] or [H, W, 1, 3 or 4]{hint}")
    if np.issubdtype(numbers.dtype, np.floating):
        if not (np.isfinite(numbers).all() and numbers.min() >= 0 and numbers.max() <= 1):
            raise PictureError("pixels given as floats lie between 0 and 1: divide those of 0 to 255 by 255")
        numbers = (numbers * 255).round().astype(np.uint8)
    elif numbers.dtype != np.uint8:
        raise PictureError(f"pixels of type {numbers.dtype}: give uint8, or floats in [0, 1]")
    pixels = numbers.reshape(*shape[:2], -1)
    return np.array(np.broadcast_to(pixels, (*shape[:2], max(3, pixels.shape[2]))), order="C")


@dataclass(frozen=True)
class Numbers:
    """What kind of numbers a picture came as, so that its painting can be the same.

    Args:
        floats: those that came, channels last; None where they were uint8.
        device: of a tensor; None of an array.
        dtype: of a tensor.
    """

    floats: NDArray[Any] | None
    device: Any = None
    dtype: Any = None

    @classmethod
    def of(cls, picture: Picture, numbers: NDArray[Any]) -> "Numbers":
        floats = numbers.copy() if np.issubdtype(numbers.dtype, np.floating) else None
        return cls(floats, picture.device, picture.dtype) if is_tensor(picture) else cls(floats)

    def through(self, change: Callable[[NDArray[np.float32]], NDArray[np.float32]]) -> "Numbers":
        """The same of a picture of which each plane [H, W] was changed."""
        if self.floats is None:
            return self
        planes = np.moveaxis(self.floats.reshape(*self.floats.shape[:2], -1), -1, 0)
        changed = np.stack([change(plane.astype(np.float32)).clip(0, 1) for plane in planes], -1)
        return replace(self, floats=changed.astype(self.floats.dtype))

    def like(self, painted: Pixels, before: Pixels) -> Any:
        """A painted picture [H, W, 3 or 4] as such numbers; floats that are as they were before are those that came."""
        if self.floats is None:
            numbers: NDArray[Any] = painted.copy()
        else:
            numbers = np.divide(painted, 255, dtype=self.floats.dtype)
            if self.floats.shape[:2] == painted.shape[:2]:
                exact = self.floats.reshape(*painted.shape[:2], -1)
                np.copyto(numbers, exact, where=painted == before)
        if self.device is None:
            return numbers
        import torch

        return torch.from_numpy(numbers).permute(2, 0, 1).contiguous().to(self.device, self.dtype)


def is_tensor(picture: Any) -> "TypeGuard[Tensor]":
    """Whether it is a torch tensor, without importing torch."""
    return type(picture).__module__.split(".")[0] == "torch"


def is_batch(pictures: Any) -> bool:
    """Whether these are several: a list, or numbers with one axis more than a picture's."""
    return isinstance(pictures, (list, tuple)) or getattr(pictures, "ndim", 0) == 4


def like_batch(pictures: Any, painted: list[Any]) -> Any:
    """Painted pictures as a batch again, which may be empty."""
    if isinstance(pictures, (list, tuple)):
        return painted
    if not painted:
        return pictures
    if not is_tensor(pictures):
        return np.stack(painted)
    import torch

    return torch.stack(painted)


def visible(image: Image.Image, least: int) -> Image.Image:
    """The part of a picture within its transparent margins, where that has so many pixels a side at least."""
    if not has_transparency(image):
        return image
    shown = to_srgb(image)
    shown.info.pop("icc_profile", None)  # it has been applied
    left, top, right, bottom = shown.getchannel("A").getbbox() or (0, 0, *shown.size)
    return shown if min(right - left, bottom - top) < least else shown.crop((left, top, right, bottom))


def shrunk(image: Image.Image, largest: int | None) -> Image.Image:
    """The picture, its longer side no longer than that."""
    return image if largest is None or max(image.size) <= largest else scaled(image, largest / max(image.size))


def scaled(image: Image.Image, by: float) -> Image.Image:
    """A copy whose sides are so many times as long, and a pixel at least."""
    if image.mode not in RESIZED or (has_transparency(image) and image.mode not in ("RGBA", "LA")):
        image = to_srgb(image)
        image.info.pop("icc_profile", None)  # it has been applied
    width, height = (max(1, round(side * by)) for side in image.size)
    return image.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=3)
