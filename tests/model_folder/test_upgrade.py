"""Folders that txst 0.1 wrote load as they are."""

import numpy as np
import pytest
import torch
import yaml
from PIL import Image
from safetensors.torch import load_file, save_file
from small import SMALL

from txst import Stylist
from txst.backends.backend import open_backend
from txst.model_folder.config import FORMAT, ModelFolderError, read_config
from txst.model_folder.folder import load_folder
from txst.model_folder.run_folder import starting_weights
from txst.model_folder.upgrade import ARGUMENTS, TARGETS, WEIGHTS, upgrade_config, upgrade_weights

OLD_WEIGHTS = {now: old for old, now in WEIGHTS.items()}
OLD_TARGETS = {now: old for old, now in TARGETS.items()}


def written_before(config):
    """A config in the words of txst 0.1."""
    if isinstance(config, list):
        return [written_before(part) for part in config]
    if not isinstance(config, dict):
        return config
    target = config.get("_target_")
    names = {now: old for old, now in ARGUMENTS.get(target, {}).items() if now}
    old = {names.get(name, name): written_before(value) for name, value in config.items()}
    if target:
        old["_target_"] = OLD_TARGETS.get(target, target)
    return old | ({"needs_picture": False} if names else {})


@pytest.fixture
def old_folder(named_folder, tmp_path):
    """The small model with names, as txst 0.1 would have written it, without graphs."""
    config = written_before(read_config(named_folder)) | {"format": 1}
    weights = {}
    for name, value in load_file(named_folder / "model.safetensors").items():
        begin = next((b for b in OLD_WEIGHTS if name.startswith(b)), "")
        weights[OLD_WEIGHTS.get(begin, "") + name.removeprefix(begin)] = value
    folder = tmp_path / "old"
    folder.mkdir()
    save_file(weights, folder / "model.safetensors")
    (folder / "config.yaml").write_text(yaml.safe_dump(config))
    (folder / "README.md").write_text("# Old\n")
    return folder


def test_a_folder_of_format_1_paints_what_the_same_one_of_today_does(old_folder, named_folder):
    text = (old_folder / "config.yaml").read_text()
    for old in ("txst.transfers.brush.Brush", "txst.encoders.palette.Palette", "eye:", "needs_picture: false"):
        assert old in text
    assert {"model.transfer.usual.mean", "clip.merit"} <= set(load_file(old_folder / "model.safetensors"))
    photo = Image.fromarray(np.random.default_rng(0).integers(0, 256, (30, 40, 3), dtype=np.uint8))
    old, new = (Stylist.from_pretrained(f, "cpu", "torch")(photo, "claude monet") for f in (old_folder, named_folder))
    assert old.tobytes() == new.tobytes()


@pytest.mark.slow
def test_graphs_of_a_folder_of_format_1_read_its_weights_under_their_old_names(old_folder):
    from txst.export.onnx import export_onnx

    export_onnx(old_folder)
    image = np.random.default_rng(0).random((1, 3, 24, 32), np.float32)
    by_torch, by_graphs = (open_backend(old_folder, name) for name in ("torch", "onnxruntime"))
    ours, theirs = (b.paint(image, b.prepare_style(b.text_code("claude monet"))) for b in (by_graphs, by_torch))
    assert np.abs(ours - theirs).max() < 1 / 255
    assert (old_folder / "paint.onnx").stat().st_size < 80_000


def test_the_bundled_folder_is_of_format_1_and_loads_as_it_is():
    assert yaml.safe_load((SMALL / "config.yaml").read_text())["format"] == 1
    config = read_config(SMALL)
    assert config["format"] == FORMAT
    assert config["model"]["transfer"]["_target_"].endswith("ConditionalNormTransfer")
    assert config["training"]["stages"][0]["loss_network"].endswith("SqueezeNet")
    model, clip = load_folder(SMALL)
    stored = load_file(SMALL / "model.safetensors")
    assert clip.score.equal(stored["clip.merit"].float())
    assert model.transfer.standardize.mean.equal(stored["model.transfer.usual.mean"].float())
    assert {f"model.{name}" for name in model.state_dict()} <= set(starting_weights(SMALL))


def test_what_is_in_todays_words_stays_as_it_is(named_folder):
    config = read_config(named_folder)
    assert upgrade_config(config) == config
    weights = dict.fromkeys(load_file(named_folder / "model.safetensors"))
    assert upgrade_weights(weights) == weights


def test_a_weight_under_both_of_its_names_is_refused(old_folder):
    weights = load_file(old_folder / "model.safetensors")
    weights["clip.score"] = torch.zeros_like(weights["clip.merit"])
    save_file(weights, old_folder / "model.safetensors")
    with pytest.raises(ModelFolderError, match=r"clip\.score is there twice"):
        load_folder(old_folder)


@pytest.mark.parametrize("config", [None, 7, [[]], {"_target_": []}, {"_target_": {"a": 1}}, {1: {"judge": 2}}])
def test_a_config_that_is_no_models_comes_through(config):
    assert upgrade_config(config) == config
