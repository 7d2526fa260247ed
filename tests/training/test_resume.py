"""Killed at any step and taken up again, a run ends with the weights of one that nobody disturbed."""

import csv
import os
import signal
import subprocess
import sys

import pytest
import pytorch_lightning as pl
import torch

from txst.benchmarks import kill_and_resume as endure
from txst.benchmarks.kill_and_resume import tensors
from txst.training.run import train

EVERYTHING = [  # that has a state: averages in the network, a schedule, a term that fades, a loss that draws
    "encoder=pyramid",
    "loss_network=bank",
    "transfer=conditional_norm",
    "style_width=16",
    "widths={scale1: 8, scale2: 8, scale3: 16}",
    "transfer.blocks=2",
    "loss=[content,gram,remd]",
    "loss.terms.remd.positions=8",
    "task.scheduler={_target_: torch.optim.lr_scheduler.OneCycleLR, _partial_: true, max_lr: 1e-3, total_steps: 7}",
    "+callbacks.anneal_loss_weight={_target_: txst.training.callbacks.AnnealLossWeight, term: remd, steps: 6}",
    "data.batches=3",
    "trainer.max_steps=7",
    "callbacks.periodic_checkpoint.steps=1",
    "lr=1e-3",
]


class Interrupt(Exception):
    pass


class At(pl.Callback):
    """Calls a function in a hook of a step, or else of a batch."""

    def __init__(self, step, hook, act, batch=None):
        self.act = act
        setattr(self, hook, lambda trainer, *_: self.look(trainer, step, batch))

    def look(self, trainer, step, batch):
        if step == trainer.global_step or batch == trainer.fit_loop.total_batch_idx:
            self.act()


def interrupt():
    raise Interrupt


def everything(path):
    return dict(tensors(torch.load(path, weights_only=True)))


def assert_same(one, other):
    assert one.keys() == other.keys()
    assert [name for name in one if not one[name].equal(other[name])] == []


@pytest.fixture
def run(tiny, tmp_path, monkeypatch):
    """Trains in a folder of its own, with more callbacks, and gives its last checkpoint."""

    def trained(name, *overrides, callbacks=()):
        cfg = tiny(*EVERYTHING, *overrides, f"run_dir={tmp_path}/{name}", "resume=auto")
        fit = pl.Trainer.fit

        def with_callbacks(trainer, *args, **kwargs):
            trainer.callbacks[:0] = callbacks
            fit(trainer, *args, **kwargs)

        monkeypatch.setattr(pl.Trainer, "fit", with_callbacks)
        try:
            train(cfg)
        finally:
            monkeypatch.setattr(pl.Trainer, "fit", fit)
        return tmp_path / name / "checkpoints/last.ckpt"

    trained.folder = tmp_path
    return trained


@pytest.fixture
def whole(run):
    return everything(run("whole"))


@pytest.mark.slow
def test_a_run_broken_off_again_and_again_ends_with_the_weights_of_an_unbroken_one(run, whole):
    places = [
        (1, "on_before_optimizer_step"),  # amid an epoch
        (2, "on_train_batch_start"),
        (3, "on_validation_start"),  # after its last batch, before it counts as done
        (4, "on_after_backward"),
        (5, "on_before_zero_grad"),
    ]
    for step, hook in places:
        with pytest.raises(Interrupt):
            run("broken", callbacks=[At(step, hook, interrupt)])
    assert_same(everything(run("broken")), whole)


@pytest.mark.slow
def test_gradients_that_were_accumulated_are_made_again(run):
    two = [
        "trainer.accumulate_grad_batches=2",
        "callbacks.periodic_checkpoint.minutes=0",
        "callbacks.periodic_checkpoint.steps=null",
    ]
    whole = everything(run("two", *two))
    for batch in (1, 4, 6):  # the second of two; the first of an epoch of three, and its last, a step of one
        break_off = At(None, "on_before_backward", interrupt, batch)
        with pytest.raises(Interrupt):
            run("broken", *two, callbacks=[break_off])
    assert_same(everything(run("broken", *two)), whole)


def kill_at(cfg, step):
    """Trains until the process kills itself, in the middle of a step."""
    fit, at = pl.Trainer.fit, At(step, "on_after_backward", lambda: os.kill(os.getpid(), signal.SIGKILL))
    pl.Trainer.fit = lambda trainer, *a, **k: (trainer.callbacks.append(at), fit(trainer, *a, **k))
    train(cfg)


@pytest.mark.slow
def test_a_run_killed_by_the_machine_ends_so_too(run, whole, tiny):
    cfg = tiny(*EVERYTHING, f"run_dir={run.folder}/killed")
    process = torch.multiprocessing.get_context("spawn").Process(target=kill_at, args=(cfg, 4))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    assert everything(run.folder / "killed/checkpoints/last.ckpt")["step"] == 4
    assert_same(everything(run("killed")), whole)


def test_a_run_that_is_told_to_stop_writes_a_checkpoint_of_that_step_first(run, whole):
    never = "callbacks.periodic_checkpoint.steps=null"
    for step, signum in ((1, signal.SIGTERM), (4, signal.SIGUSR1)):
        with pytest.raises(SystemExit) as end:
            run("told", never, callbacks=[At(step, "on_after_backward", lambda s=signum: os.kill(os.getpid(), s))])
        assert end.value.code == 143
        assert torch.load(run.folder / "told/checkpoints/last.ckpt", weights_only=True)["global_step"] == step + 1
    assert_same(everything(run("told", never)), whole)
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


def told_with_all_its_processes(cfg):
    """Trains as the head of a group, all of which is told to stop within a step: the second of an epoch, for which both workers are up."""
    os.setpgid(0, 0)
    fit, at = pl.Trainer.fit, At(4, "on_after_backward", lambda: os.killpg(0, signal.SIGTERM))
    pl.Trainer.fit = lambda trainer, *a, **k: (trainer.callbacks.append(at), fit(trainer, *a, **k))
    train(cfg)


@pytest.mark.slow
def test_a_run_whose_whole_group_of_processes_is_told_to_stop_loses_no_step(run, tiny):
    more = [f"run_dir={run.folder}/group", "data.workers=2", "callbacks.periodic_checkpoint.steps=null"]
    process = torch.multiprocessing.get_context("spawn").Process(
        target=told_with_all_its_processes, args=(tiny(*EVERYTHING, *more),)
    )
    process.start()
    process.join()
    assert process.exitcode == 143
    assert torch.load(run.folder / "group/checkpoints/last.ckpt", weights_only=True)["global_step"] == 5


def test_a_folder_that_cannot_be_written_to_stops_with_a_sentence(tiny, tmp_path):
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(SystemExit, match=r"^train: [^\n]*Not a directory: [^\n]*/file/run'$"):
        train(tiny("encoder=pyramid", "loss_network=bank", "loss=[content,gram]", f"run_dir={tmp_path}/file/run"))


@pytest.mark.slow
def test_a_run_goes_on_with_other_workers_as_far_as_it_would_have_gone(run):
    with pytest.raises(Interrupt):
        run("other", callbacks=[At(2, "on_train_batch_start", interrupt)])
    assert everything(run("other", "data.workers=1"))["step"] == 7


def test_the_numbers_of_a_run_that_is_taken_up_are_kept(run):
    often = "trainer.log_every_n_steps=1"
    with pytest.raises(Interrupt):
        run("kept", often, callbacks=[At(2, "on_train_batch_start", interrupt)])
    last = run("kept", often)
    steps = [
        [int(row["step"]) for row in csv.DictReader(file.open(newline="")) if row["train/loss"]]
        for file in (last.parent.parent / "metrics_1.csv", last.parent.parent / "metrics.csv")
    ]
    assert steps == [[0, 1], [2, 3, 4, 5, 6]]


@pytest.mark.parametrize(
    ("bytes_", "says"),
    [
        (lambda data: data[: len(data) // 2], "is no whole checkpoint"),
        (lambda data: b"", "is no whole checkpoint"),
        (lambda data: b"a picture", "is no whole checkpoint"),
    ],
)
def test_a_torn_checkpoint_is_refused_in_a_sentence(tiny, tmp_path, bytes_, says):
    file = tmp_path / "last.ckpt"
    torch.save({"state_dict": {"a": torch.zeros(1000)}}, file)
    file.write_bytes(bytes_(file.read_bytes()))
    refused(tiny, file, says)


def test_a_foreign_checkpoint_is_refused_in_a_sentence(tiny, tmp_path, run):
    file = tmp_path / "foreign.ckpt"
    torch.save({"model": {}}, file)
    refused(tiny, file, "it lacks callbacks")
    refused(tiny, run("own"), "of another model")


def test_a_checkpoint_that_would_run_code_is_refused(tiny, tmp_path):
    class Evil:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "ran"),)

    file = tmp_path / "evil.ckpt"
    torch.save({"state_dict": Evil()}, file)
    refused(tiny, file, "is no whole checkpoint")
    assert not (tmp_path / "ran").exists()


def refused(tiny, file, says):
    with pytest.raises(SystemExit) as stop:
        train(tiny("encoder=pyramid", "loss_network=bank", f"resume={file}"))
    assert str(stop.value).startswith(f"train: resume={file}")
    assert says in str(stop.value)
    assert "\n" not in str(stop.value)


def test_ctrl_c_ends_the_training_that_is_tried(tmp_path, monkeypatch):
    runs, popen = [], subprocess.Popen

    def stopped(seconds):
        raise KeyboardInterrupt

    monkeypatch.setattr(endure, "sleep", stopped)
    monkeypatch.setattr(subprocess, "Popen", lambda *a, **k: runs.append(popen(*a, **k)) or runs[-1])
    with pytest.raises(KeyboardInterrupt):
        endure.start([sys.executable, "-c", "import time; time.sleep(60)"], tmp_path)
    assert runs[0].returncode == -signal.SIGKILL
