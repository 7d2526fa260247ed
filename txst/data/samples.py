"""shard -> undecoded samples."""

import hashlib
import io
import json
import tarfile
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from typing import Any, BinaryIO

from webdataset.tariterators import group_by_keys, tar_file_expander

Sample = dict[str, Any]  # `key`, the undecoded `jpg`, and what the json says


def refuse(report: str) -> None:
    raise RuntimeError(f"{report}: run scripts/make_shards.py again")


def read_shard(
    shard: str, licences: Sequence[str] | None = None, skip: Callable[[str], None] = refuse
) -> Iterator[Sample]:
    """The samples of a tar file, in its order.

    Args:
        shard: a path, or an address.
        licences: only samples whose licence contains one of these; None for all.
        skip: is told of a sample, or of the rest of a shard, that cannot be read; what it does not raise at is left out.
    """
    try:
        with closing(open_shard(shard)) as stream:
            for files in group_by_keys(tar_file_expander([{"url": shard, "stream": stream}])):
                key = f"{shard}:{files['__key__']}"
                try:
                    sample = {"key": key, "jpg": files["jpg"], **json.loads(files["json"])}
                    wanted = licences is None or is_licensed(sample["licence"], licences)
                except (KeyError, ValueError) as error:
                    skip(f"{key} is no whole sample ({error!r})")
                    continue
                if wanted:
                    yield sample
    except (OSError, tarfile.TarError) as error:
        skip(f"{shard} is no whole shard ({error!r})")


def open_shard(shard: str) -> BinaryIO:
    if shard.startswith("pipe:"):
        raise ValueError(
            f"{shard!r} would run a shell command, and is refused; give a file or an http address"
        )
    if shard.startswith(("http://", "https://")):
        with urllib.request.urlopen(shard, timeout=60) as reply:
            return io.BytesIO(reply.read())
    return open(shard, "rb")


def is_licensed(licence: str, wanted: Sequence[str]) -> bool:
    """Whether the licence contains one of the wanted; case does not count, and `_` is a space."""
    licence = licence.lower().replace("_", " ")
    return any(w.lower().replace("_", " ") in licence for w in wanted)


def prompt(sample: Sample) -> str:
    """What one would call the style: the artist, or else the texture's word or the movement."""
    return sample["artist"] or sample["movement"]


def sha256(sample: Sample) -> str:
    """Of its jpg: what names a work wherever it lies."""
    return hashlib.sha256(sample["jpg"]).hexdigest()
