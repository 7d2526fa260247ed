import re
import runpy
import sys
from pathlib import Path

import pytest
import torch
from small import CONF, painted

from txst.export.run import export_run
from txst.model_folder.folder import load_folder
from txst.training.run import train
from txst.types import Style

SMALL = ["encoder=pyramid", "loss_network=bank", "loss=[content,gram,artist]"]


@pytest.fixture
def script(monkeypatch):
    """Runs a script; gives its exit code."""

    def ran(name, *arguments):
        monkeypatch.setattr(sys, "argv", [name, *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            runpy.run_path(str(CONF.parent / f"scripts/{name}.py"), run_name="__main__")
        return end.value.code

    return ran


@pytest.fixture
def run(tiny, tmp_path):
    train(tiny(*SMALL, "trainer.max_steps=3", "loss.weights.gram=50", "lr=0.01"))
    return tmp_path / "run"


def test_the_export_holds_the_averaged_weights_and_loads_strictly(run, tmp_path):
    model, clip = load_folder(export_run(run, tmp_path / "model"))
    checkpoint = torch.load(run / "checkpoints/last.ckpt", weights_only=True)
    average = next(s["average"] for s in checkpoint["callbacks"].values() if "average" in s)
    assert not average["model.decoder.to_rgb.weight"].equal(checkpoint["state_dict"]["model.decoder.to_rgb.weight"])
    for name, weight in model.state_dict().items():
        assert weight.equal(average[f"model.{name}"])
    assert clip.text(["monet"]).shape == (1, clip.width)
    assert "steps" in (tmp_path / "model/README.md").read_text()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--onnx"], "has no palette, and graphs know styles by a palette alone"),
        (["--palette", "shards/wikiart"], "python scripts/build_palette.py {run} -o {out} --pictures shards/wikiart"),
        (["--tune", "30"], "scripts/build_palette.py"),
    ],
)
def test_what_export_does_not_do_it_refuses_before_it_writes_anything(run, tmp_path, script, capsys, options, says):
    out = tmp_path / "model"
    assert script("export", run, "-o", out, *options) == 1
    assert says.format(run=run, out=out) in capsys.readouterr().err
    assert not out.exists()


def test_a_folder_that_is_no_run_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"config\.yaml is missing"):
        export_run(tmp_path, tmp_path / "model")


def test_frozen_weights_of_the_model_travel_with_it(tiny, tmp_path):
    """An encoder that is not trained is in no checkpoint, and still in the single-pass model."""
    train(
        tiny(
            "encoder=vgg_thin",
            "encoder.weights=null",
            "styled={relu2_1: 8, relu3_1: 16, relu4_1: 16}",
            "loss_network=bank",
            "loss=[content,gram]",
        )
    )
    folder = export_run(tmp_path / "run", tmp_path / "model")
    assert "weights" not in (folder / "config.yaml").read_text().replace("weights: null", "")
    model, clip = load_folder(folder)
    assert painted(model, torch.rand(1, 3, 20, 20), Style(clip.text(["monet"]))).shape == (1, 3, 20, 20)


def test_export_trains_nothing():
    """Neither the scripts that export nor what they import know the palette's training."""
    for path in [*Path("txst/export").glob("*.py"), Path("scripts/export.py")]:
        assert not re.search(r"import.*\b(make_palette|train_words|CodeTuner)\b|txst\.training", path.read_text()), path
    assert "txst.export" not in Path("scripts/train.py").read_text()
