"""Pictures between files and arrays."""

import io
import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

Array = NDArray[np.float32]


class PictureError(ValueError):
    """A picture that cannot be used; the message is for the reader."""


def open_picture(path: str | Path) -> Image.Image:
    """A picture as RGB or RGBA in sRGB, turned the way it was meant to be seen.

    Raises:
        PictureError: naming the file and the reason.
    """
    try:
        with Image.open(path) as image:
            image.load()
            return to_srgb(ImageOps.exif_transpose(image))
    except FileNotFoundError:
        raise PictureError(f"{path}: no such file") from None
    except (PermissionError, IsADirectoryError) as error:
        raise PictureError(f"{path}: {str(error.strerror).lower()}") from None
    except UnidentifiedImageError:
        raise PictureError(f"{path}: not a picture that Pillow can read") from None
    except Image.DecompressionBombError as error:
        raise PictureError(f"{path}: too large ({error})") from None
    except (OSError, SyntaxError, ValueError) as error:
        raise PictureError(f"{path}: broken or cut short ({error})") from None


def to_srgb(image: Image.Image) -> Image.Image:
    """RGB, or RGBA where there is transparency; an embedded colour profile is applied."""
    profile = image.info.get("icc_profile")
    if profile and image.mode in ("RGB", "CMYK", "L"):
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            image = (
                ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
                or image
            )
        except (ImageCms.PyCMSError, OSError):
            pass  # a broken profile: the numbers as they are, which is what viewers show
    if image.mode.startswith("I;16") or image.mode == "I":
        image = Image.fromarray((np.asarray(image) / 257).round().clip(0, 255).astype(np.uint8))
    see_through = image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info
    return image.convert("RGBA" if see_through else "RGB")


def to_array(image: Image.Image) -> Array:
    """[1, 3, H, W] in [0, 1]; transparency is left out."""
    pixels = np.asarray(image.convert("RGB")).transpose(2, 0, 1)[None]
    return np.divide(pixels, 255, dtype=np.float32, order="C")


def from_array(array: Array, alpha: Image.Image | None = None) -> Image.Image:
    """The first picture of [B, 3, H, W] in [0, 1], with the transparency of another (mode L)."""
    pixels = (array[0].clip(0, 1) * 255).round().astype(np.uint8).transpose(1, 2, 0)
    image = Image.fromarray(np.ascontiguousarray(pixels))
    if alpha is not None:
        image.putalpha(alpha)
    return image


def save_picture(image: Image.Image, path: str | Path, quality: int = 95) -> None:
    """Writes beside and renames, so that a file is whole or absent. The suffix names the format, quality is a JPEG's."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
    try:
        if path.suffix.lower() in (".jpg", ".jpeg"):
            image.convert("RGB").save(beside, quality=quality, subsampling=0)
        else:
            image.save(beside)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def contact_sheet(rows: list[list[Image.Image]], cell: int, top: list[str], side: list[str]) -> Image.Image:
    """A labelled grid of pictures.

    Args:
        rows: pictures, row by row; each is fitted into a cell.
        cell: side of a cell in pixels.
        top: a label per column.
        side: a label per row, or an empty list.
    """
    from PIL import ImageDraw, ImageFont

    font = ImageFont.load_default(size=max(11, cell // 11))
    left = max([cell // 2, *(round(font.getlength(label)) + 8 for label in side)]) if side else 0
    head, gap = cell // 6, 4
    size = (left + len(top) * (cell + gap), head + len(rows) * (cell + gap))
    sheet = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(sheet)
    for x, label in enumerate(top):
        while font.getlength(label) > cell - 4:
            label = label[:-2] + "…" if len(label) > 1 else ""
        draw.text((left + x * (cell + gap) + 4, head // 4), label, "black", font)
    for y, row in enumerate(rows):
        if side:
            draw.text((4, head + y * (cell + gap) + cell // 2), side[y], "black", font)
        for x, image in enumerate(row):
            fitted = ImageOps.contain(image.convert("RGB"), (cell, cell), Image.Resampling.LANCZOS)
            at = (
                left + x * (cell + gap) + (cell - fitted.width) // 2,
                head + y * (cell + gap) + (cell - fitted.height) // 2,
            )
            sheet.paste(fitted, at)
    return sheet
