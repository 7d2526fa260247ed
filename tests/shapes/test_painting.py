"""The shape of a style picture, at every door."""

import json

import numpy as np
import pytest
from PIL import Image
from small import SMALL

from txst import Stylist
from txst.__main__ import main
from txst.files.note import read_note
from txst.images import PictureError
from txst.shapes.masks import laid_over
from txst.shapes.register import overlap
from txst.synthetic.silhouettes import thing


@pytest.fixture(autouse=True)
def _coarse(monkeypatch):
    """A coarse grid, which takes a tenth of the time."""
    monkeypatch.setattr("txst.shapes.masks.GRID", 48)


def mask(name, size=96):
    return (255 * thing(name, size)).astype(np.uint8)


def photo(name="shoe", size=96):
    """Red on grey: what is red is the thing."""
    inside = mask(name, size)[..., None] / 255
    return (inside * [220, 30, 30] + (1 - inside) * [120, 120, 120]).astype(np.uint8)


def red(pixels):
    return (np.asarray(pixels)[..., 0].astype(float) - np.asarray(pixels)[..., 1]) / 190


@pytest.fixture(scope="module")
def stylist():
    return Stylist.from_pretrained(SMALL)


def test_the_thing_takes_the_shape_in_its_place_and_the_frame_stays(stylist):
    asked = {"shape": True, "mask": mask("shoe"), "strength": 0}
    same = stylist(photo(), "claude monet", style_mask=mask("shoe"), **asked)
    assert (same == photo()).all()
    wanted = laid_over(mask("boot") / 255, mask("shoe") / 255)
    shaped = stylist(photo(), "claude monet", style_mask=mask("boot"), **asked)
    assert overlap(red(shaped), wanted) > 0.9 > overlap(red(photo()), wanted)
    assert (shaped[[0, -1]] == photo()[[0, -1]]).all()


@pytest.mark.filterwarnings("ignore:the shapes differ")
def test_size_transparency_and_kind_of_numbers_stay_and_masks_go_with_the_photo(stylist):
    see_through = np.dstack([photo("shoe", 90), mask("shoe", 90)])[:70]
    shape = {"shape": True, "style_mask": mask("boot")}
    painted = stylist(see_through, "claude monet", **shape)
    assert painted.shape == see_through.shape
    assert overlap(painted[..., 3] / 255, see_through[..., 3] / 255) < 0.9
    floats = see_through[..., :3] / np.float64(255)
    shape["mask"] = see_through[..., 3]
    moved = stylist(floats, "claude monet", strength=0, **shape)
    assert moved.dtype == floats.dtype
    assert np.abs(255 * moved - stylist(see_through[..., :3], "claude monet", strength=0, **shape)).max() < 0.51
    alone = stylist(see_through[..., :3], "claude monet", strength=see_through[..., 3], **shape)
    bare = stylist(see_through[..., :3], "claude monet", strength=0, **shape)
    outside = painted[..., 3] == 0
    assert (alone[outside] == bare[outside]).all()
    assert (alone[painted[..., 3] == 255] != bare[painted[..., 3] == 255]).any()


def test_a_photo_in_tiles_has_the_shape_too(stylist, monkeypatch):
    monkeypatch.setattr(stylist, "memory", 5e6)  # bytes
    large = photo("shoe", 240)
    painted = stylist(large, "claude monet", shape=True, mask=mask("shoe", 240), style_mask=mask("boot"), strength=0.2)
    assert painted.shape == large.shape
    assert overlap(red(painted) / 0.8, laid_over(mask("boot") / 255, mask("shoe", 240) / 255)) > 0.85


def test_a_style_picture_that_is_an_open_file_is_read_for_both(stylist, tmp_path):
    Image.fromarray(np.dstack([photo("boot"), mask("boot")])).save(tmp_path / "boot.png")
    asked = {"shape": True, "mask": mask("shoe")}
    with (tmp_path / "boot.png").open("rb") as file:
        opened = stylist(photo(), style_image=file, **asked)
    assert (opened == stylist(photo(), style_image=tmp_path / "boot.png", **asked)).all()


@pytest.mark.parametrize(
    ("controls", "says"),
    [
        ({"shape": True}, r"style_image=\.\.\.\), or a mask of it"),
        ({"mask": mask("shoe")}, "mask is looked at for the shape alone"),
        ({"style_mask": mask("shoe")}, "style_mask is looked at for the shape alone"),
        ({"shape": True, "style_mask": mask("boot"), "mask": mask("shoe")[:40]}, "the mask is 96 x 40"),
    ],
)
def test_what_is_missing_or_useless_is_told(stylist, controls, says):
    with pytest.raises((ValueError, PictureError), match=says):
        stylist(photo(), "claude monet", **controls)


def test_the_command_knows_it_in_the_name_and_in_the_note(tmp_path, capsys):
    for name in ("shoe", "boot"):
        Image.fromarray(photo(name)).save(tmp_path / f"{name}.png")
        Image.fromarray(mask(name)).save(tmp_path / f"{name}_m.png")
    command = [str(tmp_path / "shoe.png"), "--model", "small", "-o", str(tmp_path / "out")]
    masks = ["--mask", str(tmp_path / "shoe_m.png"), "--style-mask", str(tmp_path / "boot_m.png")]
    assert main([*command, "--style-image", str(tmp_path / "boot.png"), "--shape", *masks]) == 0
    made = tmp_path / "out/shoe_boot_shape_mask-shoe_m_shape-of-boot_m.png"
    note = read_note(made)
    told = json.loads(note[note.index("{") :])
    assert (told["shape"], told["mask"], told["style_mask"]) == (True, "shoe_m.png", "boot_m.png")
    assert main([*command, "--style-image", str(tmp_path / "boot.png"), "--shape", *masks]) == 0
    assert "1 were already there" in capsys.readouterr().out
    for wrong, says in (
        (["--style", "titian", *masks], "--mask is for --shape"),
        (["--style", "titian", "--shape"], "--shape takes the shape of a style picture"),
        (["--style-image", "a.png", "--style-image", "b.png", "--shape", *masks], "of one style picture"),
    ):
        assert main([*command, *wrong]) == 2
        assert says in capsys.readouterr().err
    Image.new("L", (96, 96)).save(tmp_path / "black.png")
    asked = ["--style", "titian", "--shape", "--style-mask", str(tmp_path / "boot_m.png")]
    assert main([*command, *asked, "--mask", str(tmp_path / "black.png")]) == 1
    assert "has nothing in it: give a mask that is white on the thing alone (--mask)" in capsys.readouterr().err
