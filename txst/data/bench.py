"""How fast the loader is, beside reading its shards alone: what decoding costs, and what of it costs most."""

import cProfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from statistics import median
from typing import Any

from tqdm import tqdm

from txst.data.module import Paintings
from txst.data.samples import read_shard


@dataclass
class Rates:
    """Pictures a second, in each round, and where one process spends its time."""

    tar: list[float] = field(default_factory=list)
    loader: list[float] = field(default_factory=list)
    costs: list[tuple[str, float]] = field(default_factory=list)  # function, share of the time in itself


def measure(data: Paintings, rounds: int, pictures: int) -> Rates:
    """Reads the shards and loads batches, in turn, so that what else the machine does hits both alike.

    Args:
        data: its `workers` decode; reading has one process and undecoded samples.
        rounds: how often.
        pictures: of each round, by each.
    """
    rates = Rates()
    shards = [*data.photos.shards, *data.paintings.shards]
    data.val_batches = 0
    data.batches = 10**9
    with tqdm(total=rounds, desc="bench", unit="round") as bar:
        for _ in range(rounds):
            rates.tar.append(rate(lambda: undecoded(shards), pictures, 1))
            rates.loader.append(rate(lambda: iter(data.train_dataloader()), pictures, 2 * data.batch_size))
            bar.update()
    rates.costs = costs(data, pictures)
    return rates


def undecoded(shards: list[str]) -> Iterator[Any]:
    while True:
        for shard in shards:
            yield from read_shard(shard)


def rate(begin: Callable[[], Iterator[Any]], pictures: int, each: int) -> float:
    """Pictures a second, from the first on, which waits for the workers and for a full window.

    Args:
        begin: gives what is read.
        pictures: how many.
        each: of them at a time.
    """
    source = begin()
    next(source)
    begun = time.perf_counter()
    count = sum(each for _ in islice(source, max(1, pictures // each)))
    return count / (time.perf_counter() - begun)


def costs(data: Paintings, pictures: int, most: int = 6) -> list[tuple[str, float]]:
    """The functions in which one process spends most."""
    workers, data.workers = data.workers, 0
    source = iter(data.train_dataloader())
    next(source)
    profile = cProfile.Profile()
    profile.enable()
    for _ in islice(source, max(1, pictures // (2 * data.batch_size))):
        pass
    profile.disable()
    data.workers = workers
    rows = sorted(profile.getstats(), key=lambda row: -row.inlinetime)
    whole = sum(row.inlinetime for row in rows)
    return [(getattr(row.code, "co_qualname", str(row.code)), row.inlinetime / whole) for row in rows[:most]]


def table(rates: Rates, workers: int) -> str:
    """What was measured, in lines."""
    tar, loader = median(rates.tar), median(rates.loader)
    return "\n".join(
        [
            f"reading, one process    {tar:8.0f} pictures/s",
            f"loading, {workers:2} workers     {loader:8.0f} pictures/s, {loader / tar:.1%} of it",
            "one process loading spends its time in",
            *(f"  {share:6.1%} {name}" for name, share in rates.costs),
        ]
    )
