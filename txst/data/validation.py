"""shard -> sample -> batch, for validation: the same pairs at every epoch, on any number of ranks."""

import random
from collections.abc import Sequence
from functools import partial
from itertools import islice
from math import ceil

from torch.utils.data import Dataset

from txst.data.epoch import collate
from txst.data.pictures import cut
from txst.data.samples import Sample, ShardError, read_shard
from txst.types import Batch


class FixedPairs(Dataset):
    """Centre crops of photos and paintings, none of the pairs twice.

    Args:
        content: shards of photos.
        style: shards of paintings.
        size: side of the crops.
        pairs: how many, on all ranks together; at most as many as there are pictures of the more numerous kind.
        seed: which painting meets which photo.
        rank: of this process.
        ranks: up to `ranks - 1` pairs are left out, so that each rank has as many: with padding instead, some
            pairs would count twice.
        licences: only paintings whose licence contains one of these; None for all.
        side: to what the shorter side is resized; None takes `size`.
        split: of the paintings, `test` or `heldout`.
        named_by: what names the paintings in foreign shards, see `foreign_shards.describe`.
    """

    def __init__(
        self,
        content: Sequence[str],
        style: Sequence[str],
        size: int,
        pairs: int,
        seed: int,
        rank: int = 0,
        ranks: int = 1,
        licences: Sequence[str] | None = None,
        side: int | None = None,
        split: str = "test",
        named_by: str | None = None,
    ) -> None:
        self.size, self.side = size, side or size
        rng = random.Random(seed)
        photos = some(content, pairs, rng, "test")
        paintings = some(style, pairs, rng, split, licences, named_by)
        pairs = min(pairs, max(len(photos), len(paintings)))
        mine = range(pairs - pairs % ranks)[rank::ranks]
        self.pairs = [(photos[i % len(photos)], paintings[i % len(paintings)]) for i in mine]

    def __getitem__(self, index: int) -> list[Sample]:
        return [
            s | {"image": cut(s["jpg"], self.size, self.side, None)} if "jpg" in s else s for s in self.pairs[index]
        ]

    def __len__(self) -> int:
        return len(self.pairs)


def some(
    shards: Sequence[str],
    number: int,
    rng: random.Random,
    split: str,
    licences: Sequence[str] | None = None,
    named_by: str | None = None,
) -> list[Sample]:
    """So many samples, about as many of each shard; a shard is a fair mixture, so its first will do."""
    share = ceil(number / len(shards))
    read = partial(read_shard, licences=licences, split=split, named_by=named_by)
    samples = [s for shard in sorted(shards) for s in islice(read(shard), share)]
    if not samples:
        raise ShardError(
            f"no {split} picture in {list(shards)} with a licence of {licences}: add pictures, or data.val_batches=0"
        )
    rng.shuffle(samples)
    return samples[:number]


def collate_pairs(pairs: Sequence[list[Sample]]) -> Batch:
    photos, paintings = zip(*pairs, strict=True)
    return collate(photos, paintings)
