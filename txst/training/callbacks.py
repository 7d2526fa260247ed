"""What happens beside the step: the seed, the moving average, the gallery."""

from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from PIL import Image
from pytorch_lightning.loggers import WandbLogger
from pytorch_lightning.utilities.rank_zero import rank_zero_warn
from torch import Tensor

from txst.images import contact_sheet, save_picture
from txst.layers.tensors import to_picture
from txst.training.after_step import AfterStep
from txst.types import Batch, Style


class SeedEachStep(pl.Callback):
    """Makes what a step draws a function of (seed, step, rank), so that a resumed run draws the same.

    Args:
        seed: of the run.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def on_train_batch_start(self, trainer: pl.Trainer, module: pl.LightningModule, *_: object) -> None:
        step = trainer.fit_loop.total_batch_idx
        torch.manual_seed(hash((self.seed, step, trainer.global_rank)))  # of numbers: the same everywhere


# Lightning's EMAWeightAveraging copies the whole task, frozen networks too, and goes on from no checkpoint of the trained
# weights alone (7 tests of resuming fail).
class EMA(AfterStep):
    """Exponential moving average of the trained weights; validation, gallery and export use it.

    Args:
        decay: per step; early on less, (1 + step) / (10 + step), so that the start is forgotten.
    """

    def __init__(self, decay: float = 0.999) -> None:
        self.decay = decay
        self.average: dict[str, Tensor] = {}
        self.kept: dict[str, Tensor] = {}

    def _trained(self, module: pl.LightningModule) -> dict[str, Tensor]:
        return {name: p.data for name, p in module.named_parameters() if p.requires_grad}

    def on_fit_start(self, trainer: pl.Trainer, module: pl.LightningModule) -> None:
        now = self._trained(module)
        self.average = {k: self.average.get(k, v).to(v.device, copy=True) for k, v in now.items()}

    def after_step(self, trainer: pl.Trainer, module: pl.LightningModule, batch: Batch) -> None:
        now = self._trained(module)
        decay = min(self.decay, (1 + trainer.global_step) / (10 + trainer.global_step))
        torch._foreach_lerp_([self.average[k] for k in now], list(now.values()), 1 - decay)

    def on_validation_start(self, trainer: pl.Trainer, module: pl.LightningModule) -> None:
        self.kept = {k: v.clone() for k, v in self._trained(module).items()}
        self._put(module, self.average)

    def on_validation_end(self, trainer: pl.Trainer, module: pl.LightningModule) -> None:
        self._put(module, self.kept)
        self.kept = {}

    def _put(self, module: pl.LightningModule, values: dict[str, Tensor]) -> None:
        for name, p in self._trained(module).items():
            if name in values:  # absent before the fit: the sanity check
                p.copy_(values[name])

    def state_dict(self) -> dict[str, dict[str, Tensor]]:
        return {"average": self.average}

    def load_state_dict(self, state: dict[str, dict[str, Tensor]]) -> None:
        self.average = state["average"]


class AnnealLossWeight(pl.Callback):
    """Takes a term of the loss away: its weight falls in a straight line from the configured one to 0.

    Validation goes on with the configured weight, so that its loss means the same at every step (losses/total.py).

    Args:
        term: its name.
        steps: after so many it is gone, and no longer computed.
    """

    def __init__(self, term: str, steps: int) -> None:
        self.term, self.steps = term, steps
        self.full = 0.0

    def on_fit_start(self, trainer: pl.Trainer, module: Any) -> None:
        if self.term not in module.loss.weights:
            raise ValueError(
                f"the weight of the loss {self.term!r} is to fall, and the run has only {', '.join(module.loss.weights)}: "
                "add the loss, or leave the callback out with ~callbacks.anneal_loss_weight"
            )
        self.full = module.loss.weights[self.term]

    def on_train_batch_start(self, trainer: pl.Trainer, module: Any, *_: object) -> None:
        module.loss.weights[self.term] = self.full * max(0.0, 1 - trainer.global_step / self.steps)


class Gallery(pl.Callback):
    """Paints fixed photos in fixed styles, as a PNG on disk and a picture on wandb.

    The photos, and for picture-driven models the style pictures, are those of the first validation batch.

    Args:
        every: steps between galleries; one is made at the next validation.
        photos: rows at most.
        styles: names to paint in; None takes the different ones of the batch.
        columns: at most.
    """

    def __init__(self, every: int, photos: int = 4, styles: list[str] | None = None, columns: int = 8) -> None:
        self.every, self.photos, self.styles, self.columns = every, photos, styles, columns
        self.next = 0

    def on_validation_batch_end(
        self, trainer: pl.Trainer, module: Any, outputs: object, batch: dict, index: int, loader: int = 0
    ) -> None:
        if index or loader or trainer.sanity_checking or trainer.global_step < self.next or not trainer.is_global_zero:
            return
        self.next = trainer.global_step + self.every
        sheet = self.paint(module, batch)
        file = Path(trainer.default_root_dir) / "gallery" / f"step{trainer.global_step:07d}.png"
        try:
            save_picture(sheet, file)
        except OSError as error:
            rank_zero_warn(f"{file} cannot be written ({error}); training goes on")
        for logger in trainer.loggers:
            if isinstance(logger, WandbLogger):
                logger.log_image("gallery", [sheet], step=trainer.global_step)

    @torch.no_grad()
    def paint(self, module: Any, batch: dict) -> Image.Image:
        model, prompts = module.model, batch["prompt"]
        told, fixed = "text" in model.reads and module.clip.reads_text, model.reads == {"fixed"}
        names = (self.styles if told and self.styles else list(dict.fromkeys(prompts)))[: self.columns]
        photos = batch["content"][: self.photos]
        if fixed:
            names, styles = ["painted"], [Style()]
        elif told:
            styles = [Style(embedding[None]) for embedding in module.clip.text(names)]
        else:
            shown = [batch["style"][at : at + 1] for at in map(prompts.index, names)]
            styles = [Style(module.clip(x) if "text" in model.reads else None, x) for x in shown]
        columns = [photos]
        for style in styles:
            prepared = {k: x.expand(len(photos), *x.shape[1:]) for k, x in model.prepare_style(style).items()}
            columns.append(model(photos, prepared).image)
        rows = [[to_picture(column[i : i + 1]) for column in columns] for i in range(len(photos))]
        return contact_sheet(rows, photos.shape[-1], ["photo", *names], [])
