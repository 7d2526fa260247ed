import os
from pathlib import Path

import pytest
import torch
from hydra.utils import instantiate

from txst.training.checkpoints import WholeCheckpoints

FULL = Path("/dev/full")  # a disk on which there is no room
pytestmark = pytest.mark.skipif(not FULL.exists(), reason="only Linux has /dev/full")


def save(checkpoints, path, step, full=False):
    if full:
        os.symlink(FULL, path.with_name(f".{path.name}.part"))
    checkpoints.save_checkpoint({"step": step, "weights": torch.zeros(100_000)}, path)


def test_where_the_disk_is_full_the_previous_checkpoint_stays_and_training_goes_on(tmp_path):
    path, checkpoints = tmp_path / "last.ckpt", WholeCheckpoints(tries=3)
    save(checkpoints, path, 1)
    for _ in range(2):
        with pytest.warns(UserWarning, match=r"no checkpoint could be written.*No space left"):
            save(checkpoints, path, 2, full=True)
        assert torch.load(path, weights_only=True)["step"] == 1
        assert [p.name for p in tmp_path.iterdir()] == ["last.ckpt"]
    save(checkpoints, path, 3)
    assert torch.load(path, weights_only=True)["step"] == 3


def test_where_the_disk_is_full_nothing_is_removed_in_place_of_what_could_not_be_written(tmp_path):
    old, new, checkpoints = tmp_path / "step1.ckpt", tmp_path / "step2.ckpt", WholeCheckpoints(tries=3)
    save(checkpoints, old, 1)
    with pytest.warns(UserWarning, match="no checkpoint could be written"):
        save(checkpoints, new, 2, full=True)
    checkpoints.remove_checkpoint(old)
    assert old.is_file()
    save(checkpoints, new, 2)
    checkpoints.remove_checkpoint(old)
    assert [p.name for p in tmp_path.iterdir()] == ["step2.ckpt"]


def test_a_disk_that_stays_full_stops_the_run_with_the_cause(tmp_path):
    path, checkpoints = tmp_path / "last.ckpt", WholeCheckpoints(tries=2)
    with pytest.warns(UserWarning, match="1 in a row"):
        save(checkpoints, path, 1, full=True)
    with pytest.raises(RuntimeError, match=r"No space left.*make room"):
        save(checkpoints, path, 1, full=True)


def test_what_a_killed_run_left_half_written_is_written_over(tmp_path):
    path = tmp_path / "last.ckpt"
    path.with_name(".last.ckpt.part").write_bytes(b"half")
    save(WholeCheckpoints(), path, 1)
    assert [p.name for p in tmp_path.iterdir()] == ["last.ckpt"]


def test_a_checkpoint_of_txst_0_1_gives_its_running_statistics_back(config):
    task = instantiate(
        config("+experiment=small", "teacher=none", "loss_network=bank", "loss=[content,gram]").task, _convert_="all"
    )
    state = {name: weight + 1 for name, weight in task.state_dict().items()}
    old = {name.replace(".standardize.", ".usual."): weight for name, weight in state.items()}
    checkpoint = {"state_dict": old}
    task.on_load_checkpoint(checkpoint)
    assert checkpoint["state_dict"].keys() == state.keys()
    assert checkpoint["state_dict"]["model.transfer.standardize.mean"].equal(state["model.transfer.standardize.mean"])
