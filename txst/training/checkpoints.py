"""Checkpoints that are whole, that are written before a run is stopped, and that are looked over before one goes on."""

import os
import signal
import sys
import threading
import warnings
import zipfile
from pathlib import Path
from time import monotonic
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.plugins.io import TorchCheckpointIO
from torch import Tensor

from txst.model_folder.upgrade import upgrade_weights

STOPPED = 128 + signal.SIGTERM  # the exit status of a run that was told to stop, and can go on


class WholeCheckpoints(TorchCheckpointIO):
    """Checkpoints are written beside and renamed: a run killed meanwhile leaves the previous one.

    Where one cannot be written training goes on, with a warning, and the previous ones stay.

    Args:
        tries: after so many failures in a row the run stops, as what it learns is lost.
    """

    def __init__(self, tries: int = 3) -> None:
        super().__init__()
        self.tries, self.failed = tries, 0

    def save_checkpoint(self, checkpoint: dict[str, Any], path: Any, storage_options: object = None) -> None:
        path = Path(path)
        beside = path.with_name(f".{path.name}.part")  # one name: what a killed run leaves is overwritten
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with open(beside, "wb") as file:
                torch.save(checkpoint, file)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(path)
        except (OSError, RuntimeError) as error:  # torch's writer makes RuntimeErrors of a full disk
            beside.unlink(missing_ok=True)
            self.failed += 1
            report = (
                f"no checkpoint could be written to {path} ({error}), {self.failed} in a row; the previous one stays"
            )
            if self.failed >= self.tries:
                raise RuntimeError(f"{report}: make room, and go on from it with resume={path}") from error
            warnings.warn(report, stacklevel=2)
        else:
            self.failed = 0

    def remove_checkpoint(self, path: Any) -> None:
        """Removes one in whose place another was written, and keeps it if that failed."""
        if not self.failed:
            super().remove_checkpoint(path)


# Lightning's ModelCheckpoint(train_time_interval=...) would not do: a run that is told to stop ends with status 0, as if it were
# done (tests/training/test_resume.py), and a checkpoint may fall between two batches whose gradients are accumulated.
class PeriodicCheckpoint(pl.callbacks.Checkpoint):
    """Writes a checkpoint every so often, and when the run is told to stop (SIGTERM, or SLURM's SIGUSR1) before it ends with
    status 143. Always between two steps of the optimizer: gradients that are accumulated are in no checkpoint.

    Args:
        path: of the checkpoint, which is written over.
        minutes: between two; None writes by steps alone.
        steps: the same in steps; None writes by the clock alone.
        every: steps after which several ranks tell each other whether it is time.
    """

    def __init__(self, path: str, minutes: float | None = 10, steps: int | None = None, every: int = 10) -> None:
        self.path, self.minutes, self.steps, self.every = path, minutes, steps, every
        self.told = False
        self.step, self.written = 0, 0.0  # the last that was looked at, and when one was written last

    def on_train_start(self, trainer: pl.Trainer, module: pl.LightningModule) -> None:
        self.told, self.step, self.written = False, trainer.global_step, monotonic()
        if threading.current_thread() is threading.main_thread():
            for signum in (signal.SIGTERM, signal.SIGUSR1):  # Lightning puts back what was there when it ends
                signal.signal(signum, self.tell)

    def tell(self, *_: object) -> None:
        self.told = True  # and nothing else: a step may be half done

    def on_train_batch_end(self, trainer: pl.Trainer, module: pl.LightningModule, *_: object) -> None:
        if trainer.global_step == self.step:
            return
        self.step = trainer.global_step
        due = bool(self.steps and self.step % self.steps == 0)
        if trainer.world_size == 1 or self.step % self.every == 0:
            due |= self.of_any_rank(trainer, self.told or self.is_late())
        if due:
            trainer.save_checkpoint(self.path)
            self.written = monotonic()
            if self.of_any_rank(trainer, self.told):
                sys.exit(STOPPED)

    def is_late(self) -> bool:
        return self.minutes is not None and monotonic() - self.written > 60 * self.minutes

    @staticmethod
    def of_any_rank(trainer: pl.Trainer, decision: bool) -> bool:
        return trainer.strategy.reduce_boolean_decision(decision, all=False)


def look_over(path: str | Path, task: torch.nn.Module) -> None:
    """Refuses what a run cannot go on from.

    Raises:
        ValueError: the file is no whole checkpoint, or not one of such a run.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            if damaged := archive.testzip():
                raise ValueError(f"{damaged} in it is not as it was written")
        checkpoint = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
        lacking = {"state_dict", "loops", "optimizer_states", "callbacks"} - set(checkpoint)
    except Exception as error:  # over a damaged file a reader may stumble in any way
        reason = (str(error) or type(error).__name__).splitlines()[0][:200]
        raise ValueError(f"resume={path} is no whole checkpoint ({reason}): name another, or train anew") from error
    if lacking:
        raise ValueError(f"resume={path} is no checkpoint of a training: it lacks {', '.join(sorted(lacking))}")
    weights = upgrade_weights(checkpoint["state_dict"])
    refuse_another_model(f"resume={path}", weights, task)
    if strange := sorted(weights.keys() - task.state_dict().keys()):
        raise ValueError(
            f"resume={path} is of another model: it holds {strange[0]}, and {len(strange) - 1} more that are not here; "
            "take the settings of its config.yaml"
        )


def refuse_another_model(source: str, weights: dict[str, Tensor], network: torch.nn.Module, part: str = "") -> None:
    """Sees that every weight that is trained has one of its shape there, under its name behind that of the part.

    Raises:
        ValueError: naming the source and the first that has not.
    """
    shapes = {part + name: p.shape for name, p in network.named_parameters() if p.requires_grad}
    kept = {name: weight.shape for name, weight in weights.items()}
    if strange := sorted(name for name in shapes if kept.get(name) != shapes[name]):
        name = strange[0]
        raise ValueError(
            f"{source} is of another model: {name} is {list(kept.get(name, ())) or 'absent'} there "
            f"and {list(shapes[name])} here, and {len(strange) - 1} more differ; take the settings of its config.yaml"
        )
