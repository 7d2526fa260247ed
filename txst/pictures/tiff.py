"""The directories of a TIFF file, or of the EXIF data of any picture, as far as they can be read."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

WHOLE = {1: "B", 3: "H", 4: "I", 13: "I"}  # types of numbers without a sign
SUBFILE, WIDTH, HEIGHT, PHOTOMETRIC, ORIENTATION, INSIDE = 254, 256, 257, 262, 274, 330
DNG_VERSION = 50706
DIRECTORIES, ENTRIES, VALUES = 64, 1000, 16  # no more of each are read


@dataclass(frozen=True)
class Entry:
    """Whole numbers under a tag, and where in the file they lie."""

    at: int
    values: tuple[int, ...]


Directory = dict[int, Entry]


def directories(file: BinaryIO) -> Iterator[Directory]:
    """The directories of the pages and, after each, those inside; what is broken is passed over."""
    file.seek(0)
    head = file.read(8)
    if head[:4] not in (b"II*\0", b"MM\0*"):
        return
    order = "<" if head[:2] == b"II" else ">"
    waiting, seen = list(struct.unpack(f"{order}I", head[4:].ljust(4, b"\0"))), set[int]()
    while waiting and len(seen) < DIRECTORIES:
        at = waiting.pop(0)
        if at in seen or not at:
            continue
        seen.add(at)
        found, following = read_directory(file, at, order)
        inside = found.get(INSIDE)
        waiting = [*(inside.values if inside else ()), *following, *waiting]
        yield found


def read_directory(file: BinaryIO, at: int, order: str) -> tuple[Directory, list[int]]:
    """The entries of a directory, and where the next one lies, if it says so."""
    file.seek(at)
    head = file.read(2)
    count = min(ENTRIES, struct.unpack(f"{order}H", head)[0]) if len(head) == 2 else 0
    table = file.read(12 * count)
    following = file.read(4)
    found: Directory = {}
    for i in range(len(table) // 12):
        tag, kind, number = struct.unpack_from(f"{order}HHI", table, 12 * i)
        if kind in WHOLE and number > 0:
            layout = f"{order}{min(number, VALUES)}{WHOLE[kind]}"
            place = at + 2 + 12 * i + 8
            if struct.calcsize(f"{order}{WHOLE[kind]}") * number > 4:
                (place,) = struct.unpack_from(f"{order}I", table, 12 * i + 8)
            file.seek(place)
            data = file.read(struct.calcsize(layout))
            if len(data) == struct.calcsize(layout):
                found[tag] = Entry(place, struct.unpack(layout, data))
    return found, list(struct.unpack(f"{order}I", following)) if len(following) == 4 else []


def first(directory: Directory, tag: int, default: int = 0) -> int:
    """The first number under a tag."""
    return directory[tag].values[0] if tag in directory else default
