"""Methods that a board trains first."""

import pytest
import torch
from hydra import compose, initialize_config_dir
from small import CONF, TINY

from txst.evaluation.trained import trained
from txst.model_folder.folder import load_folder

SMALL = [*TINY, "encoder=pyramid", "loss_network=bank", "loss=[content,gram]"]


@pytest.fixture
def shards(small_shards):
    paintings, photos = (override.partition("=")[2] for override in small_shards)
    return photos, paintings


def test_a_run_is_trained_once_goes_on_when_cut_short_and_is_not_taken_for_another(shards, tmp_path):
    run = tmp_path / "adain"
    checkpoint = run / "checkpoints/last.ckpt"
    with initialize_config_dir(str(CONF), version_base="1.3"):
        folder = trained([*SMALL, "transfer=adain"], *shards, 2, run)
        assert load_folder(folder)[0].reads == {"image"}
        made = checkpoint.stat().st_mtime_ns
        trained([*SMALL, "transfer=adain"], *shards, 2, run)
        assert checkpoint.stat().st_mtime_ns == made
        trained([*SMALL, "transfer=adain"], *shards, 4, run)
        assert torch.load(checkpoint, weights_only=True)["global_step"] == 4
        with pytest.raises(ValueError, match="trained for 4 steps, more than the 2 to compare"):
            trained([*SMALL, "transfer=adain"], *shards, 2, run)
        with pytest.raises(ValueError, match="a run with other settings"):
            trained([*SMALL, "transfer=efdm"], *shards, 2, run)


@pytest.mark.slow
def test_a_board_trains_its_methods_and_measures_them(board, tmp_path):
    overrides = ",".join(f'"{o}"' for o in SMALL)
    settings = f"train={{folder: {tmp_path}/trained, steps: 2, overrides: [{overrides}]}}"
    result = board("methods=[adain,other]", settings)
    assert [row["error"] for row in result["methods"].values()] == [None, None]
    assert result["methods"]["other"]["driven_by"] == "adain, wrong picture"


def test_a_training_that_cannot_begin_is_the_methods_error(board):
    result = board(
        "methods=[adain,untouched]", "train.overrides=['+experiment=mini','loss_network.weights=nowhere.pth']"
    )
    assert "nowhere.pth" in result["methods"]["adain"]["error"]
    assert result["methods"]["untouched"]["error"] is None


@pytest.mark.parametrize("name", ["adain", "efdm", "hmin", "sanet", "adaattn", "stytr2"])
def test_the_real_settings_compose(name):
    with initialize_config_dir(str(CONF), version_base="1.3"):
        cfg = compose("compare", [f"methods=[{name}]", "run_dir=r", "data.content=c", "data.style=s"])
        own = cfg.methods[name]
        inner = compose("train", [*own.common, *own.overrides, "run_dir=r", "name=n"])
    network = inner.model if name == "stytr2" else inner.transfer
    assert network._target_.lower().endswith(name)
    assert "artist" not in inner.loss.terms
    assert own.run == f"r/trained/{name}"
