"""Writes the note of what made it into animated pictures, where still ones have it, and seals files of any size."""

import mmap
import shutil
import struct
import zlib
from os import SEEK_END
from pathlib import Path
from typing import BinaryIO

from txst.files.encode import with_software
from txst.files.metadata import open_header
from txst.files.note import SEAL, seal

BLOCK = 255  # bytes of a part of a GIF's comment
EXIF_FLAG, ALPHA_FLAG, ANIMATED, CHUNK = 0x08, 0x10, b"ANMF", 8  # of WebP; bytes of a chunk's head


def write_picture_note(path: Path, note: str, last: int, clear: bool) -> None:
    """Puts a note into an animated GIF, PNG or WebP, in a copy that takes its place.

    Args:
        path: the file.
        note: not yet sealed.
        last: milliseconds for which a WebP's last frame is shown.
        clear: whether it has transparency, which encoders of WebP do not say where they have cut it off.
    """
    beside = path.with_name(f"{path.name}.noted")
    try:
        with path.open("rb") as source, beside.open("wb") as target:
            head = source.read(12)
            source.seek(0)
            if head.startswith(b"GIF8"):
                after(source, target, gif_head(source), comment(note))
            elif head.startswith(b"\x89PNG"):
                after(source, target, 33, chunk(b"tEXt", b"txst\0" + note.encode("latin-1", "replace")))  # behind IHDR
            else:
                webp(source, target, note, last, EXIF_FLAG | (ALPHA_FLAG if clear else 0))
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def after(source: BinaryIO, target: BinaryIO, place: int, addition: bytes) -> None:
    """Copies a file with something added behind its first bytes."""
    target.write(source.read(place) + addition)
    shutil.copyfileobj(source, target)


def gif_head(source: BinaryIO) -> int:
    """Bytes of a GIF's header and its table of colours."""
    head = source.read(13)
    source.seek(0)
    return 13 + (3 << (head[10] % 8 + 1) if head[10] & 0x80 else 0)


def comment(note: str) -> bytes:
    """A GIF's comment in blocks; the seal lies in one of its own, so that it is found again."""
    text, sealed = (part.encode("ascii", "replace") for part in note.rsplit(SEAL.decode(), 1))
    parts = [text[at : at + BLOCK] for at in range(0, len(text), BLOCK)] + [SEAL + sealed]
    return b"!\xfe" + b"".join(bytes([len(part)]) + part for part in parts) + b"\0"


def chunk(kind: bytes, data: bytes) -> bytes:
    """Of a PNG."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def webp(source: BinaryIO, target: BinaryIO, note: str, last: int, flags: int) -> None:
    """Copies a WebP with EXIF that has the note, and with the time of its last frame, which encoders guess."""
    extended = source.read(16)[12:] == b"VP8X"
    source.seek(0)
    if extended:
        shutil.copyfileobj(source, target)
    else:  # as encoders write a single frame, and EXIF is not read then
        with open_header(Path(source.name)) as image:
            after(source, target, 12, vp8x(*image.size, flags))
    exif = with_software(b"", note).tobytes().removeprefix(b"Exif\0\0")
    target.write(b"EXIF" + struct.pack("<I", len(exif)) + exif + b"\0" * (len(exif) % 2))
    length = target.tell()
    target.seek(4)
    target.write(struct.pack("<I", length - 8))
    if extended:
        in_place(source, target, last, flags)


def in_place(source: BinaryIO, target: BinaryIO, last: int, flags: int) -> None:
    """Sets the flags of a WebP, and the time of its last frame."""
    place, final, size = 12, 0, source.seek(0, SEEK_END)
    while place < size:
        source.seek(place)
        kind, length = struct.unpack("<4sI", source.read(CHUNK).ljust(CHUNK, b"\0"))
        if kind == b"VP8X":
            target.seek(place + CHUNK)
            target.write(bytes([source.read(1)[0] | flags]))
        final = place if kind == ANIMATED else final
        place += CHUNK + length + length % 2
    if final:
        target.seek(final + CHUNK + 12)
        target.write(struct.pack("<I", min(last, 2**24 - 1))[:3])


def vp8x(width: int, height: int, flags: int) -> bytes:
    """The chunk with which a WebP begins that has more than a picture."""
    sides = ((side - 1).to_bytes(3, "little") for side in (width, height))
    return b"VP8X" + struct.pack("<II", 10, flags) + b"".join(sides)


def seal_file(path: Path) -> None:
    """Seals the note of a file of any size."""
    with path.open("r+b") as file, mmap.mmap(file.fileno(), 0) as data:
        seal(data)
