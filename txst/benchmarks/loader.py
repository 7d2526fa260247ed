"""How fast the loader is, beside reading its shards alone: what decoding costs, and what of it costs most."""

import cProfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from statistics import median

from tqdm import tqdm

from txst.data.module import Paintings
from txst.data.samples import read_shard


@dataclass
class Rates:
    """Pictures a second, in each round, and where one process spends its time."""

    tar: list[float] = field(default_factory=list)  # of one process's own time: others on the machine count little
    alone: list[float] = field(default_factory=list)  # the same
    loader: list[float] = field(default_factory=list)  # of the clock's time, by all workers
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
            rates.tar.append(rate(lambda: undecoded(shards), pictures, 1, time.process_time))
            rates.alone.append(rate(lambda: batches(data, 0), pictures, 2 * data.batch_size, time.process_time))
            rates.loader.append(rate(lambda: batches(data, data.workers), pictures, 2 * data.batch_size))
            bar.update()
    rates.costs = costs(data, pictures)
    return rates


def undecoded(shards: list[str]) -> Iterator[object]:
    while True:
        for shard in shards:
            yield from read_shard(shard)


def batches(data: Paintings, workers: int) -> Iterator[object]:
    usual, data.workers = data.workers, workers
    try:
        return iter(data.train_dataloader())
    finally:
        data.workers = usual


def rate(
    begin: Callable[[], Iterator[object]], pictures: int, each: int, clock: Callable[[], float] = time.perf_counter
) -> float:
    """Pictures a second, from the first on, which waits for the workers and for a full window.

    Args:
        begin: gives what is read.
        pictures: how many.
        each: of them at a time.
        clock: what a second is measured by.
    """
    source = begin()
    next(source)
    begun = clock()
    count = sum(each for _ in islice(source, max(1, pictures // each)))
    return count / (clock() - begun)


def costs(data: Paintings, pictures: int, most: int = 6) -> list[tuple[str, float]]:
    """The functions in which one process spends most."""
    source = batches(data, 0)
    next(source)
    profile = cProfile.Profile()
    profile.enable()
    for _ in islice(source, max(1, pictures // (2 * data.batch_size))):
        pass
    profile.disable()
    rows = sorted(profile.getstats(), key=lambda row: -row.inlinetime)
    whole = sum(row.inlinetime for row in rows)
    return [(getattr(row.code, "co_qualname", str(row.code)), row.inlinetime / whole) for row in rows[:most]]


def table(rates: Rates, workers: int) -> str:
    """What was measured, in lines."""
    tar, alone = median(rates.tar), median(rates.alone)
    return "\n".join(
        [
            f"reading            {tar:8.0f} pictures/s of processor time",
            f"loading            {alone:8.0f} pictures/s of processor time, {alone / tar:.1%} of it",
            f"loading, {workers:2} workers{median(rates.loader):8.0f} pictures/s",
            "one process loading spends its time in",
            *(f"  {share:6.1%} {name}" for name, share in rates.costs),
        ]
    )
