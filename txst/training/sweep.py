"""The same training under several weights of one loss, and what each paints, side by side."""

import csv
from collections.abc import Iterator
from pathlib import Path

import torch
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf, open_dict
from PIL import Image

from txst.data.epoch import in_unit
from txst.images import contact_sheet
from txst.layers.tensors import to_picture
from txst.model_folder.run_folder import averaged, starting_weights
from txst.training.module import StyleTraining
from txst.training.monitoring import paint
from txst.training.run import settle_precision, train
from txst.types import Batch


def runs(cfg: DictConfig) -> Iterator[tuple[float, DictConfig]]:
    """Each weight and the config of its run, in a folder of its own.

    Args:
        cfg: of conf/sweep_weight.yaml.

    Raises:
        ValueError: the loss has no such term.
    """
    term = cfg.sweep.term
    if term not in cfg.loss.weights:
        raise ValueError(
            f"sweep.term={term}: the loss has {', '.join(cfg.loss.weights)}; name one of these, or add it: 'loss=[{term},...]'"
        )
    for weight in cfg.sweep.weights:
        own = cfg.copy()
        own.loss.weights[term] = weight
        own.run_dir, own.resume = str(Path(cfg.run_dir, f"{term}_{weight:g}")), "auto"
        with open_dict(own):
            del own.sweep
        yield weight, own


def trained(cfg: DictConfig) -> Path:
    """The checkpoint of a run, which is begun, taken up again, or done already.

    Raises:
        ValueError: its folder holds a run with other settings.
    """
    settle_precision(cfg)
    file, known = Path(cfg.run_dir, "checkpoints/last.ckpt"), Path(cfg.run_dir, "config.yaml")
    if known.is_file() and settings(OmegaConf.load(known)) != settings(cfg):
        raise ValueError(f"{cfg.run_dir} holds a run with other settings: give a run_dir of its own, or remove it")
    if (
        not file.is_file()
        or torch.load(file, map_location="cpu", weights_only=True)["global_step"] < cfg.trainer.max_steps
    ):
        train(cfg, starting_weights(Path(cfg.init)) if cfg.init else None)
    return file


def settings(cfg: object) -> object:
    """All that makes a run what it is; from where it goes on does not count."""
    plain = OmegaConf.create(OmegaConf.to_container(cfg, resolve=True))  # type: ignore[arg-type]  # a config
    plain.resume = None
    return plain


def pairs(cfg: DictConfig) -> Batch:
    """The first batch of validation."""
    loader = instantiate(cfg.data, _convert_="all").val_dataloader()[0]
    return in_unit(next(iter(loader)))


@torch.no_grad()
def painted(cfg: DictConfig, checkpoint: Path, batch: Batch) -> list[Image.Image]:
    """What the averaged weights of a run paint after the batch's pictures."""
    task: StyleTraining = instantiate(cfg.task, _convert_="all").eval()
    task.load_state_dict(averaged(torch.load(checkpoint, map_location="cpu", weights_only=True)), strict=False)
    images = paint(task, batch["content"], batch["style"], None)
    return [to_picture(image[None]) for image in images]


def strip(cfg: DictConfig) -> tuple[Image.Image, str]:
    """Trains what is not trained yet; returns the pictures, a row for each pair, and a table of the losses at the end."""
    columns: dict[str, list[Image.Image]] = {}
    rows = []
    for weight, own in runs(cfg):
        checkpoint = trained(own)
        batch = pairs(own)
        columns[f"{weight:g}"] = painted(own, checkpoint, batch)
        rows.append((f"{weight:g}", last_losses(Path(own.run_dir))))
    shown = {"photo": batch["content"], "painting": batch["style"]}
    columns = {name: [to_picture(x[None]) for x in images] for name, images in shown.items()} | columns
    count = min(cfg.sweep.pairs, len(batch["content"]))
    sheet = contact_sheet([[c[i] for c in columns.values()] for i in range(count)], cfg.sweep.cell, list(columns), [])
    names = sorted({name for _, losses in rows for name in losses})
    lines = [f"| weight of {cfg.sweep.term} | {' | '.join(names)} |", f"| {' | '.join(['---'] * (1 + len(names)))} |"]
    lines += [f"| {w} | {' | '.join(f'{losses[n]:.3f}' if n in losses else '' for n in names)} |" for w, losses in rows]
    return sheet, "\n".join(lines)


def last_losses(run: Path) -> dict[str, float]:
    """Of the last validation by style picture, term -> value before its weight."""
    begin = "val/picture/"
    with (run / "metrics.csv").open(newline="") as file:
        found = [row for row in csv.DictReader(file) if row.get(f"{begin}loss")]
    return {
        name.removeprefix(begin): float(v)
        for name, v in (found[-1] if found else {}).items()
        if name.startswith(begin) and v
    }
