import os
import random
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from hydra.utils import instantiate

from txst.training.callbacks import Gallery
from txst.training.checkpoints import WholeCheckpoints, look_over
from txst.training.loggers import MetricsFile, read_rows
from txst.training.run import alone_in

FULL = Path("/dev/full")  # a disk on which there is no room
SECTIONS: dict = {"loops": {}, "optimizer_states": {}, "callbacks": {}}  # of a checkpoint, beside its weights
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


def test_numbers_that_find_no_room_wait_and_training_goes_on(tmp_path):
    logger = MetricsFile(str(tmp_path), name="", version="")
    beside = tmp_path / ".metrics.csv.part"
    logger.log_metrics({"loss": 1.0}, 0)
    logger.save()
    beside.symlink_to(FULL)
    logger.log_metrics({"loss": 0.5, "new": 7.0}, 1)
    with pytest.warns(UserWarning, match=r"metrics\.csv cannot be written .*No space left.*1 rows wait"):
        logger.save()
    logger.log_metrics({"loss": 0.25}, 2)
    logger.finalize("success")
    rows = [{name: float(value) for name, value in row.items() if value} for row in read_rows(tmp_path / "metrics.csv")]
    assert rows == [{"loss": 1, "step": 0}, {"loss": 0.5, "new": 7, "step": 1}, {"loss": 0.25, "step": 2}]
    assert [p.name for p in tmp_path.iterdir()] == ["metrics.csv"]


def test_numbers_in_known_columns_are_added_to_the_file_all_or_none(tmp_path, monkeypatch):
    logger, file = MetricsFile(str(tmp_path), name="", version=""), tmp_path / "metrics.csv"
    logger.log_metrics({"loss": 1.0}, 0)
    logger.save()
    first, inode = file.read_text(), file.stat().st_ino
    logger.log_metrics({"loss": 0.5}, 1)

    def half(writer, _):
        writer.writer.writerow(["0."])
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as full:
        full.setattr("csv.DictWriter.writerows", half)
        with pytest.warns(UserWarning, match="1 rows wait"):
            logger.save()
    assert file.read_text() == first
    logger.save()
    assert file.stat().st_ino == inode
    assert [row["loss"] for row in read_rows(file)] == ["1.0", "0.5"]


def test_a_gallery_that_finds_no_room_does_not_end_the_run(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    gallery = Gallery(1)
    monkeypatch.setattr("txst.training.callbacks.save_picture", full)
    monkeypatch.setattr(gallery, "paint", lambda *_: None)
    trainer = SimpleNamespace(
        sanity_checking=False, global_step=3, is_global_zero=True, default_root_dir=str(tmp_path), loggers=[]
    )
    with pytest.warns(UserWarning, match=r"step0000003\.png cannot be written .*No space left"):
        gallery.on_validation_batch_end(trainer, None, None, {}, 0)


def test_two_trainings_in_one_folder_are_told_apart(tmp_path):
    with alone_in(tmp_path / "run"):
        with (
            pytest.raises(ValueError, match=rf"process {os.getpid()} on .*, begun .* trains in .*/run: .*run_dir"),
            alone_in(tmp_path / "run"),
        ):
            pass
        assert (tmp_path / "run/.training").is_file()
    with alone_in(tmp_path / "run"):  # one that has ended, or was killed, is in nobody's way
        pass
    assert [p.name for p in (tmp_path / "run").iterdir() if p.name != ".lock"] == []


@pytest.mark.parametrize("place", ["start", "weights", "200 places"])
def test_a_checkpoint_with_flipped_bytes_is_refused_in_a_sentence(tmp_path, place):
    path, task = tmp_path / "last.ckpt", torch.nn.Linear(50, 40)
    torch.save({"state_dict": task.state_dict(), **SECTIONS}, path)
    look_over(path, task)
    data = bytearray(path.read_bytes())
    middle = data.find(task.weight.detach().numpy().tobytes()[:64])
    places = {"start": [100], "weights": [middle + 2]}
    for at in places.get(place) or random.Random(0).sample(range(len(data)), 200):
        data[at] ^= 0xFF
    path.write_bytes(data)
    with pytest.raises(ValueError, match=r"^resume=\S+ is no whole checkpoint \(.*\): name another") as told:
        look_over(path, task)
    assert "\n" not in str(told.value)


def test_a_checkpoint_of_another_method_is_refused_though_all_that_is_needed_is_there(tmp_path):
    path, task = tmp_path / "last.ckpt", torch.nn.Linear(3, 2)
    torch.save({"state_dict": {**task.state_dict(), "model.transfer.attend": torch.ones(2)}, **SECTIONS}, path)
    with pytest.raises(ValueError, match=r"of another model: it holds model\.transfer\.attend"):
        look_over(path, task)
