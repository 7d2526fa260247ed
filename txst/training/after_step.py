"""What is done after a step of the optimizer."""

from typing import Any

import pytorch_lightning as pl

from txst.types import Batch


class AfterStep(pl.Callback):
    """Calls `after_step` once for each step, however many batches its gradients are accumulated over."""

    step = 0  # the last one that was seen

    def on_train_start(self, trainer: pl.Trainer, module: pl.LightningModule) -> None:
        self.step = trainer.global_step

    def on_train_batch_end(
        self, trainer: pl.Trainer, module: pl.LightningModule, outputs: object, batch: Batch, index: int
    ) -> None:
        if trainer.global_step != self.step:
            self.step = trainer.global_step
            self.after_step(trainer, module, batch)

    def after_step(self, trainer: Any, module: Any, batch: Batch) -> None:
        raise NotImplementedError
