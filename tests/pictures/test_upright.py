"""EXIF data that are broken: the picture is read, and turned where its orientation can be read."""

import io
import struct

import numpy as np
import pytest
from PIL import Image

from txst.data.pictures import cut, inspect, to_jpeg
from txst.images import open_picture
from txst.inference.forms import as_image
from txst.pictures.upright import orientation

TURN = struct.pack("<HHLHH", 0x112, 3, 1, 6, 0)
BEHIND = 8 + 2 + 24 + 4  # where what is too long for an entry lies


def entry(tag, kind, count, value):
    return struct.pack("<HHL4s", tag, kind, count, value.ljust(4, b"\0"))


def exif(*entries, count=None, behind=b""):
    return b"II*\0" + struct.pack("<LH", 8, count or len(entries)) + b"".join(entries) + b"\0" * 4 + behind


BROKEN = {
    "a resolution in letters": exif(TURN, entry(0x11A, 2, 4, b"72")),
    "a resolution of -1/0": exif(TURN, entry(0x11A, 10, 1, struct.pack("<L", BEHIND)), behind=struct.pack("<ll", -1, 0)),
    "a resolution of 0/0": exif(TURN, entry(0x11A, 5, 1, struct.pack("<L", BEHIND)), behind=struct.pack("<LL", 0, 0)),
    "a unit in letters": exif(TURN, entry(0x128, 2, 2, b"2")),
    "two thousand million numbers": exif(TURN, entry(0x11A, 5, 2**31, struct.pack("<L", 8))),
    "a name that lies elsewhere": exif(TURN, entry(0x10F, 2, 40, struct.pack("<L", 99999))),
    "fewer entries than said": exif(TURN, count=9),
    "a type that is none": exif(TURN, entry(0x128, 99, 2, b"2")),
    "a directory that lies elsewhere": exif(TURN, entry(0x8769, 4, 1, struct.pack("<L", 77777))),
    "a directory in letters": exif(TURN, entry(0x8769, 2, 4, b"abc")),
    "a directory in itself": exif(TURN, entry(0x8825, 4, 1, struct.pack("<L", 8))),
}  # fmt: skip
JUNK = {
    "noise": b"\xff" * 40,
    "nothing": b"",
    "half a head": b"II*\0",
    "an orientation in letters": exif(entry(0x112, 2, 2, b"6")),
}


def picture():
    return Image.fromarray(np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8))


def stored(data, kind):
    file = io.BytesIO()
    picture().save(file, kind, exif=data if kind == "PNG" else b"Exif\0\0" + data)
    return file.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("broken", BROKEN)
def test_a_picture_with_broken_exif_is_turned_all_the_same(kind, broken):
    data = stored(BROKEN[broken], kind)
    turned = open_picture(data)
    assert turned.size == (20, 30)
    if kind == "PNG":
        assert np.array_equal(np.asarray(turned), np.rot90(np.asarray(picture()), -1))
    assert as_image(Image.open(io.BytesIO(data))).size == (20, 30)
    assert Image.open(io.BytesIO(to_jpeg(data, 10))).size == (10, 15)
    assert len(inspect(data, 1)["fingerprint"]) == 64
    assert cut(data, 10, 20, None).shape == (3, 10, 10)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("junk", JUNK)
def test_a_picture_whose_orientation_cannot_be_read_stays_as_it_is(kind, junk):
    assert open_picture(stored(JUNK[junk], kind)).size == (30, 20)


@pytest.mark.parametrize("broken", BROKEN)
def test_a_picture_that_was_turned_is_not_turned_again(broken):
    turned = as_image(Image.open(io.BytesIO(stored(BROKEN[broken], "PNG"))))
    assert orientation(turned) in (None, 1)
    assert as_image(turned).size == (20, 30)


@pytest.mark.parametrize("way", range(1, 9))
def test_every_orientation_gives_the_picture_that_pillow_gives(way, monkeypatch):
    tags = Image.Exif()
    tags[0x112] = way
    file = io.BytesIO()
    picture().save(file, "PNG", exif=tags)
    expected = open_picture(file)
    broken = exif(struct.pack("<HHLHH", 0x112, 3, 1, way, 0), entry(0x11A, 2, 4, b"72"))
    assert np.array_equal(np.asarray(open_picture(stored(broken, "PNG"))), np.asarray(expected))
