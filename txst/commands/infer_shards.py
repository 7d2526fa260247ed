"""webdataset shards -> shards of the same samples, painted; the work of scripts/infer_shards.py.

A rank has whole shards. One is read, painted and written beside its place, and then renamed into it: after any kill each of its samples
is there once, or none is. `NAME.json` beside `NAME.tar` counts its samples and lists those that cannot be painted, and `painted.json`
puts these together once all shards are there. Nobody waits for another rank.
"""

import io
import json
import os
import sys
import tarfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from glob import glob
from pathlib import Path
from typing import Any, BinaryIO

from tqdm import tqdm
from webdataset.shardlists import expand_urls, split_by_node
from webdataset.tariterators import group_by_keys, tar_file_expander

from txst.commands.batches import Batches, Failures, Sample
from txst.data.foreign_shards import shards_in
from txst.data.samples import is_remote, open_shard
from txst.data.shards import write_tar
from txst.files.encode import part_beside, remove_leftovers, write_whole
from txst.files.printable import printable

MANIFEST, SETTINGS = "painted.json", "settings.json"
TOLD = 3  # failures of a shard that are printed
BAR = "{desc}: {percentage:3.0f}%|{bar}| {n:.2f}/{total} shards [{elapsed}<{remaining}{postfix}]"
Record = dict[str, Any]  # of a shard: samples, painted, failures


def paint_shards(source: str, out: Path, batches: Batches) -> tuple[int, int, int]:
    """Paints the shards of this rank that are not there yet.

    Args:
        source: see `shards_of`.
        out: folder for the painted shards, of all ranks.
        batches: paints.

    Returns:
        How many shards of this rank failed, how many of all ranks are not there, and how many samples of this rank's shards
        could not be painted.

    Raises:
        ValueError: there are no shards, or the folder holds those of other settings.
    """
    rank, ranks = set_rank()
    shards = shards_of(source)
    out.mkdir(parents=True, exist_ok=True)
    remove_leftovers(out)
    check_settings(out / SETTINGS, batches.says | batches.contents)
    failed = painted = 0
    begun, worked = time.monotonic(), time.process_time()
    mine = list(split_by_node(shards))
    with tqdm(total=len(mine), desc=f"rank {rank} of {ranks}", bar_format=BAR) as bar:
        for number, shard in enumerate(mine, 1):
            if not is_done(out / Path(shard).name):
                try:
                    painted += paint_shard(shard, out, batches, bar)
                    rates = painted / (time.monotonic() - begun), painted / (time.process_time() - worked)
                    bar.set_postfix_str("{} pictures, {:.2f}/s, {:.2f}/s of CPU time".format(painted, *rates))
                except OSError as error:  # it may be there, and whole, another time
                    failed += 1
                    tqdm.write(f"{shard}: {error}")
            bar.update(number - bar.n)
    missing = [shard for shard in shards if not is_done(out / Path(shard).name)]
    if not missing:
        write_json(out / MANIFEST, manifest(out, shards, batches.says))
    unpainted = sum(len(record_of(out / Path(shard).name)["failures"]) for shard in mine if shard not in missing)
    return failed, len(missing), unpainted


def paint_shard(shard: str, out: Path, batches: Batches, bar: Any) -> int:
    """Paints one shard, and says how many pictures of it; its record comes after it, so that what has no record is painted again."""
    target = out / Path(shard).name
    failures: Failures = {}
    samples = list(read(shard, failures))
    painted = batches.painted(samples, failures, lambda: bar.update((1 - 1e-9) / len(samples)))
    beside = part_beside(target)
    try:
        write_tar(beside, painted)
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)
    record = {"samples": len(samples), "painted": len(painted), "failures": failures}
    write_json(target.with_suffix(".json"), record)
    for key, why in list(failures.items())[:TOLD]:
        told = f"{key}: {why.removeprefix(f'{key}: ')}" if key else why
        tqdm.write(printable(f"{shard}: {told}"), file=sys.stderr)
    if (more := len(failures) - TOLD) > 0:
        tqdm.write(f"{shard}: and {more} more, see {target.with_suffix('.json')}", file=sys.stderr)
    return len(painted)


def read(shard: str, failures: Failures) -> Iterator[Sample]:
    """The samples of a shard as they lie there; where two files have one name, those before.

    Raises:
        OSError: it is not there, or not whole, as one that is still being written.
    """
    try:
        with closing(open_shard(shard)) as stream:
            for sample in group_by_keys(tar_file_expander([{"url": shard, "stream": stream}])):
                yield {name: value for name, value in sample.items() if name == "__key__" or name[0] != "_"}
            check_end(stream)
    except tarfile.TarError as error:
        raise OSError(f"is no whole shard ({str(error.args[0]).split(' @ ')[0]}): make or download it again") from error
    except ValueError as error:
        failures[""] = (
            f"is no whole shard, and what follows is left out ({str(error.args[0]).split(' dict_keys')[0].split(' @ ')[0]})"
        )


def check_end(stream: BinaryIO) -> None:
    """Looks for the zeros that a tar file ends with: tarfile takes what is cut between two files for whole.

    Raises:
        TarError: they are not there.
    """
    stream.seek(257)
    if stream.read(5) == b"ustar":  # and it is not compressed
        stream.seek(-tarfile.BLOCKSIZE, io.SEEK_END)
        if any(stream.read()):
            raise tarfile.ReadError("its end is not there")


def is_done(shard: Path) -> bool:
    return shard.is_file() and shard.with_suffix(".json").is_file()


def record_of(shard: Path) -> Record:
    """What is told of a painted shard."""
    return json.loads(shard.with_suffix(".json").read_text(encoding="utf-8"))


def manifest(out: Path, shards: Sequence[str], says: Mapping[str, Any]) -> dict[str, Any]:
    """What is in all shards together."""
    names = [Path(shard).name for shard in shards]
    records = {name: record_of(out / name) for name in names}
    totals = {kind: sum(record[kind] for record in records.values()) for kind in ("samples", "painted")}
    counts = {name: record["painted"] for name, record in records.items()}
    failures = {name: record["failures"] for name, record in records.items() if record["failures"]}
    return {**says, **totals, "shards": counts, "failures": failures}


def check_settings(file: Path, says: Mapping[str, Any]) -> None:
    """Notes how the pictures of a folder are painted; refuses to mix them with others."""
    strange = next(file.parent.glob("*.tar"), None)  # before the settings: another rank writes them before its shards
    if not file.is_file():
        if strange:
            raise ValueError(f"{strange}: is there already, and not painted by this command: name another folder")
        write_json(file, says)
        return
    try:
        there = dict(json.loads(file.read_text(encoding="utf-8")))
    except (ValueError, TypeError):
        raise ValueError(f"{file} is not of this command: name another folder") from None
    if there != says:
        differ = [
            f"{name} {there.get(name)!r}, not {says.get(name)!r}"
            for name in {**there, **says}
            if there.get(name) != says.get(name)
        ]
        raise ValueError(
            f"{file.parent} holds shards that were painted otherwise ({'; '.join(differ)}): name another folder"
        )


def write_json(file: Path, content: Any) -> None:
    """Whole or not at all, whoever else writes it; keys that are no UTF-8 are written as JSON's escapes."""
    write_whole(file, (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode(errors="backslashreplace"))


def shards_of(source: str) -> list[str]:
    """The shards of a folder, a pattern, or addresses in braces, in the order of their names.

    Raises:
        ValueError: there are none, or two have one name.
    """
    found: list[str] = []
    for entry in expand_urls(source):
        if is_remote(entry):
            found.append(entry)
        else:
            path = Path(entry).expanduser()
            found += shards_in(str(path)) if path.is_dir() else glob(str(path))
    names = [Path(shard).name for shard in found]
    if not names:
        raise ValueError(
            f"no shards in {source!r}: give a folder with .tar files, a pattern, or an address with {{000..099}}"
        )
    if taken := {"painted.tar", "settings.tar"} & set(names):
        raise ValueError(
            f"a shard is called {taken.pop()}, and its record would take the place of another file: rename it"
        )
    if len(set(names)) < len(names):
        raise ValueError(f"two shards of {source!r} have one name, as their results would: paint them into two folders")
    return sorted(found)


def set_rank() -> tuple[int, int]:
    """This process's number and how many there are: of torchrun, of a SLURM array, and of the tasks of its step; webdataset reads them."""
    if "RANK" not in os.environ:
        slurm = {name: int(os.environ.get(f"SLURM_{name}", usual)) for name, usual in USUAL.items()}
        index = (slurm["ARRAY_TASK_ID"] - slurm["ARRAY_TASK_MIN"]) // slurm["ARRAY_TASK_STEP"]
        task = slurm["PROCID"] if slurm["STEP_NUM_TASKS"] > 1 else 0
        ranks = slurm["ARRAY_TASK_COUNT"] * slurm["STEP_NUM_TASKS"]
        os.environ |= {"RANK": str(index * slurm["STEP_NUM_TASKS"] + task), "WORLD_SIZE": str(ranks)}
    if "WORLD_SIZE" not in os.environ:
        raise ValueError("RANK is set, and WORLD_SIZE, the number of processes, is not: set both or neither")
    return int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])


USUAL = {
    "ARRAY_TASK_ID": 0,
    "ARRAY_TASK_MIN": 0,
    "ARRAY_TASK_STEP": 1,
    "ARRAY_TASK_COUNT": 1,
    "STEP_NUM_TASKS": 1,
    "PROCID": 0,
}
