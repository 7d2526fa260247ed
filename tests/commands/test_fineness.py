"""Strokes that are told where to be fine, of the model that chooses them by place."""

import runpy
import sys

import numpy as np
import pytest
from PIL import Image
from small import SMALL

from txst import Stylist
from txst.__main__ import main
from txst.pictures.formats import open_picture_file


@pytest.fixture(scope="module")
def aams(tmp_path_factory):
    """A model folder with random weights, and a photo, a style picture and a mask beside it."""
    import torch

    from txst.export.run import save_model
    from txst.layers.ops import he_init
    from txst.model_folder.folder import build

    folder = tmp_path_factory.mktemp("aams")
    layers = ["relu1_1", "relu2_1", "relu3_1", "relu4_1"]
    encoder = {"_target_": "txst.encoders.vgg.VGG", "layers": layers, "channels": [4, 4, 6, 8], "weights": None}
    config = {
        "model": {"_target_": "txst.models.aams.AAMS", "encoder": encoder},
        "clip": {"_target_": "txst.encoders.null_text.NullTextEncoder"},
        "training": {"stages": []},
    }
    torch.manual_seed(0)
    model = build(config["model"]).apply(he_init)  # of features that differ from place to place
    weights = {f"model.{name}": weight for name, weight in model.state_dict().items()}
    save_model(folder / "model", "aams", config, weights)
    rng = np.random.default_rng(0)
    for name in ("photo", "style"):
        Image.fromarray(rng.integers(0, 256, (64, 96, 3), np.uint8)).save(folder / f"{name}.png")
    Image.fromarray(np.repeat(255 * (np.arange(96) < 48).astype(np.uint8)[None], 64, 0)).save(folder / "mask.png")
    return folder


def painted(folder, *more):
    out = folder / "painted.png"
    files = [str(folder / "photo.png"), "--style-image", str(folder / "style.png"), "--model", str(folder / "model")]
    assert main([*files, "-o", str(out), "--overwrite", *more]) == 0
    with open_picture_file(out) as picture:
        return np.asarray(picture.convert("RGB"), int)


def test_a_mask_is_a_map_of_such_numbers(aams):
    Image.new("L", (96, 64), "white").save(aams / "white.png")
    broad, fine = (painted(aams, "--fineness", value) for value in ("0", "100%"))
    assert (broad != fine).any()
    assert (painted(aams, "--fineness", str(aams / "white.png")) == fine).all()
    mixed = painted(aams, "--fineness", str(aams / "mask.png"))
    assert (mixed != fine).any()
    assert (mixed != broad).any()


def test_where_it_cannot_be_meant_a_sentence_says_so(aams, capsys):
    photo = str(aams / "photo.png")
    assert main([photo, "--style", "titian", "--model", str(SMALL), "--fineness", "1", "-o", str(aams / "x.png")]) == 1
    assert "this model does not choose strokes by place: leave fineness out" in capsys.readouterr().err
    assert not (aams / "x.png").exists()
    assert (
        main(
            [
                photo,
                "--style-image",
                photo,
                "--model",
                str(aams / "model"),
                "--fineness",
                "2",
                "-o",
                str(aams / "x.png"),
            ]
        )
        == 2
    )
    assert "fineness is 2" in capsys.readouterr().err
    with pytest.raises(ValueError, match="fineness is -1"):
        Stylist.from_pretrained(aams / "model")(photo, style_image=photo, fineness=-1)


def test_the_map_and_the_strokes_are_shown(aams, tmp_path, monkeypatch, capsys):
    show = runpy.run_path("scripts/strokes.py")["main"]
    files = [str(aams / name) for name in ("model", "photo.png", "style.png")]
    monkeypatch.setattr(sys, "argv", ["strokes.py", *files, "--fineness", "0.5", "-o", str(tmp_path / "sheet.png")])
    assert show() == 0
    with open_picture_file(tmp_path / "sheet.png") as sheet:
        assert sheet.width > 5 * sheet.height  # seven pictures in a row, and their names
    monkeypatch.setattr(sys, "argv", ["strokes.py", str(SMALL), *files[1:], "-o", str(tmp_path / "x.png")])
    assert show() == 1
    assert "does not choose strokes by place" in capsys.readouterr().err
