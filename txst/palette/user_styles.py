"""Names that a user has taught: codes of pictures, kept in the user's data folder, each a .safetensors and a .json.

A code means something to the model alone that read it, so a name belongs to one model.
"""

import hashlib
import json
import os
import re
import shlex
import warnings
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import numpy as np
from platformdirs import user_data_path
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from txst.data.names import tidy
from txst.model_folder.config import WEIGHTS
from txst.model_folder.hub import bundled
from txst.palette.codes import Array
from txst.palette.lookup import Palette
from txst.palette.spelling import fold

LONGEST = 60  # characters of a name
MOST = 10_000_000  # bytes of a file that is read


@dataclass
class Taught:
    """A name, and what it was learnt from."""

    name: str
    model: str  # of whose codes, by the sha256 of its weights
    pictures: list[str]


def data_folder() -> Path:
    """Folder of what users have made: $TXST_HOME, or the platform's own place for such things."""
    home = os.environ.get("TXST_HOME")
    return (
        Path(home).expanduser() / "styles" if home else user_data_path("txst", appauthor=False, roaming=True) / "styles"
    )


def model_id(folder: Path) -> str:
    """The sha256 of a model's weights."""
    with (folder / WEIGHTS).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def file_of(name: str, model: str) -> Path:
    """Where a name is kept, without a suffix; nothing in the name can lead elsewhere."""
    digest = hashlib.sha256(f"{model} {fold(name)}".encode()).hexdigest()
    return data_folder() / f"{slug_of(name)}-{digest[:12]}"


def slug_of(name: str) -> str:
    """What the names of its files begin with: letters and digits alone."""
    return re.sub(r"\W+", "-", fold(name)).strip("-")[:40]


def teach(name: str, codes: Array, pictures: list[str], folder: Path, palette: Palette) -> Path:
    """Keeps codes [n, D] of a model, in that folder, under a name, in place of those that were there.

    Raises:
        ValueError: the name is none, or one that the palette was made with.
    """
    name, model = tidy(name), model_id(folder)
    if not fold(name) or len(name) > LONGEST or not name.isprintable():
        raise ValueError(f"{name!r} cannot be a style's name: letters, {LONGEST} characters at most")
    own = {fold(known): known for known in palette.known if known not in palette.taught}
    if fold(name) in own:
        raise ValueError(f"the model knows {own[fold(name)]!r} already: take another name")
    if meant := spelt(name, palette):
        raise ValueError(f"{name!r} means {meant} to this model: take another name")
    base = file_of(name, model)
    base.parent.mkdir(parents=True, exist_ok=True)
    said = json.dumps(asdict(Taught(name, model, pictures)), ensure_ascii=False, indent=2)
    beside = base.with_name(f".{base.name}.{os.getpid()}")
    try:
        save_file({"codes": np.ascontiguousarray(codes, np.float32)}, beside)
        beside.replace(base.with_suffix(".safetensors"))
        beside.write_text(said, encoding="utf-8")
        beside.replace(base.with_suffix(".json"))
    finally:
        beside.unlink(missing_ok=True)
    return base.with_suffix(".json")


def spelt(name: str, palette: Palette) -> str | None:
    """What a name is a spelling of, of that which the palette has itself."""
    parts = palette.read(name).parts
    if len(parts) != 1 or parts[0].source.how != "own" or parts[0].term.name in palette.taught:
        return None
    entry = palette.lexicon.entries.get(parts[0].term)
    return parts[0].term.name if entry and fold(name) in entry.keys else None


def forget(name: str, folder: Path) -> str:
    """Removes a name that the model in that folder was taught; returns it as it was kept."""
    model = model_id(folder)
    base = file_of(name, model)
    if not base.with_suffix(".json").is_file():
        others = ", ".join(taught.name for taught, _ in known_to(model)) or "none"
        raise ValueError(f"{name!r} was not taught; taught are: {others}")
    kept = read(base.with_suffix(".json")).name
    base.with_suffix(".json").unlink()
    base.with_suffix(".safetensors").unlink(missing_ok=True)
    return kept


def known_to(model: str) -> Iterator[tuple[Taught, Path]]:
    """The names that a model was taught, and the files of their codes; of a file that is damaged a warning, and no more."""
    for file in sorted(data_folder().glob("*.json")):
        try:
            found = read(file)
        except ValueError as error:
            warnings.warn(str(error), stacklevel=2)
            continue
        if found.model == model:
            yield found, file.with_suffix(".safetensors")


def read(file: Path) -> Taught:
    """What a file says.

    Raises:
        ValueError: it is none of ours, or damaged.
    """
    try:
        check_size(file)
        found = Taught(**json.loads(file.read_text(encoding="utf-8")))
        if not found.name.isprintable() or file.stem != file_of(found.name, found.model).name:
            raise ValueError("its name is another's")
    except (ValueError, TypeError, AttributeError, OSError, RecursionError) as error:
        raise ValueError(f"{file} is no taught style ({error}): delete it, and add the style again") from error
    return found


def check_size(file: Path) -> None:
    if not file.is_file():  # a pipe would be waited for
        raise ValueError("no file")
    if file.stat().st_size > MOST:
        raise ValueError(f"{file.stat().st_size} bytes are too many")


def of_another(name: str, folder: Path) -> str | None:
    """Why a name is not known to the model in that folder: it was taught to another one. None if it was taught to none."""
    for file in sorted(data_folder().glob(f"{slug_of(name)}-*.json")):
        try:
            found = read(file)
        except ValueError:  # was said when the model was opened
            continue
        own = model_id(folder)
        if fold(found.name) == fold(name) and found.model != own:
            names = {model_id(path): model for model, path in bundled().items()}
            here = names.get(own, str(folder))
            command = shlex.join(["txst", "styles", "add", found.name, "PICTURES", "--model", here])
            return (
                f"this model knows no style {name!r}, which was taught to {names.get(found.model, 'another model')}: "
                f"`{command}` teaches it to this one"
            )
    return None


def add_taught(palette: Palette, folder: Path) -> None:
    """Gives a palette the names that its model, in that folder, was taught; of one whose file is damaged a warning."""
    palette.elsewhere = partial(of_another, folder=folder)
    if not any(data_folder().glob("*.json")):
        return
    for taught, file in known_to(model_id(folder)):
        try:
            check_size(file)
            palette.add(taught.name, load_file(file)["codes"])
        except (ValueError, KeyError, OSError, SafetensorError) as error:
            remedy = f"`txst styles remove {taught.name!r}`, and add it again"
            warnings.warn(f"{file} does not hold the codes of a style ({error}): {remedy}", stacklevel=2)
