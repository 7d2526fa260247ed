"""What a training shows of itself beside its losses. One idea, one callback; all of it goes to every logger."""

from collections import deque
from time import perf_counter
from typing import Any

import pytorch_lightning as pl
import torch
from omegaconf import OmegaConf
from torch import Tensor, nn
from torch.nn.utils import get_total_norm
from torch.optim import Optimizer
from torchmetrics import Metric

from txst.data.stream import TOLERATED
from txst.layers.distributed import of_all_ranks
from txst.layers.ops import false_negative_rate
from txst.machine import resident
from txst.metrics.build import build_metrics
from txst.training.after_step import AfterStep
from txst.types import Batch, Painted, Style


class Pace(pl.Callback):
    """Samples a second on all ranks, the share of the time that is spent waiting for them, and the memory: most of the GPU's, or
    what this process has.

    Args:
        steps: averaged over so many.
    """

    def __init__(self, steps: int = 20) -> None:
        # when a step ended, and the seconds waited until then
        self.past: deque[tuple[float, float]] = deque(maxlen=steps + 1)

    def on_train_epoch_start(self, trainer: pl.Trainer, module: pl.LightningModule) -> None:
        self.past.clear()

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self.past.clear()  # it is no training

    def on_train_batch_end(
        self, trainer: pl.Trainer, module: pl.LightningModule, outputs: object, batch: dict, index: int
    ) -> None:
        self.past.append((perf_counter(), trainer.train_dataloader.waited))  # type: ignore[union-attr]  # an Epoch
        (began, waited), (now, waited_now) = self.past[0], self.past[-1]
        if now > began:
            samples = (len(self.past) - 1) * len(batch["keys"]) * trainer.world_size
            module.log("pace/samples_per_second", samples / (now - began))
            module.log("pace/waiting", (waited_now - waited) / (now - began))
        cuda = module.device.type == "cuda"
        if memory := torch.cuda.max_memory_allocated(module.device) if cuda else resident():
            module.log("pace/memory_gb", memory / 1e9)


class Rate(pl.Callback):
    """The learning rate of the step that was made."""

    def on_before_optimizer_step(self, trainer: pl.Trainer, module: pl.LightningModule, optimizer: Optimizer) -> None:
        module.log("rate", optimizer.param_groups[0]["lr"])


class Skipped(pl.Callback):
    """How many pictures could not be read, on this rank; above one in a hundred the run stops."""

    def __init__(self) -> None:
        self.seen = self.skipped = 0

    def on_train_batch_end(
        self, trainer: pl.Trainer, module: pl.LightningModule, outputs: object, batch: dict, index: int
    ) -> None:
        self.seen += 2 * len(batch["keys"])
        self.skipped += batch["skipped"]
        module.log("data/skipped", float(self.skipped))
        if self.skipped > TOLERATED * max(self.seen, 1000):
            raise RuntimeError(
                f"{self.skipped} of {self.seen} pictures could not be read: "
                "run scripts/make_shards.py again, it checks them"
            )

    def state_dict(self) -> dict[str, int]:
        return {"seen": self.seen, "skipped": self.skipped}

    def load_state_dict(self, state: dict[str, int]) -> None:
        self.seen, self.skipped = state["seen"], state["skipped"]


class FalseNegatives(AfterStep):
    """Share of the pictures of other samples that show the sample's own artist: what a contrast of samples wrongly pushes apart."""

    def after_step(self, trainer: Any, module: pl.LightningModule, batch: Batch) -> None:
        if trainer.global_step % trainer.log_every_n_steps == 0:
            artist = of_all_ranks(batch["artist"])
            if len(artist) > 1:
                module.log("contrast/false_negatives", false_negative_rate(artist))


class Shares(pl.Callback):
    """How much of the training gradient is each term's: the length of its gradient under its weight, over the sum of all.

    The gradients are those of the step that is being made. Where several batches make a step they are those of the first.

    Args:
        every: steps; such a step has one more backward pass for each term.
    """

    def __init__(self, every: int) -> None:
        self.every = every
        self.terms: dict[str, Tensor] = {}  # of the step that is looked at; a graph hangs on them

    def on_train_batch_start(self, trainer: pl.Trainer, module: Any, batch: Batch, index: int) -> None:
        first = trainer.fit_loop.batch_idx % trainer.accumulate_grad_batches == 0
        if first and (trainer.global_step + 1) % self.every == 0:
            self.hook = module.loss.register_forward_hook(self.keep_terms)

    def keep_terms(self, loss: nn.Module, inputs: object, made: tuple[Tensor, dict[str, Tensor]]) -> None:
        self.hook.remove()
        self.terms = {name: value for name, value in made[1].items() if value.requires_grad}

    def on_before_backward(self, trainer: pl.Trainer, module: Any, loss: Tensor) -> None:
        if not self.terms:
            return
        trained = [p for p in module.parameters() if p.requires_grad]
        pulls = {}
        for name, value in self.terms.items():
            gradient = torch.autograd.grad(value, trained, retain_graph=True, allow_unused=True)
            length = get_total_norm([g for g in gradient if g is not None])
            pulls[name] = float(length) * module.loss.weights[name]
        self.terms = {}
        whole = sum(pulls.values()) or 1.0
        module.log_dict({f"share/{name}": pull / whole for name, pull in pulls.items()})


class ValidationMetrics(pl.Callback):
    """Metrics of the pictures that validation paints: by name where the model can, otherwise after the style pictures.

    Args:
        metrics: name -> config of a metric, `conf/metric`.
    """

    def __init__(self, metrics: dict[str, Any]) -> None:
        self.metrics: dict[str, Metric] = build_metrics(OmegaConf.create(metrics))

    def on_validation_start(self, trainer: pl.Trainer, module: Any) -> None:
        for metric in self.metrics.values():
            metric.to(module.device).reset()

    @torch.no_grad()
    def on_validation_batch_end(
        self, trainer: pl.Trainer, module: Any, outputs: object, batch: dict, index: int, loader: int = 0
    ) -> None:
        painted = Painted(
            batch["content"],
            paint(module, batch["content"], batch["style"], batch["prompt"]),
            batch["style"],
            batch["prompt"],
            batch["movement"],
            repaint=lambda pictures, styles: paint(module, pictures, styles, None),
        )
        for name, metric in self.metrics.items():
            metric.update(painted)
            if index + 1 == trainer.num_val_batches[loader]:
                value = float(metric.compute())  # of all ranks
                metric.reset()
                module.log(f"{module.held_out[loader]}/metric/{name}", value, add_dataloader_idx=False, batch_size=1)


def paint(module: Any, photos: torch.Tensor, styles: torch.Tensor, names: list[str] | None) -> torch.Tensor:
    """Photos painted after names, or after pictures where there are none or the model wants pictures."""
    model, embedding = module.model, None
    if "text" in model.reads:
        embedding = module.clip(styles) if names is None else module.clip.text(names)
    return model(photos, model.prepare_style(Style(embedding, styles))).image.clamp(0, 1)
