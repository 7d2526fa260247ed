"""A palette of a trained model: the codes of the paintings that it learnt from, under their names, and a text tower."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from txst.encoders.palette import Palette
from txst.encoders.words import Words
from txst.training.words import Lesson, read_lesson, train_words


def make_palette(
    model: Any, source: str | Sequence[str], steps: int
) -> tuple[dict[str, Any], dict[str, Tensor], dict[str, float]]:
    """Reads every training picture's code, and trains a text tower on them.

    Args:
        model: with `look` and `transfer.code`, in eval mode.
        source: folders of shards.
        steps: of the text tower's training; 0 leaves it out, and the palette knows names alone.

    Returns:
        The config of an `encoders.palette.Palette`, its tensors, and what the tower finds of the test split.
    """
    lesson = read_lesson(model, source)
    rows = [i for i in lesson.rows("train") if value(lesson, i, "artist", "texture")]
    names = [value(lesson, i, "artist", "texture") for i in rows]
    movements = [value(lesson, i, "movement") for i in rows]
    known, schools = sorted(set(names)), sorted({m for m in movements if m})
    codes = lesson.codes[rows, 0].clone()
    config: dict[str, Any] = {
        "width": codes.shape[1],
        "entries": len(codes),
        "names": known,
        "movements": schools,
    }
    palette = Palette(**config, words=Words() if steps else None)
    palette.codes = codes
    palette.name = torch.tensor([known.index(name) for name in names])
    palette.movement = torch.tensor([schools.index(m) if m else -1 for m in movements])
    palette.merit = merit(codes, palette.name, lesson.lively[rows])
    found = train_words(palette, lesson, steps) if steps else {}
    tower = {"_target_": "txst.encoders.words.Words"} if steps else None
    return (
        {"_target_": "txst.encoders.palette.Palette", **config, "words": tower},
        palette.state_dict(),
        found,
    )


def value(lesson: Lesson, row: int, *kinds: str) -> str:
    """What a picture is said to be of these kinds, or nothing."""
    return next((text for kind, text in lesson.facts[row] if kind in kinds), "")


def merit(codes: Tensor, owner: Tensor, lively: Tensor) -> Tensor:
    """How typical a painting is of its name, and how lively beside the others of that name, [N]."""
    result = torch.zeros(len(codes))
    for name in owner.unique():
        mine = owner == name
        typical = codes[mine] @ codes[mine].mean(0)
        for seen in (typical, lively[mine]):
            result[mine] += (seen - seen.mean()) / (seen.std(correction=0) + 1e-6)
    return result
