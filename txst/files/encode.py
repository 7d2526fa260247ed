"""A picture as the bytes of a file, and a file that is whole or absent."""

import io
import os
import platform
import re
import secrets
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Any

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from txst.files.metadata import SOFTWARE, XMP, Metadata
from txst.files.note import sealed
from txst.pictures.transparency import on_white

FORMATS = {
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".png": "PNG",
    ".webp": "WEBP",
    ".tif": "TIFF",
    ".tiff": "TIFF",
}  # with notes
PART = re.compile(r"\.txst-(\w{8})-(\d+)-\w+\.part")  # a file that is being written: by which machine and process
MACHINE = f"{zlib.crc32(platform.node().encode()):08x}"


def encode(image: Image.Image, suffix: str, quality: int, note: str, metadata: Metadata, **params: Any) -> bytes:
    """A picture as a file, with its colour profile; its note is sealed.

    Args:
        image: what can be written in that format; a JPEG's transparency is laid on white.
        suffix: names the format.
        quality: of a JPEG or WebP, 1 to 100.
        note: a PNG's text under the name txst, a JPEG's comment, or the software of a WebP or TIFF.
        metadata: is written by these formats alone.
        params: of Pillow, which go before all these.
    """
    kind = FORMATS.get(suffix.lower()) or Image.registered_extensions().get(suffix.lower())
    if kind is None:
        raise ValueError(f"{suffix or 'no ending'} is no ending of a picture: take one of {', '.join(FORMATS)}")
    common = {"icc_profile": image.info.get("icc_profile"), "dpi": metadata.dpi, "exif": metadata.exif}
    how: dict[str, Any] = {name: value for name, value in common.items() if value}
    if kind == "JPEG":
        image = on_white(image)
        how |= {"quality": quality, "subsampling": 0, "comment": note}
        how |= {"xmp": metadata.xmp} if metadata.xmp else {}
    elif kind == "PNG":
        how["pnginfo"] = png_texts(note, metadata.xmp)
    elif kind in ("WEBP", "TIFF"):
        how["exif"] = with_software(metadata.exif, note)
        how |= {"quality": quality, "xmp": metadata.xmp} if kind == "WEBP" else {}
        if kind == "TIFF" and metadata.xmp:
            how["exif"][XMP] = metadata.xmp
    file = io.BytesIO()
    Image.Image.save(image, file, kind, **how | params)  # a painting's own would come here again
    return sealed(file.getvalue())


def png_texts(note: str, xmp: bytes) -> PngInfo:
    texts = PngInfo()
    if note:
        texts.add_text("txst", note)
    if xmp:
        texts.add_itxt("XML:com.adobe.xmp", xmp.decode(errors="replace"))
    return texts


def with_software(data: bytes, note: str) -> Image.Exif:
    """EXIF whose software is the note."""
    exif = Image.Exif()
    if data:
        exif.load(data)
    if note:
        exif[SOFTWARE] = note
    return exif


def write_whole(path: Path, data: bytes) -> None:
    """Writes beside and renames, so that a file is whole or absent."""
    beside = part_beside(path)
    try:
        beside.write_bytes(data)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def part_beside(path: Path) -> Path:
    """Where a file is written until it is whole; the folder is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.with_name(f".txst-{MACHINE}-{os.getpid()}-{secrets.token_hex(4)}.part")


def remove_leftovers(folder: Path) -> None:
    """Removes what was being written in a folder by processes of this machine that were killed."""
    for file in folder.glob(".txst-*.part"):
        found = PART.fullmatch(file.name)
        if found and found[1] == MACHINE and not is_running(int(found[2])):
            with suppress(OSError):
                file.unlink()


def is_running(process: int) -> bool:
    if os.name == "nt":  # where asking would end it
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):  # it is another user's
        return True
    return True
