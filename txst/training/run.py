"""From a config to a trained model."""

import os
import sys
from pathlib import Path

import pytorch_lightning as pl
import torch
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf


def train(cfg: DictConfig) -> pl.Trainer:
    """Builds what the config names and fits it; stops with one sentence where something is missing.

    HYDRA_FULL_ERROR=1 shows where.
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


def sentence(error: BaseException) -> str:
    """What our own errors say, and of others the class too."""
    ours = isinstance(error, ValueError | OSError | ModuleNotFoundError)
    return str(error) if ours else f"{type(error).__name__}: {error}"
