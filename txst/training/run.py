"""From a config to a trained model."""

import copy
import gc
import os
import platform
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path

import pytorch_lightning as pl
import torch
from filelock import FileLock, Timeout
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf, open_dict
from pytorch_lightning.utilities.exceptions import MisconfigurationException
from torch import Tensor
from torch.utils.data.dataloader import _MultiProcessingDataLoaderIter

from txst.data.samples import ShardError
from txst.machine import quickest_precision
from txst.training.checkpoints import look_over, refuse_another_model
from txst.training.module import StyleTraining
from txst.types import LossInputError


def train(cfg: DictConfig, init: dict[str, Tensor] | None = None) -> pl.Trainer:
    """Builds what the config names and fits it; stops with one sentence where something is missing.

    HYDRA_FULL_ERROR=1 shows where.

    Args:
        cfg: of conf/train.yaml.
        init: weights to start from, by their names in the task; all that are trained must be there, or those of `cfg.init_parts`.
    """
    pl.seed_everything(cfg.seed, workers=True, verbose=False)
    torch.set_float32_matmul_precision("high")
    settle_precision(cfg)
    with in_a_sentence(Exception):
        resume = checkpoint(cfg)
        data = instantiate(cfg.data, _convert_="all")
        task = build_task(cfg, resume, init)
        trainer = build_trainer(cfg)
    folder = Path(trainer.default_root_dir)
    with ExitStack() as held:
        if trainer.is_global_zero:
            with in_a_sentence(OSError, ValueError):
                held.enter_context(alone_in(folder))
                set_aside(folder / "metrics.csv")
                OmegaConf.save(cfg, folder / "config.yaml", resolve=True)
        # the first is Lightning's, of options that do not go together
        with in_a_sentence(MisconfigurationException, ShardError, LossInputError):
            try:
                trainer.fit(task, datamodule=data, ckpt_path=resume, weights_only=True if resume else None)
            except BaseException:
                end_workers()
                raise
    if getattr(trainer.strategy.checkpoint_io, "failed", 0):
        sys.exit("train: the last checkpoint could not be written, and the run's last steps are lost: make room")
    return trainer


def settle_precision(cfg: DictConfig) -> None:
    """Puts that of this machine in the place of trainer.precision=auto."""
    if cfg.trainer.precision == "auto":
        cfg.trainer.precision = quickest_precision(cfg.trainer.accelerator)


def end_workers() -> None:
    """Ends the processes of the loaders that a failed training leaves.

    They are deaf to SIGTERM (`data.epoch.leave_stopping_to_the_run`), and Python would wait for them when it ends.
    """
    for reader in [x for x in gc.get_objects() if type(x) is _MultiProcessingDataLoaderIter]:
        reader._shutdown_workers()


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Keeps other trainings out of a run's folder as long as this one lives; two would write over each other's checkpoints.

    Raises:
        ValueError: another trains there, which is named.
        OSError: nothing can be written there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    owner = folder / ".training"
    lock = FileLock(folder / ".lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        other = owner.read_text() if owner.is_file() else "another process"
        raise ValueError(f"{other} trains in {folder}: let it end, or give this run a run_dir of its own") from None
    try:
        owner.write_text(f"process {os.getpid()} on {platform.node()}, begun {datetime.now():%Y-%m-%d %H:%M},")
        yield
    finally:
        owner.unlink(missing_ok=True)
        lock.release()


@contextmanager
def in_a_sentence(*errors: type[Exception]) -> Iterator[None]:
    """Ends the program with what such an error says, unless HYDRA_FULL_ERROR=1 asks where it was raised."""
    try:
        yield
    except errors as error:
        if os.environ.get("HYDRA_FULL_ERROR") == "1":
            raise
        sys.exit(f"train: {sentence(error).rpartition('ShardError: ')[2]}")  # behind what a worker's traceback says


def build_task(cfg: DictConfig, resume: str | None, init: dict[str, Tensor] | None) -> pl.LightningModule:
    """The task with the weights that it starts from, if a checkpoint to go on from does not have them.

    Raises:
        ValueError: it is none that is trained, or what it starts from is of another model.
    """
    task = instantiate(cfg.task, _convert_="all")
    if not isinstance(task, pl.LightningModule):
        raise ValueError(f"{type(task).__name__} is not trained: python scripts/optimise.py runs task=optimise")
    if resume:
        look_over(resume, task)
    if isinstance(task, StyleTraining):
        refuse_unnamed(task)
    if cfg.get("init_parts") and init is None:
        raise ValueError("init_parts names parts of init=, and none is given: name a run or a model, or leave it out")
    if init is not None:
        task.load_state_dict(chosen(init, task, cfg.get("init_parts")), strict=False)
    return task


def chosen(init: dict[str, Tensor], task: pl.LightningModule, parts: Sequence[str] | None) -> dict[str, Tensor]:
    """Of the weights to start from those of some parts of the model; None: all.

    Raises:
        ValueError: they are of another model, or it has no such part.
    """
    model = task.get_submodule("model")
    for part in parts or [""]:
        try:
            network = model.get_submodule(part)
        except AttributeError:
            names = ", ".join(name for name, _ in model.named_children())
            raise ValueError(f"init_parts names {part!r}, and the parts of this model are {names}") from None
        refuse_another_model("init", init, network, f"model.{part}." if part else "model.")
    if not parts:
        return init
    return {name: w for name, w in init.items() if name.startswith(tuple(f"model.{part}." for part in parts))}


def build_trainer(cfg: DictConfig) -> pl.Trainer:
    """The trainer with its callbacks, less those that are null, and those that write checkpoints where `trainer.enable_checkpointing=false`."""
    without = ("Checkpoint",) if cfg.trainer.get("enable_checkpointing") is False else ()
    cfg = copy.deepcopy(cfg)
    with open_dict(cfg):
        cfg.callbacks = {k: c for k, c in cfg.callbacks.items() if c and not c._target_.endswith(without)}
    return instantiate(cfg.trainer, _convert_="all")


def refuse_unnamed(task: StyleTraining) -> None:
    """Sees that a model that paints after names is given something that reads them.

    Raises:
        ValueError: it is not.
    """
    if "text" in task.model.reads and not task.clip.width:
        raise ValueError(
            "the model paints after names, and clip=none reads none: take clip=openclip or clip=space, "
            "or a model that paints after pictures, e.g. transfer=conditional_norm"
        )


def checkpoint(cfg: DictConfig) -> str | None:
    """What the run goes on from; `resume=auto` takes its own last checkpoint, if there is one."""
    if cfg.resume == "auto":
        own = Path(cfg.run_dir, "checkpoints", "last.ckpt")
        return str(own) if own.is_file() else None
    if cfg.resume and not Path(cfg.resume).is_file():
        raise FileNotFoundError(f"resume={cfg.resume}: no such checkpoint; RUN/checkpoints/last.ckpt is one")
    return cfg.resume


def set_aside(file: Path) -> None:
    """Keeps what an earlier run in the folder wrote, which the logger would remove: as metrics_1.csv, ..."""
    if file.is_file():
        number = 1 + len(list(file.parent.glob(f"{file.stem}_*{file.suffix}")))
        file.rename(file.with_stem(f"{file.stem}_{number}"))


def sentence(error: BaseException) -> str:
    """What our own errors say, and of others the class too."""
    while error.__cause__ and type(error).__module__.startswith("hydra."):
        error = error.__cause__
    ours = isinstance(error, ValueError | OSError | ModuleNotFoundError | MisconfigurationException)
    return str(error) if ours else f"{type(error).__name__}: {error}"
