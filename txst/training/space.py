"""Trains the small shared space of style names and pictures."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.optim import Optimizer


class SpaceTraining(pl.LightningModule):
    """Pulls every picture to its own name, and to the pictures of the same artist.

    The names are the classes (Radford et al., 2021, https://arxiv.org/abs/2103.00020, sec. 3.1.2, with a learnt
    text tower), the pictures a supervised contrast (Khosla et al., 2020, https://arxiv.org/abs/2004.11362, eq. 2).

    Args:
        space: the StyleSpace.
        optimizer: parameters -> optimizer.
        temperature: of both contrasts.
    """

    def __init__(self, space: nn.Module, optimizer: Callable[..., Optimizer], temperature: float = 0.07) -> None:
        super().__init__()
        self.model: Any = space
        self.names: list[str] = []
        self.make_optimizer = optimizer
        self.temperature = temperature

    def setup(self, stage: str) -> None:
        self.names = self.trainer.datamodule.names  # type: ignore[attr-defined]  # of all styles, the classes

    def training_step(self, batch: dict, _: int) -> Tensor:
        image, target = self.model(batch["style"]), self.targets(batch)
        named = F.cross_entropy(image @ self.model.text(self.names).T / self.temperature, target)
        same = (target[:, None] == target[None]).fill_diagonal_(False)
        logits = (image @ image.T / self.temperature).masked_fill(
            torch.eye(len(image), device=image.device).bool(), -1e4
        )
        among = -(logits.log_softmax(1) * same).sum(1) / same.sum(1).clamp(min=1)
        loss = named + among.mean()
        self.log_dict({"train/loss": loss, "train/named": named, "train/among": among.mean()})
        return loss

    def validation_step(self, batch: dict, _: int) -> None:
        logits = self.model(batch["style"]) @ self.model.text(self.names).T
        found = logits.topk(min(5, len(self.names)), dim=1).indices == self.targets(batch)[:, None]
        values = {"val/top1": found[:, 0].float().mean(), "val/top5": found.any(1).float().mean()}
        self.log_dict(values, sync_dist=True, batch_size=len(logits))

    def targets(self, batch: dict) -> Tensor:
        index = {name: i for i, name in enumerate(self.names)}
        return torch.tensor([index.get(name, -100) for name in batch["prompt"]], device=self.device)

    def configure_optimizers(self) -> Optimizer:
        return self.make_optimizer(self.parameters())

    def on_train_end(self) -> None:
        if self.trainer.is_global_zero:
            save_file(self.model.state_dict(), Path(self.trainer.default_root_dir) / "space.safetensors")
