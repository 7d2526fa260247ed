"""Small files of kinds that Pillow does not write."""

import struct
import zlib

import numpy as np

RGGB = {33421: ("H", (2, 2)), 33422: ("B", (0, 1, 1, 2))}


def tiff(*pages, order="<"):
    """A TIFF of pages, each its tags {number: (kind, values)} and its strip of bytes; under `inside` the pages inside of it."""
    data = bytearray(b"II*\0\0\0\0\0" if order == "<" else b"MM\0*\0\0\0\0")

    def put(content):
        if len(data) % 2:
            data.append(0)
        data.extend(content)
        return len(data) - len(content)

    def write(page):
        page = dict(page)
        strip = page.pop("strip", b"")
        inside = [write(other) for other in page.pop("inside", ())]
        page |= {273: ("I", (put(strip),)), 278: ("I", page[257][1]), 279: ("I", (len(strip),))}
        page |= {330: ("I", inside)} if inside else {}
        rows = []
        for tag, (kind, values) in sorted(page.items()):
            packed = values if isinstance(values, bytes) else struct.pack(f"{order}{len(values)}{kind}", *values)
            number = len(packed) if kind == "s" else len(values)
            type_ = {"B": 1, "s": 2, "H": 3, "I": 4, "i": 9}[kind]
            field = packed.ljust(4, b"\0") if len(packed) <= 4 else struct.pack(f"{order}I", put(packed))
            rows.append(struct.pack(f"{order}HHI", tag, type_, number) + field)
        return put(struct.pack(f"{order}H", len(rows)) + b"".join(rows) + b"\0\0\0\0")

    places = [write(page) for page in pages]
    link = 4
    for at in places:
        data[link : link + 4] = struct.pack(f"{order}I", at)
        link = at + 2 + 12 * struct.unpack_from(f"{order}H", data, at)[0]
    return bytes(data)


def page(pixels, photometric, **more):
    """The tags of a page that holds pixels [H, W] or [H, W, 3] as they are."""
    height, width = pixels.shape[:2]
    channels = pixels.shape[2] if pixels.ndim == 3 else 1
    tags = {256: ("I", (width,)), 257: ("I", (height,)), 258: ("H", (pixels.itemsize * 8,) * channels)}
    tags |= {259: ("H", (1,)), 262: ("H", (photometric,)), 277: ("H", (channels,))}
    return tags | {"strip": pixels.tobytes()} | {int(tag[1:]) if tag[0] == "t" else tag: v for tag, v in more.items()}


def dng(cells, thumbnail, said=None):
    """A DNG: the cells of a sensor [H, W] in 16 bits, behind a thumbnail [h, w, 3]."""
    matrix = [number for i in range(9) for number in (int(i % 4 == 0), 1)]
    inside = page(cells, 32803) | {254: ("I", (0,))} | RGGB | {50714: ("H", (0,)), 50717: ("H", (65535,))}
    first = page(thumbnail, 2, inside=[inside]) | {254: ("I", (1,)), 271: ("s", b"Made\0"), 272: ("s", b"Up\0")}
    first |= {50706: ("B", (1, 4, 0, 0)), 50708: ("s", b"Made Up\0"), 50778: ("H", (21,))}
    first |= {50721: ("i", matrix), 50728: ("i", [1, 1, 1, 1, 1, 1])}
    return tiff(first | (said or {}))


def png(pixels, kind, *chunks):
    """A PNG in 16 bits of pixels [H, W, channels], with chunks (name, content) before its pixels."""
    height, width = pixels.shape[:2]
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in pixels)
    parts = [(b"IHDR", struct.pack(">IIBBBBB", width, height, 16, kind, 0, 0, 0)), *chunks]
    parts += [(b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    coded = [struct.pack(">I", len(c)) + n + c + struct.pack(">I", zlib.crc32(n + c)) for n, c in parts]
    return b"\x89PNG\r\n\x1a\n" + b"".join(coded)


def sensor(height=64, width=96):
    """The cells of a sensor that looks at one colour."""
    cells = np.zeros((height, width), np.uint16)
    cells[::2, ::2], cells[1::2, 1::2] = 40000, 10000
    cells[::2, 1::2] = cells[1::2, ::2] = 20000
    return cells
