"""Shards of drawn pictures, and what is drawn from them."""

import torch

from txst.data.epoch import Epoch, Pairs
from txst.data.shards import write_shard
from txst.data.stream import Stream


def stream(shards, **options):
    return Stream(
        [str(file) for file in shards.glob("train-*.tar")], **{"size": 24, "resize": 32, "window": 100} | options
    )


def pairs(shards, batches=5, seed=0, epoch=0, rank=0, works=2):
    return Pairs(stream(shards), stream(shards, works=works), 4, batches, seed, epoch, rank)


def epoch(data, workers=0):
    return list(Epoch(data, workers, ranks=1))


def same(ones, others):
    return all(
        a.keys() == b.keys()
        and all(torch.equal(a[k], b[k]) if isinstance(a[k], torch.Tensor) else a[k] == b[k] for k in a)
        for a, b in zip(ones, others, strict=True)
    )


def facts(**options):
    return {"artist": "a", "artist_id": 1, "movement": "m", "title": "", "licence": "", "source": ""} | options


def shard(path, jpegs, **options):
    write_shard(path, [(f"{n:03d}", jpeg, facts(**options)) for n, jpeg in enumerate(jpegs)])
    return str(path)
