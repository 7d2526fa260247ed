"""Pictures -> tar shards that any webdataset reader reads, and a manifest of what is in them.

In OUT: `{train,test,heldout}-000000.tar`, and `manifest.json` once all are whole. Each sample is `NUMBER.jpg` and
`NUMBER.json` (artist, artist_id, movement, title, licence, source, split). The same pictures give the same bytes.
A run that was cut short continues: `checked.jsonl` has the pictures looked over, `progress.json` the shards done.
"""

import hashlib
import json
import os
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tqdm import tqdm
from webdataset import TarWriter

from txst.data.layouts import Picture
from txst.data.pictures import to_jpeg
from txst.data.split import choose_heldout, digest, sides
from txst.data.survey import describe, look_over, name_table

FORMAT = 1


@dataclass
class Entry:
    """A picture on its way into a shard."""

    file: Path
    sha256: str
    fingerprint: str
    facts: dict[str, Any]  # the json beside it

    @property
    def name(self) -> str:
        return self.facts["artist"] or self.facts["movement"]


Plan = list[tuple[str, Entry]]  # the pictures of a shard, by their keys


def make_shards(
    pictures: Sequence[Picture],
    out: Path,
    heldout: int | Collection[str] = 0,
    size: int = 512,
    test: float = 0.05,
    smallest: int = 64,
    per_shard: int = 500,
) -> dict[str, Any]:
    """Writes all shards and the manifest, and returns the latter.

    Args:
        pictures: see `layouts.find`.
        out: folder for the shards; made if need be.
        heldout: how many artists to keep from training, or their names.
        size: pictures with a larger shorter side are shrunk to it; 0 keeps all as they are.
        test: share of the pictures to test on.
        smallest: pictures with a smaller side are left out.
        per_shard: samples in a shard; each worker that decodes has a few shards in memory.
    """
    if not 0 <= test < 1:
        raise ValueError(f"--test {test}: give a share of the pictures, 0 or more and less than 1")
    if min(size, smallest) < 0:
        raise ValueError(f"--size {size} --smallest {smallest}: give pixels, 0 or more")
    out.mkdir(parents=True, exist_ok=True)
    entries, skipped = sift(pictures, look_over(pictures, out / "checked.jsonl", smallest))
    if not entries:
        raise ValueError(
            f"none of {len(pictures)} pictures can be used; the first, {skipped[0]['file']}: {skipped[0]['reason']}"
        )
    kept_out = divide(entries, heldout, test)
    entries.sort(key=lambda e: digest(e.sha256))  # by chance, but always the same: a shard is a fair mixture
    manifest = {
        "format": FORMAT,
        "counts": dict(sorted(Counter(e.facts["split"] for e in entries).items())),
        "heldout": sorted(kept_out),
        "artists": name_table([e.facts for e in entries]),
        "licences": dict(sorted(Counter(e.facts["licence"] for e in entries).items())),
        "shards": write_shards(plan_shards(entries, per_shard), out, size),
        "skipped": skipped,
    }
    write_json(out / "manifest.json", manifest)
    (out / "progress.json").unlink()
    return manifest


def divide(entries: Sequence[Entry], heldout: int | Collection[str], test: float) -> set[str]:
    """Writes its split into the facts of every entry; returns the artists that are kept from training."""
    names = [e.name for e in entries]
    kept_out = choose_heldout(names, heldout) if isinstance(heldout, int) else set(heldout)
    if unknown := kept_out - set(names):
        raise ValueError(f"no pictures by {sorted(unknown)}, to be held out")
    split = sides([e.fingerprint for e in entries], names, kept_out, test)
    for entry, side in zip(entries, split, strict=True):
        entry.facts["split"] = side
    return kept_out


def sift(pictures: Sequence[Picture], reports: Sequence[dict[str, str]]) -> tuple[list[Entry], list[dict[str, str]]]:
    """Parts the pictures that can be used from the list of those that cannot."""
    entries, skipped = [], []
    root = os.path.commonpath([p.file.parent for p in pictures])
    for picture, report in zip(pictures, reports, strict=True):
        try:
            if reason := report.get("reason"):
                raise ValueError(reason)
            facts = describe(picture)
            entries.append(Entry(picture.file, report["sha256"], report["fingerprint"], facts))
        except ValueError as error:
            file = unicodedata.normalize("NFC", picture.file.relative_to(root).as_posix())
            skipped.append({"file": file, "reason": str(error)})
    return entries, skipped


def plan_shards(entries: Sequence[Entry], per_shard: int) -> dict[str, Plan]:
    """Which shard holds which pictures, under which numbers."""
    plans: dict[str, Plan] = {}
    seen: Counter[str] = Counter()
    for number, entry in enumerate(entries):
        split = entry.facts["split"]
        name = f"{split}-{seen[split] // per_shard:06d}.tar"
        plans.setdefault(name, []).append((f"{number:09d}", entry))
        seen[split] += 1
    return dict(sorted(plans.items()))


def write_shards(plans: dict[str, Plan], out: Path, size: int) -> dict[str, Any]:
    """Writes the shards that are not there yet, removes those that should not be, and tells of each what it is."""
    done = read_json(out / "manifest.json").get("shards", {}) | read_json(out / "progress.json")
    write_json(out / "progress.json", done)
    (out / "manifest.json").unlink(missing_ok=True)  # as long as it is there, the shards belong together
    for split in ("train", "test", "heldout"):
        for stray in (file for file in out.glob(f"{split}-*.tar*") if file.name not in plans):
            stray.unlink()
    pictures = sum(len(plan) for plan in plans.values())
    with tqdm(total=pictures, desc="writing", unit="picture") as bar, ThreadPoolExecutor(os.cpu_count()) as pool:
        for name, plan in plans.items():
            digits = digest(json.dumps([FORMAT, size, [[key, e.sha256, e.facts] for key, e in plan]]))
            known = done.get(name, {})
            if known.get("plan") != digits or known.get("sha256") != file_hash(out / name):
                jpegs = pool.map(lambda row: to_jpeg(row[1].file.read_bytes(), size), plan)
                rows = ((key, jpeg, e.facts) for (key, e), jpeg in zip(plan, jpegs, strict=True))
                write_shard(out / name, rows)
                done[name] = {"samples": len(plan), "sha256": file_hash(out / name), "plan": digits}
                write_json(out / "progress.json", done)
            bar.update(len(plan))
    return {name: done[name] for name in plans}


def summary(manifest: dict[str, Any]) -> str:
    """What was packed and what was left out, for people."""
    counts = ", ".join(f"{number} {split}" for split, number in manifest["counts"].items())
    names = len(manifest["artists"])
    lines = [f"packed {counts} pictures" + (f" under {names} names" if names else "")]
    lines += [f"left out {row['file']}: {row['reason']}" for row in manifest["skipped"][:20]]
    if more := len(manifest["skipped"]) - 20:
        lines += [f"and {more} more, listed in manifest.json"] if more > 0 else []
    return "\n".join(lines)


def write_shard(path: Path, samples: Iterable[tuple[str, bytes, dict[str, Any]]]) -> None:
    """Writes beside the path and renames when whole."""
    beside = path.with_name(path.name + ".part")
    texts = ((key, jpeg, json.dumps(facts, ensure_ascii=False).encode()) for key, jpeg, facts in samples)
    write_tar(beside, ({"__key__": key, "jpg": jpeg, "json": text} for key, jpeg, text in texts))
    beside.replace(path)


def write_tar(path: Path, samples: Iterable[dict[str, Any]]) -> None:
    """Writes samples, each its `__key__` and its files by their endings; no dates, no owners, so that equal ones give equal bytes."""
    with TarWriter(str(path), user="", group="", mtime=0) as tar:
        for sample in samples:
            tar.write(sample)


def file_hash(path: Path) -> str:
    """Its sha256; nothing for a file that is not there."""
    if not path.exists():
        return ""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_json(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def write_json(path: Path, content: dict[str, Any]) -> None:
    beside = path.with_name(path.name + ".part")
    beside.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    beside.replace(path)
