"""The one command that makes the model of cartoons, from published files to a picture, with small networks."""

import runpy
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from txst import Stylist
from txst.export.published_cartoongan import cartoongan
from txst.model_folder.folder import build

SCRIPT = Path(__file__).parents[2] / "scripts/make_cartoon.py"
TINY = [
    "loss_network=bank", "loss_network.layers=[bank1]", "layers.style=[bank1]", "loss.terms.teacher.layers=[]", "size=32",
    "widths={scale1: 4, scale2: 4, scale3: 8}", "data.batches=2", "data.val_batches=1", "trainer.max_steps=2", "trainer.accelerator=cpu",
    "trainer.enable_progress_bar=false",
]  # fmt: skip


def run(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", [str(SCRIPT), *map(str, arguments)])
    with pytest.raises(SystemExit) as end:
        runpy.run_path(str(SCRIPT), run_name="__main__")
    return end.value.code


@pytest.mark.slow
def test_teachers_photos_and_one_command_make_a_model_that_paints(tmp_path, monkeypatch):
    network = cartoongan()
    network.model.update(width=2, blocks=1)
    monkeypatch.setattr("txst.export.import_published.cartoongan", lambda: network)
    clone, photos = tmp_path / "clone", tmp_path / "photos"
    for style in ("hayao", "hosoda", "paprika", "shinkai"):
        folder = clone / "style_transfer/cartoongan/pretrained_weights" / style
        folder.mkdir(parents=True)
        for name, weight in build(network.model).state_dict().items():
            ours = max((our for our in network.names.values() if name.startswith(our)), key=len)
            theirs = next(their for their, our in network.names.items() if our == ours)
            np.save(folder / f"{theirs}{name.removeprefix(ours)}.npy", weight.numpy())
    photos.mkdir()
    draw = np.random.default_rng(0)
    for number in range(24):
        Image.fromarray(draw.integers(0, 256, (24, 24, 3), np.uint8)).save(photos / f"{number}.png")
    given = [clone, photos, "-o", tmp_path / "model", "--work", tmp_path / "work", "--no-faces", *TINY]
    assert run(monkeypatch, *given) == 0
    stylist = Stylist.from_pretrained(tmp_path / "model")
    assert type(stylist.painter).__name__ == "OnnxBackend"
    photo = Image.open(photos / "0.png")
    assert stylist(photo, "cartoon: hayao").tobytes() != stylist(photo, "cartoon: shinkai").tobytes()
    assert 'txst photo.jpg --style "cartoon hayao"' in (tmp_path / "model/README.md").read_text()


def test_a_folder_that_is_no_clone_is_named_with_the_remedy(tmp_path, monkeypatch, capsys):
    assert run(monkeypatch, tmp_path, tmp_path, "-o", tmp_path / "model", "--work", tmp_path / "work") == 1
    assert "git clone https://github.com/mnicnc404/CartoonGan-tensorflow" in capsys.readouterr().err
