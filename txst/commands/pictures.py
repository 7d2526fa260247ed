"""Finds the photos that files, folders, patterns and a pipe name."""

import fnmatch
import glob
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from txst.commands.errors import UsageError
from txst.data.layouts import pictures_in
from txst.files.note import read_note

PIPE = "-"


@dataclass(frozen=True)
class Found:
    """A photo that was named.

    Args:
        path: its file.
        below: its folder, below the folder, or the fixed part of the pattern, that was named.
        named: whether the file itself was named, and no folder or pattern.
        shown: its name for the reader, and for its results.
        clip: whether it is painted as a clip, and not as a photo.
    """

    path: Path
    below: Path = Path()
    named: bool = False
    shown: Path = Path()
    clip: bool = False


def find_photos(given: Iterable[str | Path]) -> Iterator[Found]:
    """The photos of files, folders and patterns, each once. A file is taken whatever its name is."""
    seen: set[str] = set()
    for name in given:
        if not str(name):
            raise UsageError("the name of a photo is empty: is a variable of the shell not set?")
        for found in photos_of(name):
            place = os.path.join(os.path.realpath(found.path.parent), found.path.name)
            if place not in seen:
                seen.add(place)
                yield found


def photos_of(name: str | Path) -> Iterator[Found]:
    """The photos that one name gives."""
    path = Path(name)
    if path.is_dir():
        for photo in pictures_in(path):
            below = photo.relative_to(path)
            if not any(part.startswith(".") for part in below.parts):
                yield Found(photo, below.parent, shown=photo)
    elif glob.has_magic(str(name)) and not exists(path):
        fixed = next(i for i, part in enumerate(path.parts) if glob.has_magic(part))
        root = Path(*path.parts[:fixed])
        for photo in matches(root, path.parts[fixed:]):
            if photo.is_file():
                yield Found(photo, photo.relative_to(root).parent, shown=photo)
    else:
        yield Found(path, named=True, shown=path)


def matches(folder: Path, parts: Sequence[str]) -> Iterator[Path]:
    """What lies in a folder and fits a pattern, sorted; "**" is any folders, but none that a link leads to."""
    if not parts:
        yield folder
        return
    part, rest = parts[0], parts[1:]
    if not glob.has_magic(part):
        if exists(folder / part):
            yield from matches(folder / part, rest)
        return
    try:
        names = sorted(name for name in os.listdir(folder) if part.startswith(".") or not name.startswith("."))
    except OSError:  # no folder, or one that may not be read
        return
    if part == "**":
        yield from matches(folder, rest)
        for name in names:
            if (folder / name).is_dir() and not (folder / name).is_symlink():
                yield from matches(folder / name, parts)
    else:
        for name in fnmatch.filter(names, part):
            yield from matches(folder / name, rest)


def without_results(found: Iterable[Found]) -> tuple[list[Found], int]:
    """Those that are no results of txst, and the number of the others; or the results, if files alone were named, and all are."""
    everything = list(found)
    photos = [one for one in everything if read_note(one.path) is None]
    if not photos and all(one.named for one in everything):
        return everything, 0
    return photos, len(everything) - len(photos)


def exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # no file can have this name
        return False
