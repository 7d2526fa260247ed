"""The forms that a picture may have in Python: a file, a PIL picture, an array or a tensor; and the same form again."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from txst.images import PictureError, read_picture

Picture = (
    Any  # a file's name, a PIL picture, an array [H, W] or [H, W, 1, 3 or 4], a tensor [1, 3 or 4, H, W]
)


def as_image(picture: Picture) -> Image.Image:
    """The PIL picture as it is stored, turned the way it was meant to be seen.

    Args:
        picture: numbers are uint8, or floats in [0, 1]; they are taken in 8 bits.
    """
    if isinstance(picture, (str, Path)):
        return read_picture(picture)
    if isinstance(picture, Image.Image):
        return ImageOps.exif_transpose(picture)
    if is_tensor(picture):
        planes = picture.detach().cpu().numpy()
        if planes.ndim != 3:
            raise PictureError(f"a tensor {list(planes.shape)} is no picture [1, 3 or 4, H, W]")
        picture = planes.transpose(1, 2, 0)
    return from_numbers(np.asarray(picture))


def like(picture: Picture, painted: Image.Image) -> Picture:
    """A painted picture in the form, and with the type of numbers, that the other has; files become PIL pictures."""
    if isinstance(picture, (str, Path, Image.Image)):
        return painted
    pixels: NDArray[Any] = np.array(painted)
    if is_tensor(picture):
        import torch

        tensor = torch.from_numpy(pixels).permute(2, 0, 1).contiguous().to(picture.device)
        return (tensor / 255).to(picture.dtype) if picture.is_floating_point() else tensor
    return pixels if picture.dtype == np.uint8 else (pixels / 255).astype(picture.dtype)


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


def like_batch(pictures: Picture, painted: list[Picture]) -> Picture:
    """Painted tensors as a batch again, which may be empty."""
    import torch

    return torch.stack(painted) if painted else pictures


def shrunk(image: Image.Image, largest: int | None) -> Image.Image:
    """The picture, its longer side no longer than that."""
    if largest is None or max(image.size) <= largest:
        return image
    if largest < 1:
        raise PictureError(f"a picture cannot be shrunk to {largest} pixels")
    width, height = (max(1, round(side * largest / max(image.size))) for side in image.size)
    return image.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=3)
