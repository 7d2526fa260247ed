"""From a config to a trained model."""

import os
import sys
from pathlib import Path

import pytorch_lightning as pl
import torch
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf
from torch import Tensor


def train(cfg: DictConfig, init: dict[str, Tensor] | None = None) -> pl.Trainer:
    """Builds what the config names and fits it; stops with one sentence where something is missing.

    HYDRA_FULL_ERROR=1 shows where.

    Args:
        cfg: of conf/train.yaml.
        init: weights to start from, by their names in the task; all that are trained must be there.
    """
    pl.seed_everything(cfg.seed, workers=True, verbose=False)
    torch.set_float32_matmul_precision("high")
    try:
        if cfg.resume and not Path(cfg.resume).is_file():
            raise FileNotFoundError(
                f"resume={cfg.resume}: no such checkpoint; RUN/checkpoints/last.ckpt is one"
            )
        data = instantiate(cfg.data, _convert_="all")
        task = instantiate(cfg.task, _convert_="all")
        trainer = instantiate(cfg.trainer, _convert_="all")
        if init is not None:
            start_from(task, init)
    except Exception as error:  # hydra wraps every cause in its own error; the reader wants the cause
        if os.environ.get("HYDRA_FULL_ERROR") == "1":
            raise
        sys.exit(f"train: {sentence(error.__cause__ or error)}")
    folder = Path(trainer.default_root_dir)
    if trainer.is_global_zero:
        folder.mkdir(parents=True, exist_ok=True)
        OmegaConf.save(cfg, folder / "config.yaml", resolve=True)
    trainer.fit(task, datamodule=data, ckpt_path=cfg.resume, weights_only=True if cfg.resume else None)
    return trainer


def start_from(task: pl.LightningModule, weights: dict[str, Tensor]) -> None:
    """Gives the task the weights of an earlier run, which must fit those that it trains."""
    trained = {name: p.shape for name, p in task.named_parameters() if p.requires_grad}
    given = {name: weights[name].shape for name in trained if name in weights}
    if astray := sorted(name for name in trained if given.get(name) != trained[name]):
        raise ValueError(
            f"init: the run has no weights that fit {astray[0]}; its encoder, transfer and decoder must be these"
        )
    task.load_state_dict(weights, strict=False)


def sentence(error: BaseException) -> str:
    """What our own errors say, and of others the class too."""
    ours = isinstance(error, ValueError | OSError | ModuleNotFoundError)
    return str(error) if ours else f"{type(error).__name__}: {error}"
