import pytest
import torch

from txst.export.run import export_run
from txst.model_folder.folder import load_folder
from txst.training.run import train
from txst.types import Style

SMALL = ["encoder=pyramid", "loss_network=bank", "loss=[content,gram,artist]"]


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
    assert model(torch.rand(1, 3, 20, 20), Style(clip.text(["monet"]))).shape == (1, 3, 20, 20)
