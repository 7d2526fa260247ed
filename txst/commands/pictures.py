"""Which photos are painted, where the results go, and which of them are there already."""

import glob
import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from PIL import Image

from txst.data.layouts import pictures_in
from txst.model_folder.config import WEIGHTS
from txst.palette.user_styles import data_folder

LONGEST = 80  # bytes of either half of a result's name; file systems end at 255


def found(given: Iterable[str | Path], out: Path | None = None) -> Iterator[tuple[Path, Path]]:
    """The photos among files, in folders and of patterns, each with its subfolder; a file that is named is taken as it is.

    Args:
        given: names of these.
        out: folder of results, which are no photos.
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
    except (OSError, ValueError):  # a name that no file can have
        return False


def target(out: Path, photo: Path, style: str) -> Path:
    """Where a result goes: OUT/photo_style.png, or .jpg for a JPEG."""
    slug = cut(re.sub(r"[^\w]+", "-", style.lower()).strip("-")) or "style"
    suffix = ".jpg" if photo.suffix.lower() in (".jpg", ".jpeg", ".jfif") else ".png"
    return out / f"{cut(photo.stem)}_{slug}{suffix}"


def cut(name: str) -> str:
    """As much of a name as file systems take beside another."""
    return name.encode(errors="surrogateescape")[:LONGEST].decode(errors="ignore")


def mark(photo: Path, how: dict[str, Any], model: Path, precision: str) -> str:
    """What a result remembers of how it was painted: it differs where the photo, a mask, the model, what it was taught or a control does."""
    by = {"photo": photo, "model": model / WEIGHTS, "taught": data_folder(), "precision": precision}
    told = {key: told_of(value) for key, value in {**by, **how}.items()}
    return f"txst {hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]}"


def told_of(value: Any) -> Any:
    """A control as plain data; of a file, its name and whether it is still the same."""
    if isinstance(value, Path):
        stat = value.stat() if exists(value) else None
        return [value.name, stat and stat.st_size, stat and stat.st_mtime_ns]
    if isinstance(value, (list, tuple)):
        return [told_of(part) for part in value]
    return value


def marked(path: Path, wanted: str) -> bool:
    """Whether a result lies there that was painted in that way."""
    try:
        with Image.open(path) as image:
            said = image.info.get("txst") or image.info.get("comment") or ""
    except OSError:
        return False
    return (said.decode(errors="replace") if isinstance(said, bytes) else said) == wanted
