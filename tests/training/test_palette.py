"""Names for a trained model, by the command that gives them."""

import runpy
import sys

import pytest
from PIL import Image
from safetensors.torch import load_file
from small import CONF

from txst import Stylist
from txst.model_folder.config import read_config
from txst.model_folder.folder import save_folder
from txst.models.microast import MicroAST
from txst.training.run import train

CODES = [
    "+experiment=small",
    "teacher=none",
    "loss_network=bank",
    "loss=[content,gram]",
    "clip=none",
    "~callbacks.anneal_loss_weight",
]
NARROW = ["widths={scale1: 8, scale2: 8, scale3: 8}", "style_width=16", "transfer.blocks=1"]


@pytest.fixture
def build(monkeypatch):
    """Runs scripts/build_palette.py; gives its exit code."""

    def ran(*arguments):
        monkeypatch.setattr(sys, "argv", ["build_palette", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            runpy.run_path(str(CONF.parent / "scripts/build_palette.py"), run_name="__main__")
        return end.value.code

    return ran


def test_a_run_and_then_its_folder_are_given_names(tiny, small_shards, tmp_path, build, capsys):
    paintings = small_shards[0].partition("=")[2]
    tiny_of_codes = tiny(*CODES, *NARROW, "size=32", "data.resize=40", "data.batch_size=4", "trainer.max_steps=2")
    run = train(tiny_of_codes).default_root_dir
    assert build(run, "-o", tmp_path / "named", "--pictures", paintings, "--words", 2, "--half") == 0
    assert build(tmp_path / "named", "-o", tmp_path / "again", "--pictures", paintings, "--words", 0) == 0
    first, second = (read_config(tmp_path / name) for name in ("named", "again"))
    assert first["clip"]["names"] == second["clip"]["names"]
    assert [stage["steps"] for stage in second["training"]["stages"]] == [2]
    assert "picture to artist" in first["training"]["words"]
    photo = Image.new("RGB", (40, 30), "navy")
    assert Stylist.from_pretrained(tmp_path / "again")(photo, first["clip"]["names"][0]).size == (40, 30)
    weights = load_file(tmp_path / "again" / "model.safetensors")
    assert float(weights["model.transfer.standardize.batches"]) == 2  # reading the palette's pictures moves no average
    assert (
        build(tmp_path / "named", "-o", tmp_path / "x", "--pictures", paintings, "--artist-classifier", tmp_path) == 1
    )
    assert "name the run's folder" in capsys.readouterr().err


def test_a_model_without_codes_is_refused(small_shards, tmp_path, build, capsys):
    model = {"_target_": "txst.models.microast.MicroAST"}
    clip = {"_target_": "txst.encoders.null_text.NullTextEncoder"}
    weights = {f"model.{name}": weight for name, weight in MicroAST().state_dict().items()}
    folder = save_folder(tmp_path / "shown", {"model": model, "clip": clip}, weights, "# Shown\n")
    assert build(folder, "-o", tmp_path / "x", "--pictures", small_shards[0].partition("=")[2]) == 1
    assert "transfer=conditional_norm" in capsys.readouterr().err
    assert not (tmp_path / "x").exists()
