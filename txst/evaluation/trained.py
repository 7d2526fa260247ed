"""Methods that are trained side by side: each by its own experiment, on the same pictures, with as many pairs."""

import csv
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from statistics import median
from typing import Any

from hydra import compose
from omegaconf import DictConfig, OmegaConf
from tqdm import tqdm

from txst.data.samples import prompt, sha256
from txst.data.split import digest
from txst.evaluation.fitted_start import fits_transfer, fitted_start, save_start
from txst.evaluation.methods import dashed
from txst.evaluation.sources import HELD_OUT, samples
from txst.export.run import export_run
from txst.files.encode import write_whole
from txst.machine import quickest_precision
from txst.model_folder.config import WEIGHTS
from txst.training.sweep import last_losses, trained

EPOCHS = 4  # of a training; held-out pairs are looked at after each


@dataclass(frozen=True)
class Job:
    """One training."""

    name: str
    overrides: list[str]  # of conf/train.yaml
    style: Any = None  # the source of its paintings; None: that of all
    text: str | None = None  # the style, where it is shown no paintings


def train_methods(cfg: DictConfig) -> tuple[str, list[str]]:
    """Trains what is not trained yet, and makes a model folder of each.

    Args:
        cfg: of conf/train_methods.yaml.

    Returns:
        The table, which is in RUN/table.md, too, and the names of those that failed. One that fails stops no other.

    Raises:
        ValueError: a method is unknown, or there is nothing to train on.
    """
    wanted = [(job, composed(cfg, job)) for job in jobs(cfg)]
    rows, failed = [], []
    for job, own in tqdm(wanted, "methods", unit="method"):
        try:
            begun = Path(own.run_dir, "checkpoints/last.ckpt").is_file()
            fitted = own.init is not None and own.init == fitted_start(cfg, own)
            if fitted and not begun and not Path(own.init, WEIGHTS).is_file():
                save_start(own, cfg.inverted)
            reached(own)
            export_run(own.run_dir, Path(cfg.models, job.name))
            rows.append(row(own))
        except Exception as error:  # of whatever kind: the others go on
            failed.append(job.name)
            rows.append([job.name, f"{type(error).__name__}: {error}".splitlines()[0], *[""] * 4])
            tqdm.write(" ".join(rows[-1][:2]), file=sys.stderr)
        table = tabled(rows)
        write_whole(Path(cfg.run_dir, "table.md"), table.encode())
    return table, failed


def jobs(cfg: DictConfig) -> Iterator[Job]:
    """The trainings of the methods that are asked for; of those that learn a single style one for each."""
    if not cfg.data.content or not cfg.data.style:
        raise ValueError("data.content and data.style must name folders of shards or of pictures, see data/README.md")
    if not cfg.names:
        raise ValueError(f"methods=[] names none; there are {', '.join(cfg.recipes)}")
    for name in cfg.names:
        if name not in cfg.recipes:
            raise ValueError(f"no recipe of the method {name!r}; there are {', '.join(cfg.recipes)}")
        overrides = list(flat(cfg.recipes[name]))
        if not {"+experiment=johnson", "+experiment=clipstyler_fast"} & set(overrides):
            yield Job(name, overrides)
            continue
        for style in cfg.styles:
            job = f"{name}_{dashed(Path(style).stem)}"
            if "+experiment=johnson" in overrides:
                yield Job(job, overrides, str(style if Path(style).is_file() else work_of(style, cfg)))
            elif Path(style).is_file():
                raise ValueError(
                    f"styles: {name} is told a text, and {style} is a file: leave it out, or name an artist"
                )
            else:
                yield Job(job, overrides, text=style)


def flat(overrides: Any) -> Iterator[str]:
    for one in overrides:
        yield from [one] if isinstance(one, str) else flat(one)


def work_of(artist: str, cfg: DictConfig) -> Path:
    """The file of a work by the artist: a held-out one if there is any, the first that a board with this seed pairs with a photo.

    Raises:
        ValueError: there is none.
    """
    for split in (*HELD_OUT, "train"):
        own = [s for s in samples(cfg.data.style, [split]) if prompt(s) == artist]
        if own:
            break
    else:
        raise ValueError(f"styles: {artist!r} is no file of a picture, and no artist of {cfg.data.style!r}")
    chosen = min(own, key=lambda s: digest(f"{cfg.seed} {sha256(s)}"))
    file = Path(cfg.run_dir, "styles", f"{dashed(artist)}.jpg")
    write_whole(file, chosen["jpg"])
    return file


def composed(cfg: DictConfig, job: Job) -> DictConfig:
    """The config of a training."""
    ways = [
        f"name={job.name}",
        f"run_dir={cfg.run_dir}/{job.name}",
        "resume=auto",
        "~callbacks.best",
    ]  # the last is compared
    own = compose("train", [*job.overrides, *ways])
    batches = ceil(cfg.pairs / cfg.batch_size / EPOCHS)
    shared: Any = {
        "seed": cfg.seed,
        "size": cfg.size,
        "data": {
            "content": cfg.data.content, "style": None if job.text else job.style or cfg.data.style, "text": job.text, "batch_size": cfg.batch_size, "batches": batches,
            "val_batches": cfg.val_batches, "resize": cfg.resize, "least": None, "workers": cfg.workers,
            "cache": None if job.text else cfg.cache,
        },
        "trainer": {"max_steps": EPOCHS * batches, "precision": cfg.precision or quickest_precision(cfg.accelerator), "devices": 1},
        "callbacks": {"gallery": {"every": 1}, "periodic_checkpoint": {"minutes": 3}},
    }  # fmt: skip
    own.merge_with(shared)
    own.trainer.accelerator = cfg.accelerator
    own.task.scheduler = OmegaConf.create(OmegaConf.to_container(cfg.schedule, resolve=False))
    for network in filter(None, (own.encoder, own.loss_network)):
        if network._target_.endswith(".VGG"):
            network.weights = cfg.vgg16
    if "+experiment=wikiart_vgg16" in job.overrides:
        if not cfg.space:
            raise ValueError(f"{job.name} is told names by a space: space=FILE, which +experiment=space makes")
        own.clip.weights = cfg.space
    if own.init is None and (start := fitted_start(cfg, own)):
        own.init = start
        own.init_parts = ["decoder", "transfer"] if fits_transfer(own) else ["decoder"]
    return own


def reached(cfg: DictConfig) -> Path:
    """The checkpoint of a training that is done.

    Raises:
        ValueError: it could not begin, or its folder holds one with other settings.
    """
    try:
        return trained(cfg)
    except SystemExit as end:
        if isinstance(end.code, str):  # its sentence for the reader; an interruption has none, and ends the command
            raise ValueError(end.code.removeprefix("train: ")) from None
        raise


def row(cfg: DictConfig) -> list[str]:
    """What a training reached: name, steps, pairs a second, minutes of its steps, losses before and after."""
    run = Path(cfg.run_dir)
    paces = [float(line["pace/samples_per_second"]) for line in lines(run) if line.get("pace/samples_per_second")]
    pace = median(paces) if paces else float("nan")
    minutes = cfg.trainer.max_steps * cfg.data.batch_size / pace / 60
    losses = ", ".join(f"{name} {value:.3g}" for name, value in last_losses(run).items())
    return [cfg.name, str(cfg.trainer.max_steps), f"{pace:.2g}", f"{minutes:.1f}", cfg.trainer.precision, losses]


def lines(run: Path) -> Iterator[dict[str, str]]:
    """Of all metrics.csv that a run has written, one for each time that it went on."""
    for file in sorted(run.glob("metrics*.csv")):
        with file.open(newline="") as opened:
            yield from csv.DictReader(opened)


def tabled(rows: list[list[str]]) -> str:
    head = [
        "method",
        "steps",
        "pairs a second",
        "minutes of steps",
        "precision",
        "losses on held-out pairs, before their weights",
    ]
    cells = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', '/') for cell in row)} |\n" for row in cells)
