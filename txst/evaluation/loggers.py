"""The board on wandb: a group with a run per method, and one with the whole page. Nothing else of this folder knows wandb."""

import sys
from pathlib import Path
from typing import Any

import wandb
from hydra.utils import instantiate
from omegaconf import DictConfig
from tqdm import tqdm

from txst.evaluation.measuring import sentence
from txst.evaluation.report import plain
from txst.pictures.formats import open_picture_file


class WandbGroup:
    """Online or offline, as WANDB_MODE says. Where wandb fails the board goes on: everything is on disk as well.

    Args:
        config: of a WandbLogger, `conf/logger/wandb.yaml`.
        group: its name.
    """

    def __init__(self, config: DictConfig, group: str) -> None:
        self.config, self.group = config, group

    def method(self, name: str, row: dict[str, Any], grid: Path) -> None:
        """Figures with their intervals, by kind of photo too, and the grid of pictures."""
        figures: dict[str, Any] = {}
        for metric, figure in plain(row["figures"]).items():
            figures |= {f"{metric}/{k}": figure[k] for k in ("value", "low", "high") if figure.get(k) is not None}
            for kind, own in figure.get("kind", {}).items():
                figures |= {f"{metric}/{kind}": own["value"]} if own["value"] is not None else {}
        content: dict[str, Any] = {**figures, "driven by": row["driven_by"]}
        if row["error"]:
            content["error"] = row["error"]
        if grid.is_file():
            with open_picture_file(grid) as picture:
                content["grid"] = wandb.Image(picture.convert("RGB"))
        self._log(name, content)

    def board(self, page: Path, table: Path) -> None:
        """The page, and the table of all figures as a file."""
        self._log("board", {"page": wandb.Html(page.read_text(encoding="utf-8"), inject=False)}, table)

    def _log(self, name: str, content: dict[str, Any], file: Path | None = None) -> None:
        try:
            run = instantiate(self.config, name=name, group=self.group).experiment
            texts = {key: value for key, value in content.items() if isinstance(value, str)}
            run.config.update(texts)
            run.log({key: value for key, value in content.items() if key not in texts})
            if file:
                run.save(str(file), base_path=str(file.parent), policy="now")
            run.finish()
        except Exception as error:
            tqdm.write(f"wandb: could not log {name}: {sentence(error)}", file=sys.stderr)
