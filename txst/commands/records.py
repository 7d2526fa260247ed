"""What a result's note says: what made it. So a second run knows what is done, and whether a file may be written over."""

import argparse
import hashlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import txst
from txst.commands.pictures import PIPE, Found, exists
from txst.files.note import BEGIN, is_unchanged, note_of, read_note
from txst.model_folder.config import WEIGHTS
from txst.painting import is_usual
from txst.palette.user_styles import data_folder

LONGEST = 30_000  # characters of a note; what made it is left out of a longer one
DIGESTS = ("made", "state", "files", "contents", "seal")  # parts of a record that mean nothing to a reader
Record = dict[str, Any]


def record_of(photo: Found, arguments: Mapping[str, Any], model: Path, args: argparse.Namespace) -> Record:
    """What makes a result.

    Args:
        photo: that is painted.
        arguments: of `Stylist.paint`.
        model: its folder.
        args: what was typed.

    Returns:
        `made`: a digest of style, controls and model; `files`: of the places of the photo and all other pictures; `state`: of
        what may change while these stay (the files, the weights, the user's styles). With --strip nothing else.
    """
    files = [photo.path, *files_in(arguments.values())]
    name = args.model if args.model and not Path(args.model).is_dir() else Path(os.path.abspath(model)).name
    settings = {name: as_data(value) for name, value in arguments.items()} | {"precision": args.precision}
    state = [args.strip, *(stamp(file) for file in (*files, model / WEIGHTS, data_folder()))]
    pipe = str(photo.shown) == PIPE
    places = [digest(content(photo.path)) if pipe else place(photo.path), *map(place, files[1:])]
    says: Record = {"made": digest([settings, name]), "state": digest(state), "files": places}
    if args.strip:
        return says | {"strip": True}
    told = {name: readable(value) for name, value in arguments.items() if not is_usual(value)}
    told |= {"precision": args.precision}
    return {"txst": txst.__version__, "photo": photo.shown.name, "model": name, **told, **says}


def style_key(arguments: Mapping[str, Any]) -> str:
    """Equal for styles that are one."""
    return digest(
        [{name: as_data(value) for name, value in arguments.items()}, list(map(place, files_in(arguments.values())))]
    )


def files_in(values: Iterable[Any]) -> list[Path]:
    """All files among controls."""
    found: list[Path] = []
    for value in values:
        if isinstance(value, Path):
            found.append(value)
        elif isinstance(value, (list, tuple)):
            found += files_in(value)
    return found


def as_data(value: Any) -> Any:
    """A control as plain data; a file without its name, which is told apart by `files`."""
    if isinstance(value, Path):
        return "a file"
    if isinstance(value, (list, tuple)):
        return [as_data(part) for part in value]
    return " ".join(value.casefold().split()) if isinstance(value, str) else value


def readable(value: Any) -> Any:
    """The same for the reader, a file by its name."""
    if isinstance(value, Path):
        return value.name
    return [readable(part) for part in value] if isinstance(value, (list, tuple)) else value


def digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]


def stamp(path: Path) -> list[int] | None:
    """Size and time of change of a file."""
    if not exists(path):
        return None
    stat = path.stat()
    return [stat.st_size, stat.st_mtime_ns]


def place(path: Path) -> str:
    """Tells a file's place from others."""
    return hashlib.sha256(os.fsencode(os.path.realpath(path))).hexdigest()[:16]


def content(path: Path) -> str:
    """Tells a file's content from others; empty where it cannot be read."""
    return digest_of_file(path, *stamp(path) or ()) if exists(path) and path.is_file() else ""


@lru_cache(maxsize=4096)
def digest_of_file(path: Path, *stamped: int) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()[:16]
    except OSError:
        return ""


def is_same_picture(record: Record | None, wanted: Record, files: Sequence[Path]) -> bool:
    """Whether a result is of the same photo, in the same style, by the same controls.

    Args:
        record: of the result.
        wanted: of the picture that is to be painted.
        files: that it is made of; since the result was painted they may have changed, or moved.
    """
    if record is None or record.get("made") != wanted["made"]:
        return False
    places, contents = record.get("files"), record.get("contents") or [""] * len(files)
    if not (isinstance(places, list) and isinstance(contents, list) and len(places) == len(contents) == len(files)):
        return False
    parts = zip(places, contents, wanted["files"], files, strict=True)
    return all(there == here or (what and what == content(file)) for there, what, here, file in parts)


def is_done(record: Record | None, wanted: Record, files: Sequence[Path]) -> bool:
    """Whether nothing has changed since."""
    return is_same_picture(record, wanted, files) and record is not None and record.get("state") == wanted["state"]


def with_contents(record: Record, files: Sequence[Path]) -> Record:
    """The record with digests of what the files hold, by which they are known when they were moved; not with --strip."""
    return record if record.get("strip") else record | {"contents": [content(file) for file in files]}


def note_from(record: Record) -> str:
    """The note that is written into a result."""
    text = note_of(record)
    if len(text) > LONGEST:
        return note_from({name: value for name, value in record.items() if name in DIGESTS})
    return text


def read_record(path: Path) -> Record | None:
    """What a file's note says; empty for notes of txst 0.1; None for files that txst has not written."""
    note = read_note(path)
    if note is None:
        return None
    try:
        found = json.loads(note.removeprefix(BEGIN))
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


class Guard:
    """Keeps files that are not ours to write over.

    Args:
        inputs: all pictures that a run reads.
        overwrite: whether files may be written over that txst has not written, or that were changed since.
    """

    def __init__(self, inputs: Iterable[Path], overwrite: bool = False) -> None:
        self.overwrite = overwrite
        self.inputs = {identity for path in inputs if (identity := inode(path))}

    def refuses(self, path: Path) -> str | None:
        """Why a file may not be written; None where it may."""
        real = Path(os.path.realpath(path.parent), path.name)  # where "new/../photo.jpg" would lie once "new" was made
        if inode(real) in self.inputs:
            return f"{path} is read by this run, and nothing is written over it: name another file or folder (-o)"
        if real.is_dir():
            return f"{path} is a folder, and the name of a result: name another folder (-o)"
        if self.overwrite or not os.path.lexists(real):
            return None
        record, why = read_record(real), ""
        if record is None:
            why = "is there, and txst did not write it"
        elif not record:
            why = "is of an earlier version of txst, which left no seal"
        elif not is_unchanged(real):
            why = "was changed since txst wrote it"
        return f"{path} {why}: it is kept (--overwrite writes over it)" if why else None


def inode(path: Path) -> tuple[int, int] | None:
    """Which file it is, whatever links lead to it; None where there is none."""
    try:
        stat = os.stat(path)
    except (OSError, ValueError):
        return None
    return stat.st_dev, stat.st_ino
