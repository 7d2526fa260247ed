"""wandb, without which a training goes on."""

import os
from typing import Any

import wandb
from pytorch_lightning.loggers import WandbLogger
from pytorch_lightning.utilities.rank_zero import rank_zero_only, rank_zero_warn


class Wandb(WandbLogger):
    """Begins at once; where wandb cannot be reached, or does not know the user, it writes offline, for `wandb sync`.

    Should it fail later, the numbers are in metrics.csv alone.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.failed = False
        try:
            _ = self.experiment
        except (wandb.Error, OSError) as error:
            rank_zero_warn(f"wandb is written offline, for `wandb sync`: {error}")
            os.environ["WANDB_MODE"] = "offline"
            _ = self.experiment

    @rank_zero_only
    def log_metrics(self, metrics: Any, step: int | None = None) -> None:
        if self.failed:
            return
        try:
            super().log_metrics(metrics, step)
        except Exception as error:  # of its service and its network, whatever they raise
            self.failed = True
            rank_zero_warn(f"wandb fails and is left alone: {error!r}")

    @rank_zero_only
    def finalize(self, status: str) -> None:
        super().finalize(status)
        wandb.finish()  # or the next training of this process would go on with this one's board
