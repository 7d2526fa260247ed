"""Pictures -> tar shards that any webdataset reader reads, and a manifest of what is in them.

In OUT: `{train,test,heldout}-000000.tar`, and `manifest.json` once all are whole. Each sample is `NUMBER.jpg` and
`NUMBER.json` (artist, artist_id, movement, title, licence, source, split). The same pictures give the same bytes.
A run that was cut short continues: `checked.jsonl` has the pictures looked over, `progress.json` the shards done.
"""

import hashlib
import io
import json
import os
import tarfile
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tqdm import tqdm

from txst.data.layouts import Picture
from txst.data.pictures import UNREADABLE, inspect, to_jpeg
from txst.data.split import choose_heldout, digest, sides
from txst.text import canonical, clean

FORMAT = 1
Sample = tuple[Picture, dict[str, Any]]  # a file and the json beside it


def make_shards(
    pictures: list[Picture],
    out: Path,
    heldout: int | set[str] = 0,
    size: int = 512,
    test: float = 0.05,
    smallest: int = 64,
    per_shard: int = 500,
) -> dict[str, Any]:
    """Writes all shards and the manifest, and returns the latter.

    Args:
        pictures: see `layouts.find`.
        out: folder for the shards; made if need be.
        heldout: how many artists to keep from training, or which.
        size: pictures with a larger shorter side are shrunk to it; 0 keeps all as they are.
        test: share of the pictures to test on.
        smallest: pictures with a smaller side are left out.
        per_shard: samples in a shard; a worker holds one shard in memory.
    """
    out.mkdir(parents=True, exist_ok=True)
    reports = check(pictures, out / "checked.jsonl", smallest)
    good, skipped = sift(pictures, reports)
    if not good:
        raise ValueError(f"none of {len(pictures)} pictures can be used; the first: {skipped[0]}")
    if isinstance(heldout, int):
        heldout = choose_heldout([s["artist"] for _, s in good], heldout) if heldout else set()
    marks = [reports[str(p.file)] for p, _ in good]
    names = [s["artist"] or s["movement"] for _, s in good]
    for (_, sample), side in zip(
        good, sides([m["fingerprint"] for m in marks], names, heldout, test), strict=True
    ):
        sample["split"] = side
    order = sorted(
        range(len(good)), key=lambda i: (digest(marks[i]["sha256"]), i)
    )  # shards are a fair mixture
    shards = write_all([good[i] for i in order], [marks[i]["sha256"] for i in order], out, size, per_shard)
    manifest = {
        "format": FORMAT,
        "counts": dict(Counter(s["split"] for _, s in good)),
        "heldout": sorted(heldout),
        "artists": artist_table([s for _, s in good]),
        "licences": dict(sorted(Counter(s["licence"] for _, s in good).items())),
        "shards": shards,
        "skipped": skipped,
    }
    write_json(out / "manifest.json", manifest)
    (out / "progress.json").unlink(missing_ok=True)
    return manifest


def check(pictures: list[Picture], memory: Path, smallest: int) -> dict[str, dict[str, str]]:
    """File -> its `sha256` and `fingerprint`, or the `reason` for leaving it out; remembers those it looked over."""
    known = dict(remembered(memory))
    reports = {}

    def look(picture: Picture) -> tuple[str, str, dict[str, str]]:
        file = str(picture.file)
        try:
            stat = picture.file.stat()
            stamp = f"{file} {stat.st_size} {stat.st_mtime_ns} {smallest}"
            return file, stamp, known.get(stamp) or inspect(picture.file.read_bytes(), smallest)
        except UNREADABLE as error:
            return file, "", {"reason": f"{error}".replace(file, "the file")}

    with memory.open("a", encoding="utf-8") as log, ThreadPoolExecutor(os.cpu_count()) as pool:
        for file, stamp, report in tqdm(pool.map(look, pictures), "checking", len(pictures), unit="picture"):
            reports[file] = report
            if stamp and stamp not in known:
                log.write(json.dumps([stamp, report]) + "\n")
    return reports


def remembered(memory: Path) -> Iterator[tuple[str, dict[str, str]]]:
    for line in memory.read_text(encoding="utf-8").splitlines() if memory.exists() else []:
        try:
            stamp, report = json.loads(line)
        except ValueError:
            continue  # the run was cut short in this line
        yield stamp, report


def sift(
    pictures: list[Picture], reports: dict[str, dict[str, str]]
) -> tuple[list[Sample], list[dict[str, str]]]:
    """Parts the usable pictures, with names cleaned, from those left out, with the reason."""
    good: list[Sample] = []
    skipped = []
    for picture in pictures:
        reason = reports[str(picture.file)].get("reason", "")
        try:
            artist, movement = canonical(picture.artist), clean(picture.movement)
        except ValueError as error:
            reason = reason or str(error)
        if reason:
            skipped.append({"file": str(picture.file), "reason": reason})
            continue
        sample = {"artist": artist, "artist_id": name_id(artist or movement), "movement": movement}
        good.append(
            (picture, sample | {"title": picture.title, "licence": picture.licence, "source": picture.source})
        )
    return good, skipped


def name_id(name: str) -> int:
    """A number for a name, the same in every set, so that sets can be joined; -1 for no name."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:6]) if name else -1


def artist_table(samples: list[dict[str, Any]]) -> list[dict[str, Any]]:
    counts = Counter((s["artist"] or s["movement"], s["artist_id"]) for s in samples if s["artist_id"] >= 0)
    if len({number for _, number in counts}) < len(counts):
        raise ValueError("two names have the same number; rename one of them through aliases.csv")
    return [{"id": number, "name": name, "count": n} for (name, number), n in sorted(counts.items())]


def write_all(
    samples: list[Sample], hashes: list[str], out: Path, size: int, per_shard: int
) -> dict[str, Any]:
    """Writes the shards that are not there yet; removes those that should not be."""
    plans: dict[str, list[tuple[str, Sample, str]]] = {}
    seen: Counter[str] = Counter()
    for number, (sample, sha256) in enumerate(zip(samples, hashes, strict=True)):
        split = sample[1]["split"]
        plans.setdefault(f"{split}-{seen[split] // per_shard:06d}.tar", []).append(
            (f"{number:09d}", sample, sha256)
        )
        seen[split] += 1
    done = read_json(out / "manifest.json").get("shards", {}) | read_json(out / "progress.json")
    (out / "manifest.json").unlink(missing_ok=True)
    for stray in {f.name for f in out.glob("*-[0-9]*.tar*")} - set(plans):
        (out / stray).unlink()
    shards = {}
    with (
        tqdm(total=len(samples), desc="writing", unit="picture") as bar,
        ThreadPoolExecutor(os.cpu_count()) as pool,
    ):
        for name, plan in sorted(plans.items()):
            facts = digest(
                json.dumps([[key, sha256, sample[1]] for key, sample, sha256 in plan] + [FORMAT, size])
            )
            if not (
                name in done and done[name]["plan"] == facts and file_hash(out / name) == done[name]["sha256"]
            ):
                jpegs = pool.map(lambda row: to_jpeg(row[1][0].file.read_bytes(), size), plan)
                write_shard(
                    out / name, ((key, jpeg, s[1]) for (key, s, _), jpeg in zip(plan, jpegs, strict=True))
                )
            shards[name] = {"samples": len(plan), "sha256": file_hash(out / name), "plan": facts}
            write_json(out / "progress.json", shards)
            bar.update(len(plan))
    return shards


def write_shard(path: Path, samples: Iterator[tuple[str, bytes, dict[str, Any]]]) -> None:
    """Writes beside the path and renames when whole; no dates, no owners, so that equal pictures give equal bytes."""
    beside = path.with_name(path.name + ".part")
    with tarfile.open(beside, "w", format=tarfile.USTAR_FORMAT) as tar:
        for key, jpeg, facts in samples:
            text = json.dumps(facts, ensure_ascii=False).encode()
            for name, data in ((f"{key}.jpg", jpeg), (f"{key}.json", text)):
                member = tarfile.TarInfo(name)
                member.size = len(data)
                tar.addfile(member, io.BytesIO(data))
    os.replace(beside, path)


def file_hash(path: Path) -> str:
    if not path.exists():
        return ""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_json(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def write_json(path: Path, content: dict[str, Any]) -> None:
    beside = path.with_name(path.name + ".part")
    beside.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    os.replace(beside, path)
