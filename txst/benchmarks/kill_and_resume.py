"""Whether a training that is killed again and again ends as one that nobody disturbed."""

import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import torch
from torch import Tensor
from tqdm import tqdm

LAST = "checkpoints/last.ckpt"


def endure(command: list[str], out: Path, kills: int, seed: int) -> dict[str, float]:
    """Trains twice, the second time killed at random, and gives the largest difference of all that differs at the end.

    Args:
        command: starts a training; folders and `resume=auto` are added.
        out: folder for both runs, `unbroken` and `killed`.
        kills: how often the second is killed, with SIGKILL, all of its processes.
        seed: of the moments.
    """
    rng = random.Random(seed)
    run, began = start(command, out / "unbroken"), monotonic()
    finish(run)
    lasted = monotonic() - began
    for number in range(1, kills + 1):
        run, wait = start(command, out / "killed"), rng.uniform(0, 1.5 * lasted / (kills + 1))
        try:
            finish(run, wait)
            tqdm.write(f"ended before kill {number}, which was to come after {wait:.0f} s")
        except subprocess.TimeoutExpired:
            kill(run)
            tqdm.write(f"killed after {wait:.0f} s; the last checkpoint is of step {step(out / 'killed')}")
    finish(start(command, out / "killed"))
    return differences(*(out / run / LAST for run in ("unbroken", "killed")))


def start(command: list[str], folder: Path) -> subprocess.Popen:
    """Returns once it has built everything, which is when it writes its config."""
    config = folder / "config.yaml"
    config.unlink(missing_ok=True)
    # a session of its own: its processes are killed together
    run = subprocess.Popen([*command, f"hydra.run.dir={folder}", "resume=auto"], start_new_session=True)
    with ending(run):
        while run.poll() is None and not config.is_file():
            sleep(0.1)
    return run


def finish(run: subprocess.Popen, seconds: float | None = None) -> None:
    with ending(run):
        status = run.wait(seconds)
    if status:
        sys.exit(f"the training ended with status {status}")


@contextmanager
def ending(run: subprocess.Popen) -> Iterator[None]:
    """Ctrl-C, which does not reach another session, ends the training, too."""
    try:
        yield
    except KeyboardInterrupt:
        kill(run)
        raise


def kill(run: subprocess.Popen) -> None:
    """All of its processes."""
    os.killpg(run.pid, signal.SIGKILL)
    run.wait()


def step(run: Path) -> int:
    """How far its last checkpoint is."""
    file = run / LAST
    return torch.load(file, "cpu", weights_only=True)["global_step"] if file.is_file() else 0


def differences(one: Path, other: Path) -> dict[str, float]:
    """Of two checkpoints' weights, averages, optimizers and schedules, by name; what is equal to the bit is left out."""
    a, b = (dict(tensors(torch.load(file, map_location="cpu", weights_only=True))) for file in (one, other))
    if astray := sorted(a.keys() ^ b.keys()):
        raise ValueError(f"{other} differs from {one} in what it holds: {astray[0]}, ...")
    return {name: float((a[name] - b[name]).abs().max()) for name in a if not a[name].equal(b[name])}


def tensors(checkpoint: dict[str, Any]) -> list[tuple[str, Tensor]]:
    """All of a checkpoint that training goes on from."""
    found = [("step", torch.tensor(checkpoint["global_step"])), *checkpoint["state_dict"].items()]
    for number, state in enumerate(checkpoint["optimizer_states"]):
        found += [(f"optimizer {number} {i} {k}", v) for i, s in state["state"].items() for k, v in s.items()]
    for number, schedule in enumerate(checkpoint["lr_schedulers"]):
        found.append((f"schedule {number}", torch.tensor(schedule["_last_lr"])))
    for state in checkpoint["callbacks"].values():
        found += [(f"average {name}", x) for name, x in state.get("average", {}).items()]
    return found
