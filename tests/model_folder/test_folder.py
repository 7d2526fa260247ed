import pytest
import torch
from safetensors.torch import load_file, save_file

from txst.model_folder.folder import ModelFolderError, load_folder, save_folder


def test_what_is_saved_is_what_is_loaded(model_folder, tmp_path):
    model, clip = load_folder(model_folder)
    weights = load_file(model_folder / "model.safetensors")
    for name, weight in [*model.state_dict().items()]:
        assert weight.equal(weights[f"model.{name}"])
    assert not model.training
    assert not any(p.requires_grad for p in [*model.parameters(), *clip.parameters()])


def test_a_failed_save_leaves_the_earlier_model(model_folder, tmp_path):
    config = {"model": {}, "clip": {}}
    folder = save_folder(tmp_path / "model", config, {"model.a": torch.ones(2)}, "first")
    with pytest.raises(AttributeError):
        save_folder(folder, config, {"model.a": "no tensor"}, "second")
    assert (folder / "README.md").read_text() == "first"
    assert [p.name for p in tmp_path.iterdir()] == ["model"]


def test_a_folder_with_other_things_in_it_is_not_replaced(tmp_path):
    (tmp_path / "thesis.txt").write_text("precious")
    with pytest.raises(ModelFolderError, match="holds no model"):
        save_folder(tmp_path, {}, {}, "")
    assert (tmp_path / "thesis.txt").read_text() == "precious"


@pytest.mark.parametrize(
    "target",
    [
        "os.system",
        "subprocess.Popen",
        "txst",
        "builtins.eval",
        "txst.model_folder.folder.load_folder",
        "txst.os.system",
        "txst.metrics.artist.ArtistClassifier",
        "txst.models.nothing.Here",
    ],
)
def test_a_config_builds_nothing_but_networks_of_txst(hostile, target):
    folder = hostile(lambda c: c["model"]["decoder"].update(_target_=target))
    with pytest.raises(ModelFolderError, match="wants to"):
        load_folder(folder)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda c: c.pop("model"), "describes no model"),
        (lambda c: c.update(clip=[]), "describes no clip"),
        (lambda c: c["model"]["encoder"].update(widths=5), "encoder"),
        (lambda c: c["model"]["decoder"].update(widths=5), "decoder"),
        (lambda c: c["model"]["encoder"]["widths"].update(scale1=-4), "pyramid"),
        (lambda c: c.update(model=c["model"]["encoder"]), "no model that paints"),
        (lambda c: c.update(clip=dict(c["model"]["encoder"], widths={})), "reads no styles"),
        (lambda c: c["clip"].update(_target_=7), "wants to build 7"),
    ],
)
def test_a_config_that_describes_no_model_is_told_which_part(hostile, change, says):
    with pytest.raises(ModelFolderError, match=says):
        load_folder(hostile(change))


def test_a_config_with_python_tags_is_refused(model_folder, hostile, tmp_path):
    folder = hostile(lambda c: None)
    canary = tmp_path / "canary"
    (folder / "config.yaml").write_text(f"model: !!python/object/apply:pathlib.Path.touch [{canary}]")
    with pytest.raises(ModelFolderError, match="unreadable"):
        load_folder(folder)
    assert not canary.exists()


def test_missing_and_foreign_weights_are_named(hostile):
    folder = hostile(lambda c: None)
    weights = load_file(folder / "model.safetensors")
    weights["model.decoder.extra"] = weights.pop("model.decoder.to_rgb.bias")
    save_file(weights, folder / "model.safetensors")
    with pytest.raises(ModelFolderError, match=r"decoder\.extra, model\.decoder\.to_rgb\.bias"):
        load_folder(folder)


def test_an_empty_folder_says_what_it_lacks(tmp_path):
    with pytest.raises(ModelFolderError, match=r"config\.yaml"):
        load_folder(tmp_path)


def test_another_format_is_refused(hostile):
    with pytest.raises(ModelFolderError, match="format"):
        load_folder(hostile(lambda c: c.update(format=99)))
