"""Trains the small shared space of style names and pictures."""

from collections.abc import Callable

import pytorch_lightning as pl
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim import Optimizer


class SpaceTraining(pl.LightningModule):
    """Pulls every picture to its own name, and to the pictures of the same artist.

    The names are the classes (Radford et al., 2021, https://arxiv.org/abs/2103.00020, sec. 3.1.2, with a learnt
    text tower), the pictures a supervised contrast (Khosla et al., 2020, https://arxiv.org/abs/2004.11362, eq. 2).

    Args:
        space: the StyleSpace.
        names: the names of all styles to tell apart, the classes.
        optimizer: parameters -> optimizer.
        temperature: of both contrasts.
    """

    def __init__(
        self, space: nn.Module, names: list[str], optimizer: Callable[..., Optimizer], temperature: float = 0.07
    ) -> None:
        super().__init__()
        self.model = space
        self.names = names
        self.make_optimizer = optimizer
        self.temperature = temperature

    def training_step(self, batch: dict, _: int) -> Tensor:
        image, target = self.model(batch["style"]), self.targets(batch)
        named = F.cross_entropy(image @ self.model.text(self.names).T / self.temperature, target)
        same = (target[:, None] == target[None]).fill_diagonal_(False)
        logits = (image @ image.T / self.temperature).masked_fill(torch.eye(len(image), device=image.device).bool(), -1e4)
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
        return torch.tensor([index[name] for name in batch["prompt"]], device=self.device)

    def configure_optimizers(self) -> Optimizer:
        return self.make_optimizer(self.parameters())
