"""Which files are pictures, at every door: by an allow-list, by what they hold, and what an extra reads is named."""

import io
import json
import tarfile
from contextlib import nullcontext
from types import SimpleNamespace

import numpy as np
import pytest
from made import RGGB, dng, page, sensor, tiff
from PIL import EpsImagePlugin, Image

from txst import Photo, Stylist
from txst.__main__ import main
from txst.commands.pictures import find_photos
from txst.commands.records import read_record
from txst.data.layouts import find
from txst.data.pictures import UNREADABLE, cut, inspect, to_jpeg
from txst.data.samples import read_shard
from txst.data.shards import make_shards, summary
from txst.evaluation.sources import square
from txst.files.metadata import read_metadata
from txst.images import PictureError, open_picture
from txst.inference.composing import as_mask
from txst.pictures import formats, raw

POSTSCRIPT = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 90 60\n%%EndComments\nshowpage\n"


@pytest.fixture(scope="module")
def stylist():
    return Stylist.from_pretrained("small")


def picture(width=90, height=60):
    return Image.fromarray(np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8))


def packed(image, kind, **options):
    data = io.BytesIO()
    image.save(data, kind, **options)
    return data.getvalue()


@pytest.fixture
def started(monkeypatch):
    """Whether Ghostscript was started."""
    calls = []
    monkeypatch.setattr(EpsImagePlugin, "Ghostscript", lambda *given, **how: calls.append(given) or picture().im)
    return calls


def read_page(file):
    from txst.commands.page_pictures import uploaded

    return uploaded(str(file))


DOORS = {
    "command line": lambda file: main([str(file), "--style", "titian", "-o", str(file.parent / "out")]) and fail(),
    "photo": Photo.open,
    "photo by its bytes": lambda file: Photo.open(file.read_bytes()),
    "mask": lambda file: as_mask(file, (90, 60)),
    "style picture": lambda file: Stylist.from_pretrained("small")(picture(), style_image=file),
    "part of a mix": lambda file: Stylist.from_pretrained("small")(picture(), mix=[(file, 1.0)]),
    "taught name": lambda file: Stylist.from_pretrained("small").styles.teach("aunt", [file]),
    "page": read_page,
    "looked over for a shard": lambda file: inspect(file.read_bytes(), 1),
    "packed into a shard": lambda file: to_jpeg(file.read_bytes(), 0),
    "read from a shard": lambda file: cut(file.read_bytes(), 16, 16, None),
    "measured": lambda file: square(file.read_bytes(), 16),
    "result of before": lambda file: read_record(file) or fail(),
}


def fail():
    raise PictureError("refused")


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("name", ["evil.jpg", "evil.eps"])
def test_postscript_is_refused_at_every_door_and_nothing_is_started(
    tmp_path, started, stylist, monkeypatch, door, name
):
    monkeypatch.setattr(Stylist, "from_pretrained", lambda *_: stylist)
    (tmp_path / name).write_bytes(POSTSCRIPT)
    with pytest.raises((PictureError, *UNREADABLE)):
        DOORS[door](tmp_path / name)
    assert started == []


def test_a_library_beside_a_server_cannot_start_anything_either(tmp_path, started, monkeypatch):
    Image.init()
    every = dict.fromkeys([*Image.ID, "EPS"])  # a server of another test may have forgotten it
    monkeypatch.setattr(Image, "ID", [*every])  # put back afterwards
    (tmp_path / "evil.png").write_bytes(POSTSCRIPT)
    Image.open(tmp_path / "evil.png").load()
    assert len(started) == 1
    formats.forget_other_formats()
    with pytest.raises(OSError, match="cannot identify"):
        Image.open(tmp_path / "evil.png")
    for kind in ("PNG", "JPEG", "TIFF", "WEBP", "AVIF"):
        Image.open(io.BytesIO(packed(picture(), kind))).load()


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (POSTSCRIPT, "PostScript"),
        (b"%PDF-1.7\n", "PDF"),
        (b"8BPS\0\1" + b"\0" * 30, "Photoshop"),
        (b"\xff\x0a" + b"\0" * 30, "JPEG XL"),
        (b"text", "not a picture"),
    ],
)
def test_what_is_no_picture_is_called_by_its_name(data, says):
    with pytest.raises(PictureError, match=says):
        open_picture(data)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "BMP", "PPM", "WEBP", "TIFF", "TGA", "PCX", "JPEG2000", "AVIF"])
@pytest.mark.parametrize("source", [bytes, io.BytesIO, bytearray, "named"])
def test_every_format_of_the_list_is_read_from_a_file_its_bytes_and_an_open_one(tmp_path, kind, source):
    data = packed(picture(), kind)
    if source == "named":
        (tmp_path / "picture").write_bytes(data)
        assert open_picture(tmp_path / "picture").size == (90, 60)
        with (tmp_path / "picture").open("rb") as stream:
            assert open_picture(stream).size == (90, 60)
    else:
        assert open_picture(source(data)).size == (90, 60)


def heic(**options):
    heif = pytest.importorskip("pillow_heif")
    heif.register_heif_opener()
    return packed(picture().resize((9, 6)).resize((90, 60), Image.Resampling.BICUBIC), "HEIF", **options)


def test_heic_is_read_with_its_extra_whatever_its_name_is_and_upright(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    (tmp_path / "phone.jpg").write_bytes(heic(exif=exif.tobytes(), quality=95))
    assert open_picture(tmp_path / "phone.jpg").size == (60, 90)
    smooth = picture().resize((9, 6)).resize((90, 60), Image.Resampling.BICUBIC)
    assert np.abs(np.asarray(open_picture(heic(quality=95)), int) - np.asarray(smooth)).mean() < 8


@pytest.mark.parametrize("brand", [b"heic", b"mif1", b"avif"])
def test_without_the_extra_the_picture_is_named_with_it_and_counted(tmp_path, monkeypatch, capsys, brand):
    monkeypatch.setattr(formats, "find_spec", lambda name: None)
    monkeypatch.setattr(formats.features, "check", lambda name: False)
    phone = tmp_path / "photos/IMG_1.HEIC"
    phone.parent.mkdir()
    phone.write_bytes(b"\0\0\0\x18ftyp" + brand + b"\0\0\0\0" + brand + b"\0\0\0\0" + bytes(40))
    picture().save(phone.parent / "other.jpg")
    assert main([str(phone.parent), "--style", "titian", "-o", str(tmp_path / "out")]) == 1
    said = capsys.readouterr()
    assert "IMG_1.HEIC" in said.err
    assert "pip install 'txst[heic]'" in said.err
    assert "1 of 2 painted" in said.out
    manifest = make_shards(find("coco", phone.parent), tmp_path / "shards", test=0, smallest=1)
    assert "IMG_1.HEIC" in summary(manifest)
    assert "pip install 'txst[heic]'" in summary(manifest)


@pytest.mark.parametrize("suffix", [".heic", ".HEIF", ".avif", ".dng", ".CR2", ".nef", ".jpg"])
def test_folders_give_what_an_extra_reads(tmp_path, suffix):
    (tmp_path / f"a{suffix}").touch()
    assert [found.path.name for found in find_photos([tmp_path])] == [f"a{suffix}"]
    assert [p.file.name for p in find("coco", tmp_path)] == [f"a{suffix}"]


SMALL = np.full((8, 12, 3), 200, np.uint8)


def camera_files():
    reduced = {254: ("I", (1,))}
    cells, full = sensor(), np.zeros((64, 96, 3), np.uint8)
    yield "a.dng", dng(cells, SMALL), "96 x 64"
    yield "as.tif", dng(cells, SMALL), "96 x 64"
    yield "bare.dng", tiff(page(cells, 32803)), "96 x 64"
    yield "a.nef", tiff(page(SMALL, 2, inside=[page(cells, 32803)]) | reduced), "96 x 64"
    yield "inside.tif", tiff(page(SMALL, 2, inside=[page(full, 2)]) | reduced), "96 x 64"
    yield "behind.tif", tiff(page(SMALL, 2) | reduced, page(full, 2)), "96 x 64"
    yield "a.raf", b"FUJIFILMCCD-RAW 0201" + bytes(100), "camera"
    yield "a.cr3", b"\0\0\0\x18ftypcrx " + bytes(100), "camera"
    yield "a.cr2", b"II*\0\x10\0\0\0CR\2\0" + bytes(100), "camera"


@pytest.mark.parametrize(("name", "data", "says"), camera_files(), ids=lambda x: x if isinstance(x, str) else "")
def test_a_thumbnail_is_never_painted_in_place_of_its_picture(tmp_path, monkeypatch, name, data, says):
    monkeypatch.setattr(raw, "find_spec", lambda name: None)
    (tmp_path / name).write_bytes(data)
    for given in (tmp_path / name, data) if name != "a.nef" else (tmp_path / name,):
        with pytest.raises(PictureError, match=says):
            open_picture(given)
    with pytest.raises(UNREADABLE, match=says):
        inspect(data, 1)


def test_a_camera_file_is_developed_by_its_extra(tmp_path):
    pytest.importorskip("rawpy")
    (tmp_path / "a.dng").write_bytes(dng(sensor(), SMALL))
    developed = np.asarray(open_picture(tmp_path / "a.dng"))
    assert developed.shape == (64, 96, 3)
    red, green, blue = developed.mean((0, 1))
    assert red > green > blue  # what the sensor saw
    (tmp_path / "cut.dng").write_bytes(dng(sensor(), SMALL)[:5000])
    (tmp_path / "a.raf").write_bytes(b"FUJIFILMCCD-RAW 0201" + bytes(100))
    for broken in ("cut.dng", "a.raf"):
        with pytest.raises(PictureError, match="cannot be developed"):
            open_picture(tmp_path / broken)


def test_the_metadata_of_a_camera_file_is_kept_without_what_develops_it(tmp_path, monkeypatch):
    said = {0x8298: ("s", b"(c) Ann Author\0"), 50740: ("B", bytes(70_000)), 700: ("B", b"<x:xmpmeta>Ann</x:xmpmeta>")}
    bare = tiff(page(sensor(), 32803) | RGGB | said)
    for data in (dng(sensor(), SMALL, said), bare):
        (tmp_path / "a.dng").write_bytes(data)
        for given in (tmp_path / "a.dng", data):
            found = read_metadata(given, (96, 64))
            exif = Image.Exif()
            exif.load(found.exif)
            assert exif[0x8298] == "(c) Ann Author"
            assert not [tag for tag in exif if tag in (254, 262, 273, 33421, 50706, 50740)]
            assert found.xmp == b"<x:xmpmeta>Ann</x:xmpmeta>"


def test_the_metadata_of_a_camera_file_that_is_no_tiff_are_those_of_its_small_jpeg(monkeypatch):
    rawpy = pytest.importorskip("rawpy")
    exif = Image.Exif()
    exif[0x8298] = "(c) Ann Author"
    small = SimpleNamespace(format=rawpy.ThumbFormat.JPEG, data=packed(picture(), "JPEG", exif=exif))
    monkeypatch.setattr(rawpy, "imread", lambda file: nullcontext(SimpleNamespace(extract_thumb=lambda: small)))
    assert b"Ann Author" in read_metadata(b"FUJIFILMCCD-RAW 0201" + bytes(100), (96, 64)).exif


def test_an_ordinary_tiff_of_pages_and_a_pyramid_are_read(tmp_path):
    full = np.asarray(picture())
    pyramid = tiff(page(full, 2, inside=[page(SMALL, 2) | {254: ("I", (1,))}]))
    assert np.array_equal(np.asarray(open_picture(pyramid)), full)
    assert open_picture(tiff(page(SMALL, 2), page(full, 2))).size == (12, 8)  # its first page, and that is said


def test_a_shard_of_another_program_cannot_start_anything(tmp_path, started):
    with tarfile.open(tmp_path / "00000.tar", "w") as tar:
        for ending, content in (("jpg", POSTSCRIPT), ("json", json.dumps({"caption": "a"}).encode())):
            entry = tarfile.TarInfo(f"000.{ending}")
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    (sample,) = read_shard(str(tmp_path / "00000.tar"))
    with pytest.raises(UNREADABLE):
        cut(sample["jpg"], 16, 16, None)
    assert started == []
