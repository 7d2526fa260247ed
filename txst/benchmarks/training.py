"""How fast a model trains: the real step of each experiment at each batch size and precision, and what of the machine it uses."""

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import torch
from hydra.utils import instantiate
from omegaconf import DictConfig
from torch.utils.data import DataLoader
from torch.utils.flop_counter import FlopCounterMode
from tqdm import tqdm

from txst.benchmarks.clock import Clock
from txst.benchmarks.cost import matmul_rate
from txst.machine import write
from txst.training.run import sentence
from txst.training.style_targets import of_frozen_networks
from txst.types import Batch


@dataclass
class Row:
    """One experiment at one batch size, precision and cache, compiled or not."""

    model: str
    batch: int
    precision: str
    compiled: bool
    size: int  # pixels, side of the crops
    data: str  # `shards`, or `random`: the same pictures every step, which cost nothing
    cache: str | None = None  # see conf/data
    gflop: float = 0.0  # of a step, forward and backward
    rate: float = 0.0  # GFLOP/s that a matrix product reaches in this precision
    seconds: float = 0.0  # a step, the mean
    wait: float | None = None  # share of it spent waiting for data and its way to the device
    peak: int | None = None  # bytes: allocated on a GPU, resident on a CPU; None where the system does not say
    failed: str = ""

    @property
    def share(self) -> float:
        """Of the matrix product's rate."""
        return self.gflop / self.seconds / self.rate


def measure(
    experiments: dict[str, DictConfig],
    batch_sizes: Sequence[int | None],
    precisions: Sequence[str],
    compiled: Sequence[bool],
    warmup: int,
    steps: int,
    out: Path,
    caches: Sequence[str | None] = (None,),
) -> list[Row]:
    """Trains each for some steps, and writes a file after each; what fails says so in its row.

    Args:
        experiments: name -> config of train.yaml; its data.content and data.style are folders of shards, or None.
        batch_sizes: on this one device; None takes the experiment's own.
        precisions: Lightning's names: `32-true`, `bf16-mixed`.
        compiled: whether through torch.compile.
        warmup: steps that do not count.
        steps: that do.
        out: a json file.
        caches: of the pictures, see conf/data; more than None want shards.
    """
    if warmup < 1 or steps < 1:
        raise ValueError(f"warmup={warmup} and steps={steps}: at least one of each is needed")
    torch.set_float32_matmul_precision("high")  # as in training
    rows: list[Row] = []
    flop: dict[tuple[str, bool], float] = {}  # by experiment, and whether the targets are kept
    rates: dict[str, float] = {}
    variants = product(experiments, batch_sizes, precisions, compiled, caches)
    for name, batch, precision, graph, cache in tqdm(list(variants), desc="bench", unit="row"):
        row, cfg = variant(name, experiments[name], batch, precision, graph, cache)
        with failure_in(row):
            if cache and row.data == "random":
                raise ValueError(f"cache={cache} keeps pictures of shards: give data.style and data.content")
            kind = (name, cache == "targets")
            if kind not in flop:
                flop[kind] = gflop_of_a_picture(cfg)
            if precision not in rates:
                rates[precision] = matmul_rate(device(), precision)
            row.gflop, row.rate = flop[kind] * row.batch, rates[precision]
            time_steps(row, cfg, warmup, steps)
        rows.append(row)
        write(rows, out)
    return rows


def variant(
    name: str, cfg: DictConfig, batch: int | None, precision: str, graph: bool, cache: str | None
) -> tuple[Row, DictConfig]:
    """An empty row of an experiment, and its config."""
    cfg = cfg.copy()
    cfg.data.cache = cache
    cfg.data.batch_size, cfg.trainer.precision, cfg.compile = (batch or cfg.data.batch_size, precision, graph)
    data = "shards" if cfg.data.content and cfg.data.style else "random"
    return Row(name, cfg.data.batch_size, precision, graph, cfg.size, data, cache), cfg


@contextmanager
def failure_in(row: Row) -> Iterator[None]:
    """What fails is said in its row, and is not the end of the others."""
    try:
        yield
    except Exception as error:
        row.failed = "out of memory" if isinstance(error, torch.OutOfMemoryError) else sentence(error)
    release()


def time_steps(row: Row, cfg: DictConfig, warmup: int, steps: int) -> None:
    """Fills in what the steps take. The trainer is the real one, without its callbacks and its logger."""
    torch.manual_seed(cfg.seed)
    clock = Clock(warmup)
    cfg.callbacks, cfg.logger = {}, {}
    trainer = instantiate(cfg.trainer, _partial_=True, _convert_="all")(
        devices=1,
        max_steps=warmup + steps,
        logger=False,
        callbacks=[clock],
        enable_checkpointing=False,
        enable_progress_bar=False,
        limit_val_batches=0,
    )
    task = instantiate(cfg.task, _convert_="all")
    if row.data == "shards":
        cfg.data.batches, cfg.data.val_batches = warmup + steps, 0
        trainer.fit(task, datamodule=instantiate(cfg.data, _convert_="all"))
    else:
        batches: Any = [random_batch(cfg, device())] * (warmup + steps)
        trainer.fit(task, DataLoader(batches, batch_size=None))
    row.seconds, row.peak = clock.total / steps, clock.peak
    row.wait = clock.waited / clock.total if row.data == "shards" else None


def random_batch(cfg: DictConfig, place: torch.device) -> Batch:
    """A batch in the shapes of data.epoch.collate."""
    size, works = cfg.data.batch_size, cfg.data.works
    shape = (size, 3, cfg.size, cfg.size)
    artist = torch.arange(size) // works
    return {
        "content": torch.rand(shape).to(place),
        "style": torch.rand(shape).to(place),
        "artist": artist.to(place),
        "prompt": [f"artist {i}" for i in artist.tolist()],
        "movement": [""] * size,
        "keys": [str(i) for i in range(size)],
    }


def gflop_of_a_picture(cfg: DictConfig) -> float:
    """GFLOP of forward and backward per picture of a batch, counted once on a small one.

    Convolutions and matrix products alone; a multiplication and an addition are two. Where targets are kept,
    those that work them out are not counted.
    """
    cfg = cfg.copy()
    cfg.compile = False
    cfg.data.batch_size = cfg.data.works
    task = instantiate(cfg.task, _convert_="all").to(device()).train()
    batch = random_batch(cfg, task.device)
    if task.clip.reads_text:
        task.clip.text([*batch["prompt"], "a photo"])  # read once in a training
    drawn = task.inputs.drawn(batch)
    if cfg.data.cache == "targets":
        drawn.kept = of_frozen_networks(task, drawn)
    with FlopCounterMode(display=False) as counter:
        descended, _ = task.step(drawn)
        descended.backward()
    return counter.get_total_flops() / cfg.data.batch_size / 1e9


def device() -> torch.device:
    """Where Lightning's `accelerator=auto` trains, of the two that are measured."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def release() -> None:
    """Gives back what the last row held."""
    gc.collect()
    torch.compiler.reset()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()


def table(rows: list[Row]) -> str:
    """A line for each; `of matmul` is the share of the matrix product's rate in the same precision."""
    head = (
        f"{'model':16} {'size':>5} {'batch':>5} {'precision':>10} {'compile':>7} {'cache':>8} {'samples/s':>10} {'ms':>9} "
        f"{'GFLOP':>9} {'GFLOP/s':>9} {'of matmul':>9} {'peak GiB':>8} {'data wait':>9}"
    )
    return "\n".join([head, *map(line, rows)])


def line(r: Row) -> str:
    begin = f"{r.model:16} {r.size:5} {r.batch:5} {r.precision:>10} {'yes' if r.compiled else 'no':>7} "
    begin += f"{r.cache or 'none':>8} "
    if r.failed:
        return begin + r.failed.splitlines()[0]
    peak = "n/a" if r.peak is None else f"{r.peak / 2**30:.2f}"
    wait = "random" if r.wait is None else f"{r.wait:.1%}"
    return begin + (
        f"{r.batch / r.seconds:10.2f} {1e3 * r.seconds:9.1f} {r.gflop:9.1f} {r.gflop / r.seconds:9.1f} "
        f"{r.share:9.1%} {peak:>8} {wait:>9}"
    )
