"""What a photo's file says beside its pixels, as its painting shall say it: EXIF, XMP and resolution."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

from PIL import Image

from txst.pictures.formats import HEAD, File, opened, suffix_of
from txst.pictures.raw import camera_exif, is_camera_file

FORMATS = ("JPEG", "MPO", "PNG", "WEBP", "TIFF", "AVIF", "HEIF", "GIF")  # that carry metadata
EXIF, GPS, INTEROPERABILITY = 0x8769, 0x8825, 0xA005  # tables of EXIF
XMP, ORIENTATION, SOFTWARE, WIDTH, HEIGHT, MAKER_NOTE = 700, 0x0112, 0x0131, 0xA002, 0xA003, 0x927C
# Tags of TIFF that describe how pixels are stored, or hold what is written elsewhere: thumbnails, XMP, Photoshop, ICC.
STORAGE = {
    *range(254, 267), 273, *range(277, 281), 284, 317, 320, *range(322, 326), 330, 338, 339, 347, 513, 514,
    *range(529, 533), XMP, 33723, 34377, 34675, EXIF, GPS,
    33421, 33422, 37398, 50341, *range(50700, 53000),  # what develops a RAW file
}  # fmt: skip
LONGEST = 65_000  # bytes of EXIF, and of XMP, that a JPEG holds


@dataclass(frozen=True)
class Metadata:
    """What goes into a file beside its pixels.

    Args:
        exif: as in a JPEG, from "Exif" on; empty where there is none.
        xmp: an XML packet.
        dpi: horizontal and vertical resolution.
    """

    exif: bytes = b""
    xmp: bytes = b""
    dpi: tuple[float, float] | None = None

    def of_size(self, size: tuple[int, int]) -> "Metadata":
        """The same for a picture of another width and height."""
        exif = Image.Exif()
        exif.load(self.exif)
        return replace(self, exif=exif_of(exif, size))


def read_metadata(photo: File | Image.Image, size: tuple[int, int]) -> Metadata:
    """The metadata of a photo for its painting, which is upright and has that size; what is broken is left out.

    The orientation is reset, thumbnails are dropped.

    Args:
        photo: a file, or a PIL picture.
        size: width and height of its painting.
    """
    try:
        if isinstance(photo, Image.Image):
            return Metadata(exif_of(photo.getexif(), size), xmp_of(photo.info), dpi_of(photo.info))
        with opened(photo) as stream:
            head = stream.read(HEAD)
            if is_camera_file(stream, head, suffix_of(photo)):
                exif = camera_exif(stream)
                return Metadata(exif_of(exif, size), xmp_of({"xmp": exif.get(XMP)}))
            stream.seek(0)
            with open_header(stream) as image:
                return read_metadata(image, size)
    except (
        Exception
    ):  # over a damaged file a decoder may stumble in any way; what is wrong with it is said when it is read
        return Metadata()


def open_header(file: str | Path | BinaryIO) -> Image.Image:
    """A file of the formats that carry metadata, not yet decoded."""
    Image.init()
    return Image.open(file, formats=[name for name in FORMATS if name in Image.OPEN])  # noqa: TID251 - a header, of an allow-list of its own


def exif_of(found: Image.Exif, size: tuple[int, int]) -> bytes:
    """EXIF without what the pixels of its picture alone had: orientation, thumbnail, size."""
    try:
        kept = {tag: found.get_ifd(tag) for tag in (EXIF, GPS)}
        plain = dict(found)
    except Exception:  # a damaged table
        return b""
    plain[ORIENTATION] = 1
    if str(plain.get(SOFTWARE, "")).startswith("txst "):
        del plain[SOFTWARE]  # the note of an earlier painting
    fine = writable({tag: value for tag, value in plain.items() if tag not in STORAGE})
    tables = {tag: writable({k: v for k, v in table.items() if k != INTEROPERABILITY}) for tag, table in kept.items()}
    for tag, length in zip((WIDTH, HEIGHT), size, strict=True):
        if tag in tables[EXIF]:
            tables[EXIF][tag] = length
    if set(fine) == {ORIENTATION} and not any(tables.values()):
        return b""
    whole = exif_bytes(fine, tables)
    if len(whole) > LONGEST:
        tables[EXIF].pop(MAKER_NOTE, None)
        whole = exif_bytes(fine, tables)
    return whole if len(whole) <= LONGEST else b""


def writable(tags: Mapping[int, Any]) -> dict[int, Any]:
    """The tags whose values have the type that they say."""
    return {tag: value for tag, value in tags.items() if exif_bytes({tag: value}, {})}


def exif_bytes(tags: Mapping[int, Any], tables: Mapping[int, Mapping[int, Any]]) -> bytes:
    """EXIF of these tags and tables; empty where it cannot be written."""
    exif = Image.Exif()
    exif.update(tags)
    for tag, table in tables.items():
        if table:
            exif.get_ifd(tag).update(table)
    try:
        return exif.tobytes()
    except Exception:  # by what type a value of the wrong kind is noticed differs from tag to tag
        return b""


def xmp_of(info: Mapping[Any, Any]) -> bytes:
    """The XMP packet, with its orientation reset and its thumbnails dropped; empty where there is none, or a too long one."""
    packet = info.get("xmp") or info.get("XML:com.adobe.xmp") or b""
    if isinstance(packet, tuple):
        packet = b"".join(packet)
    packet = packet.encode() if isinstance(packet, str) else bytes(packet)
    packet = re.sub(rb"(tiff:Orientation(?:\s*=\s*[\"']|>))\d", rb"\g<1>1", packet)
    packet = re.sub(rb"<(xmp|xap):Thumbnails\b.*?</\1:Thumbnails\s*>", b"", packet, flags=re.DOTALL)
    return packet if len(packet) <= LONGEST else b""


def dpi_of(info: Mapping[Any, Any]) -> tuple[float, float] | None:
    """The resolution, if it can be one."""
    try:
        across, down = (float(value) for value in info.get("dpi") or ())
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    fine = all(math.isfinite(value) and 1 <= value <= 65535 for value in (across, down))
    return (across, down) if fine else None
