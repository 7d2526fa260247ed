"""What is read of a model folder before anything is built of it; it may come from anybody."""

import json
from pathlib import Path
from typing import Any

import yaml

FORMAT = 1
WEIGHTS = "model.safetensors"
SMALLEST = 24  # pixels a side of a style picture


class ModelFolderError(ValueError):
    """A folder that is no model of ours; the message is for the reader."""


def check_folder(folder: Path) -> None:
    """Whether the folder holds what every model does."""
    for name in ("config.yaml", WEIGHTS):
        if not (folder / name).is_file():
            raise ModelFolderError(
                f"{folder} is no model folder: it has no {name}; scripts/export.py writes them"
            )


def read_config(folder: Path) -> dict[str, Any]:
    """The config of a model folder."""
    check_folder(folder)
    try:
        config = yaml.safe_load((folder / "config.yaml").read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise ModelFolderError(f"{folder}/config.yaml is unreadable: {error}") from error
    if not isinstance(config, dict) or config.get("format") != FORMAT:
        raise ModelFolderError(f"{folder}/config.yaml is not of format {FORMAT}; a newer txst may read it")
    return config


def places(file: Path) -> dict[str, dict[str, Any]]:
    """Each tensor of a safetensors file: `dtype`, `shape`, and `span`, its first byte in the file and the one after its last."""
    with file.open("rb") as opened:
        length = int.from_bytes(opened.read(8), "little")
        header = json.loads(opened.read(length))
    begin = 8 + length
    return {
        name: {**entry, "span": [begin + at for at in entry["data_offsets"]]}
        for name, entry in header.items()
        if name != "__metadata__"
    }
