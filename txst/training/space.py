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
from torch.optim.lr_scheduler import LRScheduler

from txst.encoders.space import Discriminant
from txst.training.artist_classifier import balanced, right
from txst.training.picture_statistics import Batch

UNKNOWN = -100  # a name that nothing was learnt of


class SpaceTraining(pl.LightningModule):
    """Pulls every picture to its own name, every name to its pictures, and pictures to others of the same name.

    The names are the classes (Radford et al., 2021, https://arxiv.org/abs/2103.00020, sec. 3.1.2, with a learnt
    text tower); towards the pictures it is a supervised contrast (Khosla et al., 2020, https://arxiv.org/abs/2004.11362,
    eq. 2), as a name has many: none of them is held against it. A painting is pulled to the name of its movement too,
    among the movements.

    Args:
        space: the StyleSpace.
        optimizer: parameters -> optimizer.
        temperature: of the contrasts.
        smoothing: share of a picture's certainty that is spread over all names: some are wrong, and manners are shared.
        scheduler: optimizer -> a schedule that is advanced every step; None keeps the rate.
    """

    def __init__(
        self,
        space: nn.Module,
        optimizer: Callable[..., Optimizer],
        temperature: float = 0.1,
        smoothing: float = 0.1,
        scheduler: Callable[[Optimizer], LRScheduler] | None = None,
    ) -> None:
        super().__init__()
        self.model: Any = space
        self.names: list[str] = []
        self.movements: list[str] = []
        self.make_optimizer, self.make_scheduler = optimizer, scheduler
        self.temperature, self.smoothing = temperature, smoothing

    def setup(self, stage: str) -> None:
        data: Any = self.trainer.datamodule  # type: ignore[attr-defined]
        self.names, self.movements = data.names, data.movements  # the classes

    def on_fit_start(self) -> None:
        if isinstance(self.model.norm, Discriminant):
            data: Any = self.trainer.datamodule  # type: ignore[attr-defined]
            seen = data.seen["train"].to(self.device)  # [N, views, inputs]
            names = self.numbers(data.said["train"]["prompt"], self.names)
            self.model.norm.fit(seen.flatten(0, 1), names.repeat_interleave(seen.shape[1]))

    def training_step(self, batch: Batch, _: int) -> Tensor:
        image, target = self.model.embed(batch["statistics"]), self.numbers(batch["prompt"], self.names)
        logits = image @ self.model.text(self.names).T / self.temperature  # [B, names]
        own = target[:, None] == target[None]
        alike = (image @ image.T / self.temperature).masked_fill(torch.eye(len(own), device=own.device).bool(), -1e4)
        terms = {
            "named": F.cross_entropy(logits, target, label_smoothing=self.smoothing),
            "called": contrast(logits.T[target], own),
            "among": contrast(alike, own.clone().fill_diagonal_(False)),
        }
        movement = self.numbers(batch["movement"], self.movements)
        if (movement >= 0).any():
            among = image @ self.model.text(self.movements).T / self.temperature  # [B, movements]
            terms["movement"] = F.cross_entropy(among, movement, ignore_index=UNKNOWN, label_smoothing=self.smoothing)
        loss = torch.stack(list(terms.values())).sum()
        self.log_dict({"train/loss": loss, **{f"train/{name}": term for name, term in terms.items()}})
        return loss

    def validation_step(self, batch: Batch, _: int) -> None:
        image = self.model.embed(batch["statistics"])
        target = self.numbers(batch["prompt"], self.names)
        movement = self.numbers(batch["movement"], self.movements)  # none of a texture's words is among them
        painted = torch.tensor([bool(artist) for artist in batch["artist"]], device=self.device)
        likeness = image @ self.model.text(self.names).T
        values = found(likeness, target) | found(likeness, target.masked_fill(~painted, UNKNOWN), "artist_")
        values |= found(likeness, target.masked_fill(painted, UNKNOWN), "texture_")
        if self.movements:
            values |= found(image @ self.model.text(self.movements).T, movement, "movement_")
        self.log_dict({f"val/{name}": value for name, value in values.items()}, sync_dist=True, batch_size=len(image))

    def numbers(self, said: list[str], names: list[str]) -> Tensor:
        """Where each lies among the names, [B]."""
        index = {name: i for i, name in enumerate(names)}
        return torch.tensor([index.get(name, UNKNOWN) for name in said], device=self.device)

    def configure_optimizers(self) -> Any:
        optimizer = self.make_optimizer([p for p in self.parameters() if p.requires_grad])
        if self.make_scheduler is None:
            return optimizer
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": self.make_scheduler(optimizer), "interval": "step"},
        }

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


def found(likeness: Tensor, target: Tensor, of: str = "") -> dict[str, Tensor]:
    """Shares of pictures whose name is the nearest, and among the five nearest, and their number; none if there are none.

    Args:
        likeness: [N, names].
        target: [N]; negative where a picture is not asked about.
        of: before the names of the figures.
    """
    asked = target >= 0
    if not asked.any():
        return {}
    values = {f"{of}count": asked.sum().float()}
    for top in (1, 5):
        figures = right(likeness[asked], target[asked], top)
        values[f"{of}top{top}"] = figures.mean()
        values[f"{of}top{top}_of_each_name"] = torch.tensor(balanced(figures, target[asked]))
    return values
