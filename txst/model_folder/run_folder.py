"""Folders of training runs: their config, their checkpoint, and the weights that another training or an export starts from."""

from pathlib import Path
from typing import Any

import torch
from omegaconf import DictConfig, OmegaConf
from safetensors.torch import load_file
from torch import Tensor

from txst.model_folder.config import WEIGHTS
from txst.model_folder.upgrade import upgrade_config, upgrade_weights


def read_run(run: Path) -> tuple[DictConfig, dict[str, Any]]:
    """The config and the checkpoint of a run's folder."""
    for need in (run / "config.yaml", run / "checkpoints/last.ckpt"):
        if not need.is_file():
            raise FileNotFoundError(f"{need} is missing: {run} is no folder of a run that has saved a checkpoint")
    plain = upgrade_config(OmegaConf.to_container(OmegaConf.load(run / "config.yaml")))
    if not isinstance(plain, dict):
        raise ValueError(f"{run}/config.yaml holds no config")
    plain.setdefault("loss_network", plain.pop("judge", None))  # its name in txst 0.1
    return OmegaConf.create(plain), torch.load(run / "checkpoints/last.ckpt", map_location="cpu", weights_only=True)


def averaged(checkpoint: dict[str, Any]) -> dict[str, Tensor]:
    """The trained weights, each by its moving average where the run kept one."""
    found = dict(checkpoint["state_dict"])
    for state in checkpoint.get("callbacks", {}).values():
        found |= state.get("average", {})
    return upgrade_weights(found)


def starting_weights(folder: Path) -> dict[str, Tensor]:
    """The weights that a training may begin with: a run's averaged ones, or those of a model folder."""
    if not (folder / WEIGHTS).is_file():
        return averaged(read_run(folder)[1])
    weights = upgrade_weights(load_file(folder / WEIGHTS))
    return {name: w.float() if w.is_floating_point() else w for name, w in weights.items()}
