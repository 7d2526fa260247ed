"""Pictures between files and arrays."""

import io
import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageOps

from txst.files.encode import encode, write_whole
from txst.files.metadata import Metadata
from txst.pictures.deep import decoded
from txst.pictures.formats import File, open_picture_file
from txst.pictures.levels import in_eight_bits
from txst.pictures.limits import PictureError as PictureError
from txst.pictures.limits import too_large
from txst.pictures.transparency import has_transparency, on_white
from txst.pictures.upright import upright

Array = NDArray[np.float32]
Pixels = NDArray[np.uint8]  # [H, W, 3] RGB, [H, W, 4] with transparency, or a mask [H, W]
NO_METADATA = Metadata()
LONGEST_SIDE = {".jpg": 65_535, ".jpeg": 65_535, ".webp": 16_383}  # pixels that the format can count
LARGEST_PROFILE = 1_000_000  # bytes; a PNG with a larger one cannot be opened by Pillow again


def open_picture(file: File) -> Image.Image:
    """A picture as RGB or RGBA in sRGB, turned the way it was meant to be seen.

    Args:
        file: its path, its bytes, or an open file.

    Raises:
        PictureError: naming the file and the reason.
    """
    return to_srgb(read_picture(file))


def read_picture(file: File) -> Image.Image:
    """A picture as it is stored, but in 8 bits, and turned. `notices` says what of it is not used, or was guessed.

    `info["frames"]` is the number of its frames or pages, of which it is the first.

    Raises:
        PictureError: naming the file and the reason.
    """
    name = name_of(file)
    try:
        if isinstance(file, (str, os.PathLike)) and Path(file).exists() and not Path(file).is_file():
            what = "a directory" if Path(file).is_dir() else "no file"  # a pipe would be waited for
            raise PictureError(f"{name}: is {what}")
        with open_picture_file(file) as image:
            frames = (
                1 if image.format == "MPO" else getattr(image, "n_frames", 1)
            )  # its others are smaller copies and maps
            turned = upright(decoded(image, lambda: open_picture_file(file)))
            turned.info["frames"] = frames
            to_srgb(turned.resize((1, 1), Image.Resampling.NEAREST))  # whether its mode and numbers can be used
            return turned
    except PictureError as error:
        raise PictureError(str(error) if str(error).startswith(name) else f"{name}: {error}") from None
    except FileNotFoundError:
        raise PictureError(f"{name}: no such file") from None
    except PermissionError as error:
        raise PictureError(f"{name}: {str(error.strerror).lower()}") from None
    except Image.DecompressionBombError:
        raise PictureError(f"{name}: {too_large()}") from None
    except MemoryError:
        raise
    except Exception as error:  # over a damaged file a decoder may stumble in any way
        raise PictureError(f"{name}: broken or cut short ({error})") from None


def name_of(file: File) -> str:
    """What a file is called in an error."""
    if isinstance(file, (str, os.PathLike)):
        return os.fspath(file)
    name = getattr(file, "name", None)
    return name if isinstance(name, str) else "the picture given"


def notices(image: Image.Image) -> list[str]:
    """What of a picture that was read is not used, or was guessed."""
    frames = image.info.get("frames", 1)
    shown = [f"only the first of {frames} frames is painted"] if frames > 1 else []
    return shown + [image.info[key] for key in ("range",) if key in image.info]


def to_srgb(image: Image.Image) -> Image.Image:
    """RGB, or RGBA where there is transparency; an embedded colour profile is applied."""
    return to_rgb(image, image.info.get("icc_profile"))


def to_rgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """RGB, or RGBA where there is transparency; in sRGB where the profile is the picture's own, and as it was where it is None."""
    image = in_eight_bits(image)
    alpha = image.convert("RGBA").getchannel("A") if has_transparency(image) else None
    if image.mode not in ("RGB", "CMYK", "L", "LAB"):
        image = image.convert("L" if image.mode in ("LA", "La") else "RGB")
    if image.mode == "LAB" or profile:
        image = through_profile(image, profile)
    if image.mode != "RGB":
        image = image.convert("RGB")
    if alpha:
        image.putalpha(alpha)
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


def as_file(
    image: Image.Image, path: Path, quality: int = 95, note: str = "", metadata: Metadata = NO_METADATA, **params: Any
) -> bytes:
    """The bytes of that file; `params` of Pillow go before ours.

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
    return encode(image, path.suffix, quality, note, metadata, **params)


def contact_sheet(rows: list[list[Image.Image]], cell: int, top: list[str], side: list[str]) -> Image.Image:
    """A labelled grid of pictures.

    Args:
        rows: pictures, row by row; each is fitted into a cell, and a row is as high as its highest picture.
        cell: width of a cell, and the most of its height, in pixels.
        top: a label per column.
        side: a label per row, or an empty list.
    """
    from PIL import ImageDraw, ImageFont

    font = ImageFont.load_default(size=max(11, cell // 11))
    left = max([cell // 2, *(round(font.getlength(label)) + 8 for label in side)]) if side else 0
    head, gap = cell // 6, 4
    fitted = [
        [ImageOps.contain(on_white(image), (cell, cell), Image.Resampling.LANCZOS) for image in row] for row in rows
    ]
    heights = [max((image.height for image in row), default=0) for row in fitted]
    size = (left + len(top) * (cell + gap), head + sum(heights) + len(rows) * gap)
    sheet = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(sheet)
    for x, label in enumerate(top):
        while font.getlength(label) > cell - 4:
            label = label[:-2] + "…" if len(label) > 1 else ""
        draw.text((left + x * (cell + gap) + 4, head // 4), label, "black", font)
    down = head
    for number, (row, height) in enumerate(zip(fitted, heights, strict=True)):
        if side:
            draw.text((4, down + height // 2), side[number], "black", font)
        for x, image in enumerate(row):
            at = (left + x * (cell + gap) + (cell - image.width) // 2, down + (height - image.height) // 2)
            sheet.paste(image, at)
        down += height + gap
    return sheet
