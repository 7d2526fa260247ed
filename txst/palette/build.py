"""A palette of a trained model: the codes of the paintings that it learnt from, under their names, and a text tower."""

from typing import Any

import torch
from torch import Tensor

from txst.data.module import Source
from txst.palette.module import Palette
from txst.palette.text_encoder import TextEncoder
from txst.palette.train_text_encoder import PaletteDataset, read_lesson, train_words
from txst.palette.tune import CodeTuner

LIVELY = 0.5  # of the merit, beside being recognised


def make_palette(
    model: Any, source: Source, steps: int, trials: CodeTuner | None = None, visits: int = 0
) -> tuple[dict[str, Any], dict[str, Tensor], dict[str, float]]:
    """Reads every training picture's code, and trains a text tower on them.

    Args:
        model: with `look` and `transfer.code`, in eval mode.
        source: folders of shards.
        steps: of the text tower's training; 0 leaves it out, and the palette knows names alone.
        trials: by which codes are preferred and tuned; None judges a painting by its liveliness alone.
        visits: of the best code of each name in its tuning; 0 leaves all codes those of real paintings.

    Returns:
        The config of an `encoders.palette.Palette`, its tensors, and what the tower finds of the test split.
    """
    lesson = read_lesson(model, source)
    config, palette = untried(lesson, TextEncoder() if steps else None)
    if trials is not None:
        palette.merit += standing(trials.merits(palette), palette.name).nan_to_num(0)
        if visits:
            trials.tune(palette, visits)
    learnt = train_words(palette, lesson, steps) if steps else {}
    tower = {"_target_": "txst.palette.text_encoder.TextEncoder"} if steps else None
    return ({"_target_": "txst.palette.module.Palette", **config, "words": tower}, palette.state_dict(), learnt)


def untried(lesson: PaletteDataset, words: TextEncoder | None) -> tuple[dict[str, Any], Palette]:
    """A palette of the training pictures' codes, and its config; livelier paintings have more merit."""
    rows = lesson.rows("train")
    names = [value(lesson, i, "artist", "texture") for i in rows]
    movements = [value(lesson, i, "movement") for i in rows]
    known, schools = sorted(set(names)), sorted({m for m in movements if m})
    codes = lesson.codes[rows, 0].clone()
    config: dict[str, Any] = {
        "width": codes.shape[1],
        "entries": len(codes),
        "names": known,
        "movements": schools,
        "textures": sorted({value(lesson, i, "texture") for i in rows} - {""}),
    }
    palette = Palette(**config, words=words)
    palette.codes = codes
    palette.name = torch.tensor([known.index(name) for name in names])
    palette.movement = torch.tensor([schools.index(m) if m else -1 for m in movements])
    palette.merit = LIVELY * standing(lesson.lively[rows], palette.name)
    return config, palette


def value(lesson: PaletteDataset, row: int, *kinds: str) -> str:
    """What a picture is said to be of these kinds, or nothing."""
    return next((text for kind, text in lesson.facts[row] if kind in kinds), "")


def standing(values: Tensor, owner: Tensor) -> Tensor:
    """Each value in units of the spread among those of the same owner, [N]."""
    result = torch.zeros(len(values))
    for name in owner.unique():
        mine = values[owner == name]
        result[owner == name] = (mine - mine.mean()) / (mine.std(correction=0) + 1e-6)
    return result
