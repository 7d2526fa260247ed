"""The forms that a picture may have in Python: a file, a PIL picture, an array or a tensor; and the same form again."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from txst.images import PictureError, read_picture

Picture = Any  # a file's name, a PIL picture, an array [H, W] or [H, W, 1, 3 or 4], a tensor [1, 3 or 4, H, W]


def as_image(picture: Picture) -> Image.Image:
    """The PIL picture as it is stored, turned the way it was meant to be seen.

    Args:
        picture: numbers are uint8, or floats in [0, 1]; they are taken in 8 bits.
    """
    if isinstance(picture, (str, Path)):
        return read_picture(picture)
    if isinstance(picture, Image.Image):
        return ImageOps.exif_transpose(picture)
    return from_numbers(as_array(picture))


def as_array(picture: Picture) -> NDArray[Any]:
    """The numbers of an array or a tensor, channels last."""
    if not is_tensor(picture):
        return np.asarray(picture)
    if picture.ndim != 3:
        raise PictureError(f"a tensor {list(picture.shape)} is no picture [1, 3 or 4, H, W]")
    planes = picture.detach().cpu()
    planes = planes.float() if str(planes.dtype) == "torch.bfloat16" else planes  # numpy has no such type
    return planes.numpy().transpose(1, 2, 0)


def like(picture: Picture, image: Image.Image, painted: Image.Image) -> Picture:
    """A painted picture in the form, and with the type of numbers, that the other has; files become PIL pictures.

    Args:
        picture: in any form.
        image: what `as_image` gives of it.
        painted: RGB or RGBA.
    """
    if isinstance(picture, (str, Path, Image.Image)):
        return painted
    pixels: NDArray[Any] = np.array(painted)
    given = as_array(picture)
    if np.issubdtype(given.dtype, np.floating):
        pixels = in_floats(pixels, image, given)
    if not is_tensor(picture):
        return pixels
    import torch

    return torch.from_numpy(pixels).permute(2, 0, 1).contiguous().to(picture.device, picture.dtype)


def in_floats(pixels: NDArray[Any], image: Image.Image, given: NDArray[Any]) -> NDArray[Any]:
    """Pixels [H, W, 3 or 4] in [0, 1]; those that are as in the image are as they were given, before they were rounded."""
    floats = np.divide(pixels, 255, dtype=given.dtype)
    if image.size == (pixels.shape[1], pixels.shape[0]):
        before, exact = (numbers.reshape(*pixels.shape[:2], -1) for numbers in (np.asarray(image), given))
        np.copyto(floats, exact, where=pixels == before)
    return floats


def from_numbers(pixels: NDArray[Any]) -> Image.Image:
    """[H, W] or [H, W, 1, 3 or 4] -> a PIL picture."""
    if pixels.ndim == 3 and pixels.shape[2] == 1:
        pixels = pixels[..., 0]
    if pixels.ndim not in (2, 3) or (pixels.ndim == 3 and pixels.shape[2] not in (3, 4)) or not pixels.size:
        raise PictureError(f"an array {list(pixels.shape)} is no picture [H, W] or [H, W, 3 or 4]")
    if np.issubdtype(pixels.dtype, np.floating):
        if not (np.isfinite(pixels).all() and pixels.min() >= 0 and pixels.max() <= 1):
            raise PictureError("pixels given as floats lie between 0 and 1")
        pixels = (pixels * 255).round().astype(np.uint8)
    elif pixels.dtype != np.uint8:
        raise PictureError(f"pixels of type {pixels.dtype}: give uint8, or floats in [0, 1]")
    return Image.fromarray(np.ascontiguousarray(pixels))


def is_tensor(picture: Picture) -> bool:
    """Whether it is a torch tensor, without importing torch."""
    return type(picture).__module__.split(".")[0] == "torch"


def is_batch(pictures: Any) -> bool:
    """Whether these are several: a list, or numbers with one axis more than a picture's."""
    return isinstance(pictures, (list, tuple)) or getattr(pictures, "ndim", 0) == 4


def like_batch(pictures: Any, painted: list[Picture]) -> Any:
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
    width, height = (max(1, round(side * by)) for side in image.size)
    return image.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=3)
