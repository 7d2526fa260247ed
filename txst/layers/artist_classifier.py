"""The folder of an artist classifier, as `scripts/train_artist_classifier.py` writes it."""

import json
from pathlib import Path
from typing import Any

from safetensors.torch import load_file
from torch import Tensor

FACTS, WEIGHTS = "artist_classifier.json", "artist_classifier.safetensors"
OLD_NAMES = {FACTS: "judge.json", WEIGHTS: "judge.safetensors"}  # of folders that txst 0.1 wrote


def read_facts(folder: str | Path) -> dict[str, Any]:
    """What the classifier was trained on: `artists`, their `ids`, `network`, `size`, `held_out` (sha256 of pictures), ..."""
    return json.loads(find(folder, FACTS).read_text(encoding="utf-8"))


def read_weights(folder: str | Path) -> dict[str, Tensor]:
    """`mean` and `scale` of the statistics [C], `linear.weight` [K, C] and `linear.bias` [K]."""
    return load_file(find(folder, WEIGHTS))


def find(folder: str | Path, name: str) -> Path:
    """A file of the folder, under today's name or the old one.

    Raises:
        FileNotFoundError: the folder has neither.
    """
    for file in (Path(folder, name), Path(folder, OLD_NAMES[name])):
        if file.is_file():
            return file
    raise FileNotFoundError(
        f"{folder} holds no artist classifier ({name} is missing): train one with scripts/train_artist_classifier.py"
    )
