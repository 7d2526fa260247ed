"""Which pictures can be used, and why the others cannot."""

import hashlib
import json
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tqdm import tqdm

from txst.data.layouts import Picture
from txst.data.names import canonical, clean
from txst.data.pictures import UNREADABLE, inspect

VERSION = 1  # of what `inspect` finds


def look_over(pictures: Sequence[Picture], memory: Path, smallest: int) -> list[dict[str, str]]:
    """For each picture its `sha256` and `fingerprint`, or the `reason` to leave it out.

    Args:
        pictures: see `layouts.find`.
        memory: a file that remembers the good ones, should the run be cut short.
        smallest: pictures with a smaller side are left out.
    """
    known = dict(remembered(memory))

    def look(picture: Picture) -> tuple[str, dict[str, str]]:
        try:
            stat = picture.file.stat()
            stamp = f"{VERSION} {smallest} {stat.st_size} {stat.st_mtime_ns} {picture.file}"
            return stamp, known.get(stamp) or inspect(picture.file.read_bytes(), smallest)
        except FileNotFoundError:
            return "", {"reason": "no such file"}
        except UNREADABLE as error:
            return "", {"reason": str(error)}

    reports = []
    with memory.open("a", encoding="utf-8", buffering=1) as log, ThreadPoolExecutor(os.cpu_count()) as pool:
        try:
            for stamp, report in tqdm(pool.map(look, pictures), "checking", len(pictures), unit="picture"):
                reports.append(report)
                if stamp and stamp not in known:
                    log.write(json.dumps([stamp, report]) + "\n")
        finally:
            pool.shutdown(cancel_futures=True)  # or Ctrl-C would wait for all of them
    return reports


def remembered(memory: Path) -> Iterator[tuple[str, dict[str, str]]]:
    for line in memory.read_text(encoding="utf-8").splitlines() if memory.exists() else []:
        try:
            stamp, report = json.loads(line)
        except ValueError:
            continue  # the run was cut short within this line
        yield stamp, report


def describe(picture: Picture) -> dict[str, Any]:
    """The json of a sample, but for its split.

    Raises:
        ValueError: a garbled name.
    """
    artist, movement = canonical(picture.artist), clean(picture.movement)
    return {
        "artist": artist,
        "artist_id": name_id(artist or movement),
        "movement": movement,
        "title": picture.title,
        "licence": picture.licence,
        "source": picture.source,
    }


def name_id(name: str) -> int:
    """A number for a name, the same in every set, so that sets can be joined; -1 for no name."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:6]) if name else -1


def name_table(samples: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Name, number and count of works of each artist, or of each word where there is no artist."""
    counts = Counter((s["artist"] or s["movement"], s["artist_id"]) for s in samples if s["artist_id"] >= 0)
    if len({number for _, number in counts}) < len(counts):
        raise ValueError("two names got the same number; rename one of them in txst/data/aliases.csv")
    return [{"id": number, "name": name, "count": n} for (name, number), n in sorted(counts.items())]
