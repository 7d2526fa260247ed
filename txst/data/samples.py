"""shard -> undecoded samples.

webdataset finds the samples in a tar file and writes such files (`shards`). Which shards are opened, how samples are mixed and
decoded, and how an epoch goes on after a stop is our own (`stream`, `epoch`): webdataset's shuffle is seeded by process and clock,
and a pipeline of it cannot be taken up again at a batch.
"""

import hashlib
import io
import tarfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from typing import Any, BinaryIO

import fsspec
from webdataset.tariterators import group_by_keys, tar_file_expander

from txst.data.foreign_shards import ENDINGS, describe, facts_of
from txst.data.pictures import UNREADABLE
from txst.data.plain import is_single, sample_of

# `key`, the undecoded `jpg` (of foreign shards also a PNG or WebP; a text has none), and what the json says
Sample = dict[str, Any]


class ShardError(RuntimeError):
    """Shards that cannot be read; the message is for the reader."""


def refuse(name: str, reason: str) -> None:
    raise ShardError(f"{name} {reason}: make or download it again")


def read_shard(
    shard: str,
    licences: Sequence[str] | None = None,
    skip: Callable[[str, str], None] = refuse,
    split: str | None = None,
    named_by: str | None = None,
) -> Iterator[Sample]:
    """The samples of a tar file, in its order; or the one of a picture or a text, see `plain`.

    Args:
        shard: a path, or an address.
        licences: only samples whose licence contains one of these; None for all.
        skip: is told the name of a sample, or of a shard, that cannot be read, and why; what it does not raise at is left out.
        split: only samples of it, or of none: foreign shards hold several. None for all.
        named_by: what names the style in foreign shards, see `foreign_shards.describe`.
    """
    if is_single(shard):
        try:
            yield sample_of(shard)
        except UNREADABLE as error:
            skip(shard, f"is no picture that can be read ({error})")
        return
    try:
        with closing(open_shard(shard)) as stream:
            for files in group_by_keys(tar_file_expander([{"url": shard, "stream": stream}])):
                key = f"{shard}:{files['__key__']}"
                try:
                    sample = {"key": key, **whole(files, named_by)}
                    wanted = licences is None or is_licensed(sample["licence"], licences)
                except (KeyError, ValueError) as error:
                    skip(key, f"is no whole sample ({error!r})")
                    continue
                if wanted and split in (None, sample.get("split", split)):
                    yield sample
    except (OSError, tarfile.TarError) as error:
        skip(shard, f"is no whole shard ({error!r})")


def whole(files: dict[str, Any], named_by: str | None) -> Sample:
    """A sample of its files, in our own words where another program wrote them."""
    facts = facts_of(files)
    picture = files[next((ending for ending in ENDINGS if ending in files), "jpg")]
    ours = "artist_id" in facts
    return {"jpg": picture, **(facts if ours else describe(files, facts, picture, named_by))}


def open_shard(shard: str) -> BinaryIO:
    return io.BytesIO(fetch(shard)) if is_remote(shard) else open(shard, "rb")


def is_remote(name: str) -> bool:
    """Whether it is an address (https://, s3://, hf://, ...) and not a path.

    Raises:
        ValueError: it is a command.
    """
    if name.startswith("pipe:"):
        raise ValueError(f"{name!r} would run a shell command, and is refused; give a file or an address")
    return "://" in name


def fetch(address: str) -> bytes:
    """What lies there, by fsspec."""
    try:
        with fsspec.open(address, "rb") as file:
            return file.read()
    except OSError:
        raise
    except Exception as error:  # each of its many protocols has errors of its own
        raise OSError(f"{address} cannot be read: {error!r}") from error


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
