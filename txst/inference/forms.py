"""The forms that a picture may have in Python: a file, a PIL picture, an array or a tensor; and the same form again."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, TypeGuard, Union

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from txst.images import PictureError, Pixels, read_picture, to_srgb

if TYPE_CHECKING:  # what paints with graphs needs no torch
    from torch import Tensor

# a file's name, a PIL picture, an array [H, W] or [H, W, 1, 3 or 4], a tensor [1, 3 or 4, H, W]
Picture: TypeAlias = Union[str, Path, Image.Image, NDArray[Any], "Tensor"]
RESIZED = ("RGB", "RGBA", "L", "LA", "CMYK", "YCbCr", "LAB")  # modes in which Pillow can mix neighbouring pixels


def as_image(picture: Picture) -> Image.Image:
    """The PIL picture as it is stored, turned the way it was meant to be seen.

    Args:
        picture: numbers are uint8, or floats in [0, 1]; they are taken in 8 bits.
    """
    if isinstance(picture, (str, Path)):
        return read_picture(picture)
    if isinstance(picture, Image.Image):
        return ImageOps.exif_transpose(picture)
    return Image.fromarray(in_eight_bits(as_numbers(picture)))


def as_numbers(picture: Picture) -> NDArray[Any]:
    """The numbers of an array or a tensor, channels last."""
    if not is_tensor(picture):
        return np.asarray(picture)
    if picture.ndim != 3:
        raise PictureError(f"a tensor {list(picture.shape)} is no picture [1, 3 or 4, H, W]")
    planes = picture.detach().cpu()
    planes = planes.float() if str(planes.dtype) == "torch.bfloat16" else planes  # numpy has no such type
    return planes.numpy().transpose(1, 2, 0)


def in_eight_bits(numbers: NDArray[Any]) -> Pixels:
    """[H, W] or [H, W, 1, 3 or 4] -> [H, W, 3 or 4], a copy."""
    shape = numbers.shape
    if numbers.ndim not in (2, 3) or (numbers.ndim == 3 and shape[2] not in (1, 3, 4)) or not numbers.size:
        raise PictureError(f"an array {list(shape)} is no picture [H, W] or [H, W, 3 or 4]")
    if np.issubdtype(numbers.dtype, np.floating):
        if not (np.isfinite(numbers).all() and numbers.min() >= 0 and numbers.max() <= 1):
            raise PictureError("pixels given as floats lie between 0 and 1")
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


def shrunk(image: Image.Image, largest: int | None) -> Image.Image:
    """The picture, its longer side no longer than that."""
    if largest is None or max(image.size) <= largest:
        return image
    if largest < 1:
        raise PictureError(f"a picture cannot be shrunk to {largest} pixels")
    return scaled(image, largest / max(image.size))


def scaled(image: Image.Image, by: float) -> Image.Image:
    """A copy whose sides are so many times as long, and a pixel at least."""
    if image.mode not in RESIZED:
        image = to_srgb(image)
        image.info.pop("icc_profile", None)  # it has been applied
    width, height = (max(1, round(side * by)) for side in image.size)
    return image.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=3)
