"""The formats of pictures that are read: an allow-list, by what a file holds and not by its name.

Pillow knows some forty, and starts Ghostscript for one of them. Every picture that comes in, wherever it comes in, is opened here.
"""

import io
import os
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import BinaryIO

from PIL import Image, UnidentifiedImageError, features

from txst.pictures.limits import PictureError, check_pixels
from txst.pictures.raw import CAMERA_SUFFIXES, developed, hidden_picture, is_camera_file

# those that Pillow has at hand come first; what JPEG opens may be an MPO
FORMATS = ("JPEG", "PNG", "GIF", "BMP", "PPM", "WEBP", "TIFF", "TGA", "PCX", "ICO", "JPEG2000", "AVIF")
SUFFIXES = frozenset({
    ".jpg", ".jpeg", ".jfif", ".png", ".webp", ".tif", ".tiff", ".bmp", ".gif", ".jp2", ".tga", ".ppm", ".pgm",
    ".avif", ".heic", ".heif", ".hif", *CAMERA_SUFFIXES,
})  # fmt: skip
READ = "JPEG, PNG, WebP, TIFF, GIF, BMP, JPEG 2000, AVIF, and by extras HEIC and the RAW files of cameras"
HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
AVIF_BRANDS = (b"avif", b"avis")
OTHERS = {
    b"%!PS": "PostScript",
    b"\xc5\xd0\xd3\xc6": "PostScript",
    b"%PDF": "PDF",
    b"8BPS": "Photoshop's format",
    b"\xff\x0a": "JPEG XL",
    b"\0\0\0\x0cJXL ": "JPEG XL",
    b"<svg": "SVG",
}
HEAD = 64  # bytes that tell what a file is
File = str | os.PathLike[str] | bytes | BinaryIO


def open_picture_file(file: File) -> Image.Image:
    """A picture that is not decoded yet, but for the RAW files of cameras, which are developed.

    Args:
        file: its path, its bytes, or an open file.

    Raises:
        PictureError: it has another format, or one that an extra reads; or it has more pixels than a picture may.
        OSError: the file cannot be read.
    """
    source = Path(file) if isinstance(file, (str, os.PathLike)) else in_memory(file)
    with opened(source) as stream:
        head = stream.read(HEAD)
        kind = kind_of(head)
        if is_camera_file(stream, head, suffix_of(file)):
            return developed(stream)
        if found := hidden_picture(stream):
            raise PictureError(found)
    if kind in OTHERS.values():
        raise PictureError(f"{kind}, which is not read: save it as PNG or JPEG (read are {READ})")
    try:
        image = Image.open(source, formats=(*FORMATS, *by_extras(kind)))  # noqa: TID251 - here alone
    except UnidentifiedImageError:
        raise PictureError(f"not a picture that can be read: {READ} are") from None
    check_pixels(*image.size)
    return image


def opened(file: File) -> BinaryIO:
    """A file to be read from its beginning, and closed."""
    return Path(file).open("rb") if isinstance(file, (str, os.PathLike)) else in_memory(file)


def suffix_of(file: File) -> str:
    """The ending of a file's name, in lower case; empty where it has none."""
    return Path(file).suffix.lower() if isinstance(file, (str, os.PathLike)) else ""


def in_memory(file: bytes | BinaryIO) -> io.BytesIO:
    """The bytes of a picture, under its name; an open file is read on from where it stands, a buffer from its beginning."""
    if isinstance(file, (bytes, bytearray, memoryview)):
        return io.BytesIO(file)
    copy = io.BytesIO(file.getvalue() if isinstance(file, io.BytesIO) else file.read())
    if name := getattr(file, "name", None):
        copy.name = name
    return copy


def kind_of(head: bytes) -> str:
    """HEIC, AVIF or one of those that are not read, by the first bytes of a file; an empty string for all others."""
    if head[4:8] == b"ftyp":
        brands = [head[8:12], *(head[at : at + 4] for at in range(16, min(len(head), int.from_bytes(head[:4])), 4))]
        kinds = {"AVIF": AVIF_BRANDS, "HEIC": HEIF_BRANDS}
        return next((kind for kind, own in kinds.items() if any(brand in own for brand in brands)), "")
    return next((kind for begin, kind in OTHERS.items() if head.startswith(begin)), "")


def by_extras(kind: str) -> Iterator[str]:
    """The format that an extra adds for this kind of file.

    Raises:
        PictureError: the extra is not installed.
    """
    if kind == "AVIF" and not features.check("avif"):
        raise PictureError("an AVIF picture: `pip install 'txst[heic]'` reads it")
    if kind == "HEIC":
        if not find_spec("pillow_heif"):
            raise PictureError("a HEIC picture, as phones make them: `pip install 'txst[heic]'` reads it")
        import pillow_heif

        pillow_heif.register_heif_opener()
        yield "HEIF"


def forget_other_formats() -> None:
    """Takes the other formats from Pillow, in the whole process: for a server whose libraries open what is sent to them."""
    Image.init()
    Image.ID[:] = [name for name in Image.ID if name in FORMATS]
