"""Finds the photos, names the result files, and recognises results that are already there."""

import glob
import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from txst.data.layouts import pictures_in
from txst.model_folder.config import WEIGHTS
from txst.palette.user_styles import data_folder
from txst.pictures.formats import open_picture_file

LONGEST = 80  # bytes of either half of a result's name; file systems allow 255


def find_photos(given: Iterable[str | Path], out: Path | None = None) -> Iterator[tuple[Path, Path]]:
    """The photos of files, folders and patterns, each with its subfolder. A file is taken whatever its name is.

    Args:
        given: files, folders and patterns.
        out: folder of results, which are left out.
    """
    for name in given:
        path = Path(name)
        if path.is_dir():
            inside = ((photo, photo.relative_to(path)) for photo in pictures_in(path))
            for photo, below in inside:
                hidden = any(part.startswith(".") for part in below.parts)
                if not hidden and (out is None or not photo.resolve().is_relative_to(out.resolve())):
                    yield photo, below.parent
        elif glob.has_magic(str(name)) and not exists(path):
            matches = sorted(Path(match) for match in glob.glob(str(name), recursive=True))
            yield from ((photo, Path()) for photo in matches if photo.is_file())
        else:
            yield path, Path()


def exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # no file can have this name
        return False


def target(out: Path, photo: Path, style: str) -> Path:
    """The file of a result: OUT/photo_style.png, or .jpg for a JPEG."""
    slug = cut(re.sub(r"[^\w]+", "-", style.lower()).strip("-")) or "style"
    suffix = ".jpg" if photo.suffix.lower() in (".jpg", ".jpeg", ".jfif") else ".png"
    return out / f"{cut(photo.stem)}_{slug}{suffix}"


def cut(name: str) -> str:
    """The beginning of a name, short enough for a file system together with another."""
    return name.encode(errors="surrogateescape")[:LONGEST].decode(errors="ignore")


def settings_note(photo: Path, arguments: dict[str, Any], model: Path, precision: str) -> str:
    """A note for the result's metadata. It changes with the photo, the masks, the model, the user's styles and the controls."""
    settings = {"photo": photo, "model": model / WEIGHTS, "taught": data_folder(), "precision": precision, **arguments}
    described = {key: as_data(value) for key, value in settings.items()}
    return f"txst {hashlib.sha256(json.dumps(described, sort_keys=True).encode()).hexdigest()[:16]}"


def as_data(value: Any) -> Any:
    """A control as plain data; for a file its name, size and time of change."""
    if isinstance(value, Path):
        stat = value.stat() if exists(value) else None
        return [value.name, stat and stat.st_size, stat and stat.st_mtime_ns]
    if isinstance(value, (list, tuple)):
        return [as_data(part) for part in value]
    return value


def has_note(path: Path, note: str) -> bool:
    """Whether the file is a picture with this note."""
    try:
        with open_picture_file(path) as image:
            found = image.info.get("txst") or image.info.get("comment") or ""
    except (OSError, ValueError):
        return False
    return (found.decode(errors="replace") if isinstance(found, bytes) else found) == note
