"""shard -> undecoded samples."""

import hashlib
import io
import json
import tarfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from typing import Any, BinaryIO

import fsspec
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
