"""What is saved in Python says what made it and what its photo said, as what the command line writes."""

import io
import json
import pickle
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from small import SMALL

from txst import Photo, Stylist
from txst.__main__ import main
from txst.commands.records import is_unchanged
from txst.pictures.limits import PictureWarning

PIXELS = np.random.default_rng(0).integers(0, 256, (36, 48, 3), dtype=np.uint8)
SAID = 0x8298, "(c) Ann Author"


@pytest.fixture(scope="module")
def stylist():
    return Stylist.from_pretrained(SMALL)


@pytest.fixture
def photo(tmp_path):
    """A file that is turned, with a word in its EXIF and in its XMP."""
    exif = Image.Exif()
    exif.update({SAID[0]: SAID[1], 0x0112: 6})
    file = tmp_path / "photo.jpg"
    Image.fromarray(PIXELS).save(file, exif=exif, xmp=b"<x:xmpmeta>Ann</x:xmpmeta>", dpi=(300, 300))
    return file


FORMS = {
    "name": str,
    "path": lambda file: file,
    "bytes": lambda file: file.read_bytes(),
    "buffer": lambda file: io.BytesIO(file.read_bytes()),
    "open file": lambda file: file.open("rb"),
    "PIL": Image.open,
    "photo": Photo.open,
}


def shown(file, capsys):
    assert main(["show", "--json", str(file)]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("form", FORMS)
def test_a_painting_of_a_file_in_any_form_keeps_what_the_file_says(stylist, photo, tmp_path, form):
    painting = stylist(FORMS[form](photo), "titian", max_side=40)
    painting.save(tmp_path / "r.jpg")
    with Image.open(tmp_path / "r.jpg") as result:
        exif = result.getexif()
        assert (result.size, exif[SAID[0]], exif[0x0112]) == ((30, 40), SAID[1], 1)
        assert result.info["dpi"] == (300, 300)
        assert b"Ann" in result.info["xmp"]


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tif"])
def test_it_is_sealed_and_says_what_made_it(stylist, photo, tmp_path, capsys, suffix):
    mask = Image.new("L", (36, 48), "white")
    style = {"mix": {"titian": 0.7, "ukiyo-e": 0.3}, "regions": [(mask, "titian")], "strength": 0.5}
    file = tmp_path / f"r.{suffix}"
    stylist(photo, **style).save(file)
    says = shown(file, capsys)
    assert (says["photo"], says["model"], says["strength"], says["changed"]) == ("photo.jpg", "small", 0.5, False)
    assert (says["mix"], says["regions"]) == ([["titian", 0.7], ["ukiyo-e", 0.3]], [["a picture", "titian"]])
    opened = io.BytesIO()
    stylist(photo, **style).save(opened, "JPEG" if suffix == "jpg" else "TIFF" if suffix == "tif" else suffix)
    assert opened.getvalue() == file.read_bytes()
    file.write_bytes(file.read_bytes() + b"x")
    assert not is_unchanged(file)


def test_stripped_nothing_of_it_is_in_the_bytes(stylist, photo, tmp_path):
    stylist(photo, "titian").stripped().save(tmp_path / "r.jpg")
    assert not [word for word in (b"Ann", b"titian", b"txst", b"Exif") if word in (tmp_path / "r.jpg").read_bytes()]


def test_arguments_of_pil_go_before_ours(stylist, photo, tmp_path):
    painting = stylist(photo, "titian")
    painting.save(tmp_path / "small.jpg", quality=20)
    painting.save(tmp_path / "large.jpg")
    assert (tmp_path / "small.jpg").stat().st_size < (tmp_path / "large.jpg").stat().st_size
    assert Image.open(tmp_path / "small.jpg").getexif()[SAID[0]] == SAID[1]
    painting.save(tmp_path / "bare.jpg", exif=b"")
    assert SAID[0] not in Image.open(tmp_path / "bare.jpg").getexif()
    painting.save(tmp_path / "r.bmp")
    assert Image.open(tmp_path / "r.bmp").size == painting.size
    with pytest.raises(ValueError, match="unknown file extension"):
        painting.save(tmp_path / "r")


def test_transparency_that_a_jpeg_cannot_have_is_told(stylist, tmp_path):
    seen = Image.fromarray(PIXELS).convert("RGBA")
    seen.putalpha(Image.linear_gradient("L").resize(seen.size))
    with pytest.warns(PictureWarning, match=r"lies on white: save a \.png"):
        stylist(seen, "titian").save(tmp_path / "r.jpg")


def test_it_is_a_pil_picture_in_all_else(stylist, photo):
    painting = stylist(photo, "titian")
    plain = Image.fromarray(np.asarray(painting))
    plain.info = dict(painting.info)
    assert painting == plain
    assert plain == painting
    assert painting != Image.fromarray(255 - np.asarray(painting))
    assert pickle.loads(pickle.dumps(painting)) == painting
    assert type(painting.resize((9, 9))) is Image.Image  # it is no longer what the note says


def test_a_failed_save_leaves_what_was_there(stylist, photo, tmp_path, monkeypatch):
    file = tmp_path / "r.png"
    stylist(photo, "titian").save(file)
    before = file.read_bytes()

    def full(self, data):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space"):
        stylist(photo, "ukiyo-e").save(file)
    assert file.read_bytes() == before
