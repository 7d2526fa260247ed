"""What `data.content` and `data.style` name: folders of shards, tar files, pictures; and what lies in them."""

import json
from collections import Counter
from collections.abc import Sequence
from glob import glob
from pathlib import Path
from typing import Any

from webdataset.shardlists import expand_urls

from txst.data import plain
from txst.data.foreign_shards import TEXT, is_foreign, shards_in
from txst.data.samples import Sample, fetch, is_remote, read_shard

Source = str | Sequence[str] | None
MOST = 20  # foreign shards that are read for validation: each is read whole for one picture in twenty


def shards(source: str | Sequence[str], split: str) -> list[str]:
    """The shards of one split: by the manifests of the folders that the source names, or foreign ones, which hold all splits; or pictures."""
    ours, foreign = [], []
    for entry in folders(source):
        if plain.is_plain(entry):
            ours += plain.files_in(entry, split)
        elif is_foreign(entry):
            foreign += shards_in(entry)
        else:
            ours += [f"{entry}/{name}" for name in manifest(entry)["shards"] if name.startswith(f"{split}-")]
    found = ours + {"train": foreign, "test": foreign[-MOST:]}.get(split, [])
    if not found:
        there = "" if folders(source) else ", which is no file or folder"
        raise ValueError(
            f"no {split} shards in {source!r}{there}: python scripts/make_shards.py makes them, see data/README.md"
            + (" (of few pictures with a larger --test)" if split == "test" else "")
        )
    return found


def check_artists(source: str | Sequence[str], batch_size: int, works: int) -> None:
    """Refuses at once a batch that the shards can never fill, as far as manifests tell."""
    if batch_size % works:
        raise ValueError(f"a batch of {batch_size} cannot hold {works} works of each artist: one must divide the other")
    entries = folders(source)
    if works == 1 or any(is_foreign(entry) or plain.is_plain(entry) for entry in entries):
        return
    counts: Counter[str] = Counter()
    for contents in map(manifest, entries):
        counts.update({a["name"]: a["count"] for a in contents["artists"] if a["name"] not in contents["heldout"]})
    able = sum(count >= works for count in counts.values())
    if able < batch_size // works:
        raise ValueError(
            f"only {able} artists in {source!r} have {works} works, and {batch_size // works} are wanted: "
            "lower data.works or data.batch_size, or add pictures"
        )


def every_sample(source: Source) -> list[Sample]:
    """Of all splits, in the order of the shards."""
    found: list[str] = []
    for entry in folders(source or []):
        found += (
            shards_in(entry) if is_foreign(entry) else [f"{entry}/{name}" for name in sorted(manifest(entry)["shards"])]
        )
    return [sample for shard in found for sample in read_shard(shard, named_by=TEXT)]


def folders(source: str | Sequence[str]) -> list[str]:
    """The folders and tar files that a source names: a path or an address as it is, or else as a pattern."""
    found: list[str] = []
    for entry in [source] if isinstance(source, str) else source:
        if entry == plain.SAMPLE:
            found.append(plain.sample_photos())
        elif entry.startswith(plain.TEXT):
            found.append(entry)
        elif is_remote(entry):
            found += expand_urls(entry) if entry.endswith(".tar") else [entry.rstrip("/")]
        else:
            path = Path(entry).expanduser()
            found += [str(path)] if path.exists() else sorted(glob(str(path)))
    return found


def manifest(folder: str) -> dict[str, Any]:
    if is_remote(folder):
        return json.loads(fetch(f"{folder}/manifest.json"))
    file = Path(folder, "manifest.json")
    if not file.is_file():
        raise ValueError(f"{folder} has no manifest.json: its making was cut short; run scripts/make_shards.py again")
    return json.loads(file.read_text(encoding="utf-8"))
