"""Groups of samples -> the batches of an epoch, for training.

An epoch is a fixed number of batches, the same on every rank and every worker, drawn from shards taken at random
with replacement. What it draws is a function of (seed, epoch, rank, worker) and of nothing else, so a resumed run
sees what it would have seen: batches that are done are drawn again, and not decoded.
"""

import random
import signal
import sys
from collections.abc import Iterator, Sequence
from time import perf_counter
from typing import Any

import torch
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from txst.data.samples import Sample, is_remote, prompt
from txst.data.stream import Stream, Tally
from txst.types import Batch


class Pairs(IterableDataset):
    """Batches of photos and paintings, see `collate`; with `skipped` and `lost`, what could not be read on the way, see `Tally`.

    Args:
        content: photos.
        style: paintings.
        batch_size: on each rank.
        batches: in an epoch, on each rank.
        seed: of the run.
        epoch: counted from 0.
        rank: of this process.
        first: the batch at which the epoch was last begun, by as many ranks and workers as there are now.
        done: batches that have been trained on, `first` of them before it was begun.
    """

    def __init__(
        self,
        content: Stream,
        style: Stream,
        batch_size: int,
        batches: int,
        seed: int,
        epoch: int,
        rank: int,
        first: int = 0,
        done: int = 0,
    ) -> None:
        self.content, self.style = content, style
        self.batch_size, self.batches = batch_size, batches
        self.key = (seed, epoch, rank)
        self.first, self.done = first, done

    def __iter__(self) -> Iterator[Batch]:
        info = get_worker_info()
        worker, workers = (info.id, info.num_workers) if info else (0, 1)
        done = self.done - self.first
        share = (worker + done) % workers  # the loader asks worker 0 first, whose turn it is
        mine = range(share, self.batches - self.first, workers)  # split exactly among the workers
        skip = len(range(share, done, workers))
        key = (*self.key, share, *([self.first] if self.first else []))
        tally = Tally()
        photos, paintings = (
            stream.batches(random.Random(repr((*key, name))), self.batch_size, tally, skip)
            for stream, name in ((self.content, "content"), (self.style, "style"))
        )
        for _ in mine[skip:]:
            skipped, lost = tally.skipped, len(tally.lost)
            batch = collate(next(photos), next(paintings))
            yield batch | {"skipped": tally.skipped - skipped, "lost": [*tally.lost][lost:]}

    def __len__(self) -> int:
        return self.batches


class Epoch(DataLoader):
    """The batches of an epoch, whose place a checkpoint holds; Lightning saves and restores it.

    By as many ranks and workers as before the epoch goes on with the batch that would have come next. By others the rest
    of it is drawn anew: as many batches as were left, and none of those that are done.

    Args:
        pairs: the epoch.
        workers: processes that decode.
        ranks: how many processes train.
        lost: shards and samples that could not be read in earlier epochs or by another worker; they count once.

    Attributes:
        waited: seconds that its reader has spent waiting.
    """

    dataset: Pairs

    def __init__(self, pairs: Pairs, workers: int, ranks: int, lost: set[str] | None = None) -> None:
        pinned = torch.cuda.is_available()  # the way to the GPU then overlaps with the step
        shards = [*pairs.content.shards, *pairs.style.shards]
        super().__init__(
            pairs,
            batch_size=None,
            num_workers=workers,
            pin_memory=pinned,
            multiprocessing_context=start_method(shards, workers),
            worker_init_fn=leave_stopping_to_the_run,
        )
        self.drawn_by = {"ranks": ranks, "workers": workers, "batch_size": pairs.batch_size}
        self.lost = set() if lost is None else lost
        self.read = pairs.done
        self.waited = 0.0

    def __iter__(self) -> Iterator[Batch]:  # type: ignore[override]  # lazy: Lightning asks twice, and reads once
        batches = super().__iter__()
        for number in range(self.dataset.done, len(self.dataset)):
            began = perf_counter()
            try:
                batch = next(batches)
            except (EOFError, ConnectionError) as error:  # torch names the other ways to die itself
                raise RuntimeError(
                    "a process that decodes pictures was killed, mostly for want of memory: lower data.workers"
                ) from error
            self.waited += perf_counter() - began
            self.read = number + 1
            lost = batch.pop("lost")
            batch["skipped"] -= len(self.lost.intersection(lost))
            self.lost.update(lost)
            yield batch

    def state_dict(self) -> dict[str, Any]:
        return {"read": self.read, "first": self.dataset.first, "drawn_by": self.drawn_by}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.read = self.dataset.done = state["read"]
        self.dataset.first = state["first"] if state["drawn_by"] == self.drawn_by else state["read"]


class CountedEpoch:
    """The batches of an epoch, made one by one in this process; a checkpoint holds its place, which Lightning saves and restores.

    Args:
        batches: in the epoch.

    Attributes:
        waited: seconds that its reader has spent waiting.
    """

    def __init__(self, batches: int) -> None:
        self.batches = batches
        self.read, self.waited = 0, 0.0

    def batch(self, number: int) -> Batch:
        """The batch of this number, a function of it and of what the epoch was made with."""
        raise NotImplementedError

    def __iter__(self) -> Iterator[Batch]:
        for number in range(self.read, self.batches):
            began = perf_counter()
            batch = self.batch(number)
            self.waited += perf_counter() - began
            self.read = number + 1
            yield batch

    def __len__(self) -> int:
        return self.batches

    def state_dict(self) -> dict[str, int]:
        return {"read": self.read}

    def load_state_dict(self, state: dict[str, int]) -> None:
        self.read = state["read"]


class Repeated:
    """The same few batches in every epoch, decoded once: what `trainer.overfit_batches` trains on.

    Args:
        batches: they are kept in memory.
        epoch: batches in an epoch, of which the trainer takes its share.
    """

    waited = 0.0  # seconds that its reader has spent waiting

    def __init__(self, batches: Sequence[Batch], epoch: int) -> None:
        self.batches, self.epoch = batches, epoch

    def __iter__(self) -> Iterator[Batch]:
        return iter(self.batches)

    def __len__(self) -> int:
        return self.epoch


def leave_stopping_to_the_run(worker: int) -> None:
    """Lets a process that decodes outlive what tells the run to stop: schedulers tell all processes of it.

    The run then makes its step whole and writes a checkpoint (`training.checkpoints`), and ends its workers itself.
    """
    for name in ("SIGTERM", "SIGUSR1", "SIGINT"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)


def start_method(shards: Sequence[str], workers: int) -> str | None:
    """How the processes start that read these: forked from one that has connections to a store, they may wait for ever."""
    remote = any(map(is_remote, shards))
    return "forkserver" if workers and remote and sys.platform != "win32" else None


def collate(photos: Sequence[Sample], paintings: Sequence[Sample]) -> Batch:
    """A batch.

    Returns:
        `content` and `style`, [B, 3, size, size] of bytes, see `in_unit` (no `style` where it is a text); of the styles `artist`,
        [B] numbers of the names, `prompt`, the names, and `movement`; and `keys`, which tell where both pictures lie.
    """
    shown = [p["image"] for p in paintings if "image" in p]
    if 0 < len(shown) < len(paintings):
        raise ValueError("styles are pictures or a text, and not both: data.style or data.text")
    batch: Batch = {
        "content": torch.stack([p["image"] for p in photos]),
        "artist": torch.tensor([p["artist_id"] for p in paintings]),
        "prompt": [prompt(p) for p in paintings],
        "movement": [p["movement"] for p in paintings],
        "keys": [f"{a['key']} {b['key']}" for a, b in zip(photos, paintings, strict=True)],
    }
    if shown:
        batch["style"] = torch.stack(shown)
    return batch


def in_unit(batch: Batch) -> Batch:
    """The batch with its pixels in [0, 1]: they travel as bytes, a quarter of the size, and are changed where they are used."""
    if batch["content"].is_floating_point():  # cut on the device
        return batch
    changed = batch | {"content": batch["content"].float() / 255}
    if "style" in batch:
        changed["style"] = batch["style"].float() / 255
    if "teacher" in batch:
        changed["teacher"] = batch["teacher"].float() / 255
    return changed
