"""A palette of a trained model: the codes of the paintings that it learnt from, under their names, and a text tower."""

from collections.abc import Sequence
from itertools import chain, islice
from typing import Any

import torch
from torch import Tensor
from tqdm import tqdm

from txst.data.module import Source, shards
from txst.data.pictures import decode
from txst.data.samples import read_shard
from txst.encoders.palette import Palette
from txst.encoders.words import Words
from txst.inference.words import CLOSE, SIZE, Lesson, read_lesson, train_words
from txst.ops import statistics
from txst.types import Style

TRIALS = 2  # photos that each code is tried on
SHRINKAGE = 3  # paintings that the mean of all counts for, beside a name's own
INDEPENDENT = 20  # channels that say about the same as one does


def make_palette(
    model: Any, source: Source, steps: int, judge: Any, photos: str | Sequence[str]
) -> tuple[dict[str, Any], dict[str, Tensor], dict[str, float]]:
    """Reads every training picture's code, and trains a text tower on them.

    Args:
        model: with `look` and `transfer.code`, in eval mode.
        source: folders of shards.
        steps: of the text tower's training; 0 leaves it out, and the palette knows names alone.
        judge: image -> Features, that the model was trained with: by it the codes are tried.
        photos: folders of shards to try them on.

    Returns:
        The config of an `encoders.palette.Palette`, its tensors, and what the tower finds of the test split.
    """
    lesson = read_lesson(model, judge, source)
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
    palette = Palette(**config, words=Words() if steps else None)
    palette.codes = codes
    palette.name = torch.tensor([known.index(name) for name in names])
    palette.movement = torch.tensor([schools.index(m) if m else -1 for m in movements])
    palette.merit = standing(recognition(model, judge, palette, lesson, photos), palette.name)
    palette.merit += standing(lesson.lively[rows], palette.name) / 2
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


def standing(values: Tensor, owner: Tensor) -> Tensor:
    """Each value in units of the spread among those of the same owner, [N]."""
    result = torch.zeros(len(values))
    for name in owner.unique():
        mine = values[owner == name]
        result[owner == name] = (mine - mine.mean()) / (mine.std(correction=0) + 1e-6)
    return result


@torch.inference_mode()
def recognition(
    model: Any, judge: Any, palette: Palette, lesson: Lesson, photos: str | Sequence[str]
) -> Tensor:
    """How surely photos painted with a code are taken for the work of its name, [N] log-likelihoods.

    Means and deviations of the judge's features; each name is a normal distribution with a mean of its own, drawn towards that of
    all where paintings are few, and the spread of all (diagonal discriminant analysis).
    """
    rows = lesson.rows("train")
    real = lesson.seen[rows]
    middle, spread = real.mean(0), real.std(0) + 1e-6
    real = (real - middle) / spread
    means = torch.zeros(len(palette.names), real.shape[1]).index_add_(0, palette.name, real)
    means /= torch.bincount(palette.name, minlength=len(means))[:, None] + SHRINKAGE
    within = (real - means[palette.name]).square().mean(0).sqrt()
    samples = islice(chain.from_iterable(map(read_shard, shards(photos, "train"))), TRIALS)
    tried = torch.stack([decode(sample["jpg"], CLOSE, SIZE, None) for sample in samples])
    found = []
    for code, owner in zip(tqdm(palette.codes, desc="trying codes", unit="code"), palette.name, strict=True):
        painted = model(tried, Style(code.expand(len(tried), -1)))
        seen = (statistics(judge(painted)) - middle) / spread
        distance = ((seen[:, None] - means) / within).square().sum(2)  # [TRIALS, names]
        found.append((-distance / 2 / INDEPENDENT).log_softmax(1)[:, owner].mean())
    return torch.stack(found)
