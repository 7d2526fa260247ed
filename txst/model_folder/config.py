"""What is read of a model folder before anything is built of it; it may come from anybody."""

import json
from pathlib import Path
from typing import Any

import yaml

from txst.files.printable import printable
from txst.model_folder.upgrade import upgrade_config

FORMAT = 2  # 1 is what txst 0.1 wrote; it is read, too
WEIGHTS = "model.safetensors"
GRAPHS = ("style", "paint", "encode", "apply", "measure", "tile", "look")  # for names, pictures and tiles
SMALLEST = 24  # pixels a side of a style picture
LARGEST = {"config.yaml": 2_000_000, WEIGHTS: 4_000_000_000}  # bytes


class ModelFolderError(ValueError):
    """A folder that is no model of ours; the message is for the reader, without what a terminal would take for a command."""

    def __init__(self, message: str) -> None:
        super().__init__(printable(message))


class PlainLoader(yaml.SafeLoader):
    """YAML without references, by which a short text can stand for an endless one."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("it has references, which are not followed")
        return super().compose_node(parent, index)


class PlainDumper(yaml.SafeDumper):
    """YAML that `PlainLoader` reads: what is there twice is written twice."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def check_folder(folder: Path) -> None:
    """Whether the folder holds what every model does, in sizes that a model has."""
    for name, most in LARGEST.items():
        if not (folder / name).is_file():
            raise ModelFolderError(f"{folder} is no model folder: it has no {name}; scripts/export.py writes them")
        if (size := (folder / name).stat().st_size) > most:
            raise ModelFolderError(f"{folder}/{name} has {size} bytes; {most} at most are read")


def read_config(folder: Path) -> dict[str, Any]:
    """The config of a model folder, one of an earlier format in today's words."""
    check_folder(folder)
    try:
        text = (folder / "config.yaml").read_text(encoding="utf-8")
        config = yaml.load(text, PlainLoader)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ModelFolderError(f"{folder}/config.yaml is unreadable: {error}") from error
    if not isinstance(config, dict) or config.get("format") not in range(1, FORMAT + 1):
        raise ModelFolderError(f"{folder}/config.yaml is not of format {FORMAT}; a newer txst may read it")
    return config if config["format"] == FORMAT else {**upgrade_config(config), "format": FORMAT}


def paints_after_pictures(config: dict[str, Any]) -> bool:
    """Whether a model with a palette paints after style pictures, too; names that are numbers are of none."""
    clip = config.get("clip")
    return not (isinstance(clip, dict) and clip.get("domains"))


def places(file: Path) -> dict[str, dict[str, Any]]:
    """Each tensor of a safetensors file: `dtype`, `shape`, and `span`, its first byte in the file and the one after its last.

    Raises:
        ModelFolderError: it is no such file.
    """
    with file.open("rb") as opened:
        begin = 8 + int.from_bytes(opened.read(8), "little")
        text = opened.read(begin - 8) if begin <= file.stat().st_size else b""
    try:
        header = json.loads(text)
        header.pop("__metadata__", None)
        return {n: {**entry, "span": [begin + at for at in entry["data_offsets"]]} for n, entry in header.items()}
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise ModelFolderError(f"{file} is no file of safetensors: {error}") from error
