"""Steps that would ruin the weights are left out."""

import warnings
from collections import deque
from math import isfinite
from pathlib import Path
from statistics import median
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.utilities.rank_zero import rank_zero_warn
from torch import Tensor
from torch.optim import Optimizer


class SkipBadSteps(pl.Callback):
    """Leaves out a step whose gradient is not finite, or very much longer than usual, and keeps its batch for inspection.

    Weights, the optimizer's state and the averages in the network stay as they were; the schedule goes on. Gradients are
    averaged over ranks before they are looked at, so all ranks leave out the same steps. The usual length is the median of
    the last hundred that were taken: one long gradient among them does not let in the next.

    Args:
        folder: for the batches, `step0001234_rank0.pt` each.
        times: a gradient is too long at so many times the usual length; ours, far above what a good batch reaches.
        first: a gradient is too long at this length while fewer than ten have been taken.
        limit: after so many steps left out in a row the run stops.
        keep: batches at most, of each rank.
    """

    def __init__(self, folder: str, times: float = 100.0, first: float = 1e6, limit: int = 5, keep: int = 10) -> None:
        self.folder, self.times, self.first, self.limit, self.keep = Path(folder), times, first, limit, keep
        self.taken: deque[float] = deque(maxlen=100)  # lengths of gradients
        self.left_out = self.in_a_row = 0
        self.batch: object = None
        self.averages: dict[str, Tensor] = {}

    def on_train_batch_start(self, trainer: pl.Trainer, module: Any, batch: object, *_: object) -> None:
        self.batch = batch
        if trainer.fit_loop.batch_idx % trainer.accumulate_grad_batches == 0:
            self.averages = {name: b.clone() for name, b in module.model.named_buffers()}

    def on_before_optimizer_step(self, trainer: pl.Trainer, module: Any, optimizer: Optimizer) -> None:
        gradients = [p.grad for p in module.parameters() if p.grad is not None]
        length = float(torch.nn.utils.get_total_norm(gradients))
        most = self.longest()
        if isfinite(length) and length <= most:
            self.taken.append(length)
            self.in_a_row = 0
            return
        self.left_out, self.in_a_row = self.left_out + 1, self.in_a_row + 1
        optimizer.zero_grad(set_to_none=True)  # an optimizer passes over weights without a gradient
        for name, b in module.model.named_buffers():
            b.copy_(self.averages[name])
        report = (
            f"step {trainer.global_step} is left out: its gradient has the length {length:g}, and {most:g} is allowed"
        )
        rank_zero_warn(report)
        self.put_by(trainer)
        if self.in_a_row >= self.limit:
            raise RuntimeError(
                f"{report}, {self.limit} in a row. The batches are in {self.folder}. Lower lr, go on "
                "from an earlier checkpoint, or allow longer gradients with callbacks.skip_bad_steps.first and .times"
            )

    def on_train_batch_end(self, trainer: pl.Trainer, module: Any, *_: object) -> None:
        module.log("data/left_out", float(self.left_out))

    def longest(self) -> float:
        """The length that a gradient may have."""
        usual = self.times * median(self.taken) if self.taken else self.first
        return min(usual, self.first) if len(self.taken) < 10 else usual

    def put_by(self, trainer: pl.Trainer) -> None:
        if self.left_out > self.keep:
            return
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with open(self.folder / f"step{trainer.global_step:07d}_rank{trainer.global_rank}.pt", "wb") as file:
                torch.save(self.batch, file)
        except OSError as error:
            warnings.warn(f"the batch could not be kept: {error}", stacklevel=2)

    def state_dict(self) -> dict[str, list[float] | int]:
        return {"taken": list(self.taken), "left_out": self.left_out, "in_a_row": self.in_a_row}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.taken.extend(state["taken"])
        self.left_out, self.in_a_row = state["left_out"], state["in_a_row"]
