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

from txst.encoders.space import Discriminant
from txst.training.artist_classifier import balanced


class SpaceTraining(pl.LightningModule):
    """Pulls every picture to its own name, every name to its pictures, and pictures to others of the same name.

    The names are the classes (Radford et al., 2021, https://arxiv.org/abs/2103.00020, sec. 3.1.2, with a learnt
    text tower); towards the pictures it is a supervised contrast (Khosla et al., 2020, https://arxiv.org/abs/2004.11362,
    eq. 2), as a name has many: none of them is held against it.

    Args:
        space: the StyleSpace.
        optimizer: parameters -> optimizer.
        temperature: of the three contrasts.
        smoothing: share of a picture's certainty that is spread over all names: some are wrong, and manners are shared.
    """

    def __init__(
        self, space: nn.Module, optimizer: Callable[..., Optimizer], temperature: float = 0.1, smoothing: float = 0.1
    ) -> None:
        super().__init__()
        self.model: Any = space
        self.names: list[str] = []
        self.make_optimizer = optimizer
        self.temperature, self.smoothing = temperature, smoothing

    def setup(self, stage: str) -> None:
        self.names = self.trainer.datamodule.names  # type: ignore[attr-defined]  # of all styles, the classes

    def on_fit_start(self) -> None:
        if isinstance(self.model.norm, Discriminant):
            data: Any = self.trainer.datamodule  # type: ignore[attr-defined]
            seen = data.seen["train"].to(self.device)  # [N, views, inputs]
            names = self.targets({"prompt": data.prompts["train"]})
            self.model.norm.fit(seen.flatten(0, 1), names.repeat_interleave(seen.shape[1]))

    def training_step(self, batch: dict, _: int) -> Tensor:
        image, target = self.model.embed(batch["statistics"]), self.targets(batch)
        logits = image @ self.model.text(self.names).T / self.temperature  # [B, names]
        own = target[:, None] == target[None]
        alike = (image @ image.T / self.temperature).masked_fill(torch.eye(len(own), device=own.device).bool(), -1e4)
        terms = {
            "named": F.cross_entropy(logits, target, label_smoothing=self.smoothing),
            "called": contrast(logits.T[target], own),
            "among": contrast(alike, own.clone().fill_diagonal_(False)),
        }
        loss = torch.stack(list(terms.values())).sum()
        self.log_dict({"train/loss": loss, **{f"train/{name}": term for name, term in terms.items()}})
        return loss

    def validation_step(self, batch: dict, _: int) -> None:
        target = self.targets(batch)
        logits = self.model.embed(batch["statistics"]) @ self.model.text(self.names).T
        found = logits.topk(min(5, len(self.names)), dim=1).indices == target[:, None]
        values = {}
        for name, right in (("top1", found[:, 0]), ("top5", found.any(1))):
            values[f"val/{name}"] = right.float().mean()
            values[f"val/{name}_of_each_name"] = balanced(right.float(), target)
        self.log_dict(values, sync_dist=True, batch_size=len(logits))

    def targets(self, batch: dict) -> Tensor:
        index = {name: i for i, name in enumerate(self.names)}
        return torch.tensor([index.get(name, -100) for name in batch["prompt"]], device=self.device)

    def configure_optimizers(self) -> Optimizer:
        return self.make_optimizer([p for p in self.parameters() if p.requires_grad])

    def on_train_end(self) -> None:
        if self.trainer.is_global_zero:
            save_file(self.model.state_dict(), Path(self.trainer.default_root_dir) / "space.safetensors")


def contrast(logits: Tensor, own: Tensor) -> Tensor:
    """Mean over rows of the cross-entropy towards what is their own, shared out equally; a row without any counts 0.

    Args:
        logits: [N, M].
        own: [N, M] of bool.
    """
    distance = -logits.log_softmax(1).masked_fill(~own, 0).sum(1)
    return (distance / own.sum(1).clamp(min=1)).mean()
