"""How long a training's steps take, what of it they wait for data, and their memory."""

import pytorch_lightning as pl
import torch
from torch import Tensor

from txst.benchmarks.cost import moment
from txst.machine import resident


class Clock(pl.Callback):
    """Marks where steps begin and end, each waited for, so that what the device still owes is in no other's time.

    Args:
        warmup: steps that do not count, one at least.
    """

    def __init__(self, warmup: int) -> None:
        self.warmup = warmup
        self.begun: list[float] = []
        self.ended: list[float] = []
        self.peak: int | None = None

    def on_train_batch_start(self, trainer: pl.Trainer, module: pl.LightningModule, *_: object) -> None:
        self.begun.append(moment(module.device.type == "cuda"))

    def on_train_batch_end(self, trainer: pl.Trainer, module: pl.LightningModule, *_: object) -> None:
        cuda = module.device.type == "cuda"
        self.ended.append(moment(cuda))
        if cuda and len(self.ended) == self.warmup:
            torch.cuda.reset_peak_memory_stats(module.device)

    def on_before_backward(self, trainer: pl.Trainer, module: pl.LightningModule, loss: Tensor) -> None:
        """Looks at the memory when every activation is there; a GPU keeps the book itself."""
        if module.device.type == "cuda":
            self.peak = torch.cuda.max_memory_allocated(module.device)
        elif (now := resident()) and len(self.ended) >= self.warmup:
            self.peak = max(self.peak or 0, now)

    def on_train_end(self, trainer: pl.Trainer, module: pl.LightningModule) -> None:
        if module.device.type == "cuda":
            self.peak = torch.cuda.max_memory_allocated(module.device)

    @property
    def total(self) -> float:
        """Seconds of the steps that count, waiting included."""
        return self.ended[-1] - self.ended[self.warmup - 1]

    @property
    def waited(self) -> float:
        """Seconds between the end of a step and the beginning of the next."""
        begun = self.begun[self.warmup :]
        return sum(b - e for b, e in zip(begun, self.ended[self.warmup - 1 :], strict=False))
