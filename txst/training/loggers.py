"""Where numbers go: a file and wandb, without either of which a training goes on."""

import csv
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import wandb
from pytorch_lightning.loggers import CSVLogger, WandbLogger
from pytorch_lightning.utilities.rank_zero import rank_zero_only, rank_zero_warn


class MetricsFile(CSVLogger):
    """metrics.csv, always whole: where it cannot be written its rows wait, and are written with the next ones.

    Lightning's own ends the run where the disk is full, and loses rows where a column is new.
    """

    @rank_zero_only
    def save(self) -> None:
        waiting = self.experiment.metrics
        if not waiting:
            return
        file = Path(self.experiment.metrics_file_path)
        try:
            columns = read_columns(file)
            if columns and columns >= set().union(*waiting):
                append(file, waiting)
            else:
                rewrite(file, [*read_rows(file), *waiting])
        except OSError as error:
            rank_zero_warn(f"{file} cannot be written ({error}); training goes on, and {len(waiting)} rows wait")
        else:
            self.experiment.metrics = []


def append(file: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """Adds rows to a table, all or none."""
    size = file.stat().st_size
    try:
        with file.open("a", newline="") as opened:
            csv.DictWriter(opened, sorted(read_columns(file))).writerows(rows)
    except OSError:
        os.truncate(file, size)
        raise


def rewrite(file: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """Writes a table beside, then renames it."""
    beside = file.with_name(f".{file.name}.part")
    try:
        with beside.open("w", newline="") as opened:
            writer = csv.DictWriter(opened, sorted({name for row in rows for name in row}))
            writer.writeheader()
            writer.writerows(rows)
        beside.replace(file)
    except OSError:
        beside.unlink(missing_ok=True)
        raise


def read_columns(file: Path) -> set[str]:
    """The columns of a table; none where there is no file."""
    if not file.is_file():
        return set()
    with file.open(newline="") as opened:
        return set(next(csv.reader(opened), ()))


def read_rows(file: Path) -> list[dict[str, Any]]:
    """The rows of a table; none where there is no file."""
    if not file.is_file():
        return []
    with file.open(newline="") as opened:
        return list(csv.DictReader(opened))


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
