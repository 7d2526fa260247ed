"""The batches of an epoch of kept pictures, cut on the device; what each draws is a function of (seed, epoch, rank, batch)."""

import random
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import torch

from txst.data.cache import Pictures, Views
from txst.data.epoch import CountedEpoch
from txst.data.samples import Sample, prompt
from txst.data.stream import pick
from txst.types import Batch


class Cache:
    """The pictures of a training, kept on the device.

    Args:
        content: photos.
        style: paintings.
        works: of each artist that is in a batch.
        skipped: pictures that could not be read.
    """

    def __init__(self, content: Pictures, style: Pictures | Views, works: int, skipped: int = 0) -> None:
        self.content, self.style, self.works, self.skipped = content, style, works, skipped
        self.by_artist: dict[str, list[int]] = defaultdict(list)
        for row, sample in enumerate(style.samples):
            if name := prompt(sample):
                self.by_artist[name].append(row)
        self.artist = torch.tensor([s["artist_id"] for s in style.samples])
        self.prompts = [prompt(s) for s in style.samples]

    def batch(self, rng: random.Random, size: int) -> Batch:
        """So many photos, each with a painting, drawn by rng."""
        photos = drawn(rng, len(self.content.samples), size)
        paintings = (
            drawn(rng, len(self.style.samples), size)
            if self.works == 1
            else pick(self.by_artist, size // self.works, self.works, rng)
        )
        content, _ = self.content.draw(photos, rng)
        style, view = self.style.draw(paintings, rng)
        made = self.named(paintings)
        made |= {"content": content, "style": style, "artist": self.artist[paintings].to(style.device), "skipped": 0}
        made["keys"] = [f"{self.content.samples[a]['key']} {b}" for a, b in zip(photos, made["keys"], strict=True)]
        return made if view is None else made | {"view": view}

    def named(self, rows: Sequence[int]) -> Any:
        """What is told of these paintings."""
        samples: list[Sample] = [self.style.samples[row] for row in rows]
        return {
            "prompt": [self.prompts[row] for row in rows],
            "movement": [s["movement"] for s in samples],
            "keys": [s["key"] for s in samples],
        }


class CachedEpoch(CountedEpoch):
    """An epoch of batches of kept pictures.

    Args:
        cache: the pictures.
        batch_size: on each rank.
        batches: in an epoch.
        key: seed, epoch and rank.
    """

    def __init__(self, cache: Cache, batch_size: int, batches: int, key: tuple[int, int, int]) -> None:
        super().__init__(batches)
        self.cache, self.batch_size, self.key = cache, batch_size, key

    def batch(self, number: int) -> Batch:
        batch = self.cache.batch(random.Random(repr((*self.key, number))), self.batch_size)
        if not any((number, self.key[1])):
            batch["skipped"] = self.cache.skipped
        return batch


def drawn(rng: random.Random, count: int, size: int) -> list[int]:
    """So many of the first numbers, different ones where there are enough."""
    return rng.sample(range(count), size) if count >= size else rng.choices(range(count), k=size)
