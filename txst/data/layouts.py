"""Where pictures lie in the dumps people have, and what their paths say about them."""

import csv
import io
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from txst.data.names import wikiart_name
from txst.pictures.formats import SUFFIXES


@dataclass(frozen=True)
class Picture:
    """A file and what is said about it, as it is written there; an empty string where nothing is."""

    file: Path
    artist: str = ""
    movement: str = ""  # or the texture's word, or the kind of object
    title: str = ""
    licence: str = ""
    source: str = ""


def wikiart(root: Path) -> Iterator[Picture]:
    """`Movement/artist-name_title.jpg`; a movement called Unclassified is none."""
    for file in pictures_in(root):
        artist, title = wikiart_name(file.name)
        movement = "" if file.parent.name == "Unclassified" else file.parent.name
        yield Picture(file, artist, movement, title, source="wikiart")


def coco(root: Path) -> Iterator[Picture]:
    """Any folder of photos, of which nothing is known."""
    return (Picture(file, source="coco") for file in pictures_in(root))


def dtd(root: Path) -> Iterator[Picture]:
    """`images/word/word_0001.jpg`, the Describable Textures."""
    folder = root / "images" if (root / "images").is_dir() else root
    return (Picture(file, movement=file.parent.name, source="dtd") for file in pictures_in(folder))


def folder(root: Path) -> Iterator[Picture]:
    """`Artist Name/title.jpg`, unless a CSV says otherwise."""
    for file in pictures_in(root):
        artist = file.parent.name if file.parent != root else ""
        yield Picture(file, artist, title=file.stem)


LAYOUTS: dict[str, Callable[[Path], Iterator[Picture]]] = {
    "wikiart": wikiart,
    "coco": coco,
    "dtd": dtd,
    "folder": folder,
}


def find(layout: str, root: Path, table: Path | None = None) -> list[Picture]:
    """All pictures of a folder, in the order of their paths.

    Args:
        layout: a key of `LAYOUTS`.
        root: the folder.
        table: a CSV as `read_table` reads it, with the column `file` (relative to the root or to the CSV) and any of artist,
            movement (or label), title, licence, source. What it says wins over the paths; with the layout `folder` it alone
            says which files there are.
    """
    if not root.is_dir():
        raise ValueError(f"{root} is no folder; unpack the pictures there first, see data/README.md")
    root = root.resolve()
    said = read_table(table.resolve(), root) if table else {}
    if table and layout == "folder":
        found = [Picture(file, **row) for file, row in said.items()]
    else:
        found = [replace(p, **said.get(p.file, {})) for p in LAYOUTS[layout](root)]
    if not found:
        raise ValueError(f"no pictures in {root} laid out as {layout}; known endings: {sorted(SUFFIXES)}")
    return sorted(found, key=lambda p: p.file.as_posix())


def pictures_in(root: Path) -> list[Path]:
    """Sorted, at any depth; a folder that may not be read is an error and not passed over.

    Links to folders are followed after all that is no link, and no folder is entered twice: a loop of links ends, and two ways
    to a folder give its pictures once.
    """

    def refuse(error: OSError) -> None:
        raise error

    files: list[Path] = []
    entered: set[str] = set()
    waiting = [str(root)]
    while waiting:
        for at, folders, names in os.walk(waiting.pop(0), onerror=refuse):
            if (real := os.path.realpath(at)) in entered:
                folders.clear()
                continue
            entered.add(real)
            waiting += sorted(path for path in (os.path.join(at, name) for name in folders) if os.path.islink(path))
            files += [Path(at, name) for name in names]
    return sorted(f for f in files if f.suffix.lower() in SUFFIXES and f.is_file())


def read_table(table: Path, root: Path) -> dict[Path, dict[str, Any]]:
    """Each file, and what the CSV's row says, without its empty cells.

    As programs for tables write it: in UTF-8, UTF-16 or Windows-1252, parted by commas, semicolons or tabs, with back slashes in
    the paths and any case in the names of columns.
    """
    names = {"label": "movement", "source_repo": "source"} | {f.name: f.name for f in fields(Picture)[1:]}
    rows = read_rows(table)
    if not rows or "file" not in rows[0]:
        raise ValueError(f"{table} has no column `file`; it has {', '.join(rows[0]) if rows else 'no rows'}")
    said = {}
    for row in rows:
        name = row["file"].replace("\\", "/")
        beside = table.parent / name
        file = beside if beside.is_relative_to(root) and beside.is_file() else root / name
        said[file] = {names[k]: v for k, v in row.items() if k in names and v}
    return said


def read_rows(table: Path) -> list[dict[str, str]]:
    """The rows of a CSV by the names of its columns, in lower case."""
    text = decoded(table)
    first = text.partition("\n")[0]
    separator = max(",;\t", key=first.count)
    rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=separator, restkey="", restval="")
    return [{str(k).strip().lower(): v.strip() for k, v in row.items() if isinstance(v, str)} for row in rows]


def decoded(table: Path) -> str:
    data = table.read_bytes()
    encodings = ("utf-16",) if data.startswith((b"\xff\xfe", b"\xfe\xff")) else ("utf-8-sig", "cp1252")
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise ValueError(f"{table} is no text in {' or '.join(encodings)}: save it as CSV UTF-8")
