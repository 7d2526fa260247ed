"""How fast a model paints: every model, size and backend in turn, round after round, so that what else the machine does hits all alike."""

import multiprocessing
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from torch.utils.flop_counter import FlopCounterMode
from tqdm import tqdm

from txst.backends.runtimes import RUNTIMES
from txst.benchmarks.cost import matmul_rate
from txst.benchmarks.inference_backends import inputs, open_way, peaks, split
from txst.types import Style, StyleModel

BACKENDS = ("torch", "channels_last", *RUNTIMES)


@dataclass
class Row:
    """One model on one backend at one size."""

    model: str
    way: str  # backend, and precision where it is not float32
    size: int  # pixels, of square pictures
    batch: int
    weights: int  # numbers, in the model
    gflop: float  # of the batch
    peak: int | None  # bytes resident beyond those of the open model; None where the system does not say
    rate: float = 0.0  # GFLOP/s of torch's matrix product in this precision; for int8 in float32
    seconds: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)


def measure(
    models: dict[str, tuple[StyleModel, int]],
    sizes: Sequence[int],
    batches: Sequence[int],
    ways: Sequence[str],
    rounds: int,
    most: float,
) -> list[Row]:
    """Paints with each, in turn.

    Args:
        models: name -> model that paints after embeddings or codes, in eval mode, and D of these.
        sizes: sides of the square pictures, in pixels.
        batches: pictures at once.
        ways: see `bench_backends.open_way`; those of a backend that is not installed are left out.
        rounds: how often; the first one more, which does not count.
        most: GFLOP of a row; larger ones are left out.
    """
    if unknown := [way for way in ways if split(way)[0] not in BACKENDS]:
        raise ValueError(f"no backend {unknown[0]!r}; there are {', '.join(BACKENDS)}")
    ways = [way for way in ways if split(way)[0] not in RUNTIMES or find_spec(split(way)[0])]
    with tempfile.TemporaryDirectory() as folder:
        rows: list[tuple[Row, Callable[[], object]]] = []
        for name, way in ((name, way) for name in models for way in ways):
            rows += rows_of(name, *models[name], way, sizes, batches, Path(folder, name), most)
        rates = dict.fromkeys((split(way)[1] for way in ways), 0.0)
        for r in tqdm(range(rounds + 1), desc="bench", unit="round"):
            for precision, rate in rates.items():  # in turn with the rest, too
                rates[precision] = max(rate, matmul_rate(torch.device("cpu"), precision, 0.5))
            for row, run in rows:
                begun = time.perf_counter()
                run()
                if r:
                    row.seconds.append(time.perf_counter() - begun)
    for row, _ in rows:
        row.rate = rates[split(row.way)[1]]
    return [row for row, _ in rows]


def rows_of(
    name: str,
    model: StyleModel,
    width: int,
    way: str,
    sizes: Sequence[int],
    batches: Sequence[int],
    folder: Path,
    most: float,
) -> list[tuple[Row, Callable[[], object]]]:
    """A row for each size and batch, and what it times."""
    one = gflop(model, width)
    kinds = sorted((s * s * b, s, b) for s in sizes for b in batches if one * s * s * b <= most)
    opening = (way, model, width, folder, torch.get_num_threads())
    paint = open_way(*opening)
    memory = memory_of(opening, [kind[1:] for kind in kinds])
    weights = sum(p.numel() for p in model.parameters())
    return [
        (Row(name, way, size, batch, weights, one * pixels, peak), partial(paint, *inputs(width, size, batch)))
        for (pixels, size, batch), peak in zip(kinds, memory, strict=True)
    ]


def memory_of(opening: tuple[Any, ...], kinds: Sequence[tuple[int, int]]) -> Sequence[int | None]:
    """Peaks in a process of its own, which others have not grown before."""
    if not Path("/proc/self/clear_refs").exists():
        return [None] * len(kinds)
    with multiprocessing.get_context("spawn").Pool(1) as process:
        return process.apply(peaks, (*opening, kinds))


def gflop(model: StyleModel, width: int, side: int = 256) -> float:
    """GFLOP a pixel, counted on a square, beside what a style takes once; convolutions and matrix products alone, a multiplication and an addition are two."""
    image, code = inputs(width, side, 1)
    with torch.no_grad():
        prepared = model.prepare_style(Style(code))
        with FlopCounterMode(display=False) as counter:
            model(image, prepared)
    return counter.get_total_flops() / 1e9 / side**2


def table(rows: list[Row], baseline: str) -> str:
    """A line for each; `ratio` is to the baseline in plain torch at the same size and batch, where that was measured."""
    slow = {(r.size, r.batch): r.median for r in rows if r.model == baseline and r.way == "torch"}
    head = (
        f"{'model':14} {'backend':18} {'size':>5} {'batch':>5} {'weights':>8} {'GFLOP':>8} {'ms':>9} {'GFLOP/s':>8} "
        f"{'of matmul':>9} {'MiB':>7}"
    )
    return "\n".join([head, *(line(r, slow.get((r.size, r.batch))) for r in rows)])


def line(r: Row, slow: float | None) -> str:
    speed = r.gflop / r.median
    peak = "n/a" if r.peak is None else f"{r.peak / 2**20:.0f}"
    return (
        f"{r.model:14} {r.way:18} {r.size:5} {r.batch:5} {r.weights / 1e6:7.2f}M {r.gflop:8.2f} {1e3 * r.median:9.1f} "
        f"{speed:8.1f} {speed / r.rate:9.1%} {peak:>7}"
    ) + (f"  ratio={slow / r.median:.1f}" if slow else "")
