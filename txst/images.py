"""Pictures between files and arrays."""

import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from txst.files.encode import encode, write_whole
from txst.files.metadata import Metadata

Array = NDArray[np.float32]
Pixels = NDArray[np.uint8]  # [H, W, 3] RGB, [H, W, 4] with transparency, or a mask [H, W]
NO_METADATA = Metadata()
LONGEST_SIDE = {".jpg": 65_535, ".jpeg": 65_535, ".webp": 16_383}  # pixels that the format can count
LARGEST_PROFILE = 1_000_000  # bytes; a PNG with a larger one cannot be opened by Pillow again


class PictureError(ValueError):
    """A picture that cannot be used; the message is for the reader."""


def open_picture(path: str | Path) -> Image.Image:
    """A picture as RGB or RGBA in sRGB, turned the way it was meant to be seen.

    Raises:
        PictureError: naming the file and the reason.
    """
    return to_srgb(read_picture(path))


def read_picture(path: str | Path) -> Image.Image:
    """A picture as it is stored, and turned; of an animation the first frame, with their number as `info["frames"]`.

    Raises:
        PictureError: naming the file and the reason.
    """
    try:
        if Path(path).exists() and not Path(path).is_file():
            what = "a directory" if Path(path).is_dir() else "no file"  # a pipe would be waited for
            raise PictureError(f"{path}: is {what}")
        with Image.open(path) as image:
            check_size(image)
            image.load()
            turned = ImageOps.exif_transpose(image)
            if image.format != "MPO":  # whose further frames are smaller copies and maps of depth
                turned.info["frames"] = getattr(image, "n_frames", 1)
            to_srgb(turned.resize((1, 1), Image.Resampling.NEAREST))  # whether its mode and numbers can be used
            return turned
    except PictureError as error:
        raise PictureError(str(error) if str(error).startswith(str(path)) else f"{path}: {error}") from None
    except FileNotFoundError:
        raise PictureError(f"{path}: no such file") from None
    except PermissionError as error:
        raise PictureError(f"{path}: {str(error.strerror).lower()}") from None
    except UnidentifiedImageError:
        raise PictureError(f"{path}: not a picture that Pillow can read") from None
    except Image.DecompressionBombError:
        raise PictureError(f"{path}: {too_large()}") from None
    except MemoryError:
        raise
    except Exception as error:  # over a damaged file a decoder may stumble in any way
        raise PictureError(f"{path}: broken or cut short ({error})") from None


def check_size(image: Image.Image) -> None:
    """Refuses a picture beyond Pillow's limit before it is decoded; Pillow itself only warns, up to twice that."""
    width, height = image.size
    if Image.MAX_IMAGE_PIXELS and width * height > Image.MAX_IMAGE_PIXELS:
        raise PictureError(too_large())
    if not width or not height:
        raise PictureError("empty: it has no pixels")


def too_large() -> str:
    return f"too large: pictures of {Image.MAX_IMAGE_PIXELS} pixels at most are read (--max-pixels)"


def to_srgb(image: Image.Image) -> Image.Image:
    """RGB, or RGBA where there is transparency; an embedded colour profile is applied."""
    return to_rgb(image, image.info.get("icc_profile"))


def to_rgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """RGB, or RGBA where there is transparency; in sRGB where the profile is the picture's own, and as it was where it is None."""
    image = in_eight_bits(image)
    see_through = image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info
    alpha = image.convert("RGBA").getchannel("A") if see_through else None
    if image.mode not in ("RGB", "CMYK", "L", "LAB"):
        image = image.convert("L" if image.mode in ("LA", "La") else "RGB")
    if image.mode == "LAB" or profile:
        image = through_profile(image, profile)
    if image.mode != "RGB":
        image = image.convert("RGB")
    if alpha:
        image.putalpha(alpha)
    return image


def in_eight_bits(image: Image.Image) -> Image.Image:
    """The same; 16 bits a pixel and floating point numbers, 0 to 1 or 0 to 255, become 8 bits."""
    if image.mode.startswith("I"):
        return Image.fromarray((np.asarray(image) / 257).round().clip(0, 255).astype(np.uint8))
    if image.mode == "F":
        values = np.nan_to_num(np.asarray(image))
        scale = 255 if values.max(initial=0) <= 1 else 1
        return Image.fromarray((values * scale).round().clip(0, 255).astype(np.uint8))
    return image


def through_profile(image: Image.Image, profile: bytes | None, back: bool = False) -> Image.Image:
    """From a colour profile to sRGB, or back; a broken profile leaves the numbers as they are, which is what viewers show."""
    try:
        srgb = ImageCms.createProfile("sRGB")
        own = ImageCms.ImageCmsProfile(io.BytesIO(profile)) if profile else ImageCms.createProfile("LAB")
        source, target = (srgb, own) if back else (own, srgb)
        return ImageCms.profileToProfile(image, source, target, outputMode="RGB") or image
    except (ImageCms.PyCMSError, OSError):
        return image


def to_array(image: Image.Image) -> Array:
    """[1, 3, H, W] in [0, 1]; transparency is left out."""
    return planes(np.asarray(image.convert("RGB")))


def from_array(array: Array) -> Image.Image:
    """The first picture of [B, 3, H, W] in [0, 1]."""
    return Image.fromarray(from_planes(array))


def planes(pixels: Pixels) -> Array:
    """[H, W, 3] -> [1, 3, H, W] in [0, 1]."""
    return np.divide(pixels.transpose(2, 0, 1)[None], 255, dtype=np.float32, order="C")


def from_planes(array: Array) -> Pixels:
    """The first of [B, 3, H, W] in [0, 1] -> [H, W, 3]."""
    return np.ascontiguousarray((array[0].clip(0, 1) * 255).round().astype(np.uint8).transpose(1, 2, 0))


def save_picture(
    image: Image.Image, path: str | Path, quality: int = 95, note: str = "", metadata: Metadata = NO_METADATA
) -> None:
    """Writes a picture with its colour profile, so that the file is whole or absent.

    Args:
        image: what Pillow can write in that format; transparency is laid on white in a JPEG.
        path: its suffix names the format.
        quality: of a JPEG or WebP.
        note: what made it; see `txst.files.encode`, as for metadata.
        metadata: that the file shall have.
    """
    path = Path(path)
    write_whole(path, as_file(image, path, quality, note, metadata))


def as_file(image: Image.Image, path: Path, quality: int, note: str, metadata: Metadata) -> bytes:
    """The bytes of that file.

    Raises:
        PictureError: the format has no pictures of this size.
    """
    most = LONGEST_SIDE.get(path.suffix.lower())
    if most and max(image.size) > most:
        raise PictureError(
            f"{path}: a side of {max(image.size)} pixels, and a {path.suffix} has {most} at most: name a .png file (-o)"
        )
    if len(image.info.get("icc_profile") or b"") > LARGEST_PROFILE:
        image = to_srgb(image)
        image.info.pop("icc_profile", None)
    return encode(image, path.suffix, quality, note, metadata)


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
