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
from txst.inference.words import Lesson, read_lesson, train_words
from txst.metrics.artist import Critic
from txst.types import Style

TRIALS = 3  # photos that each code is tried on
LIVELY = 0.5  # of the merit, beside being recognised


def make_palette(
    model: Any, source: Source, steps: int, critic: Critic | None, photos: str | Sequence[str]
) -> tuple[dict[str, Any], dict[str, Tensor], dict[str, float]]:
    """Reads every training picture's code, and trains a text tower on them.

    Args:
        model: with `look` and `transfer.code`, in eval mode.
        source: folders of shards.
        steps: of the text tower's training; 0 leaves it out, and the palette knows names alone.
        critic: of artists, by which the codes are tried; None judges a painting by its liveliness alone.
        photos: folders of shards to try them on.

    Returns:
        The config of an `encoders.palette.Palette`, its tensors, and what the tower finds of the test split.
    """
    lesson = read_lesson(model, source)
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
    palette.merit = LIVELY * standing(lesson.lively[rows], palette.name)
    if critic is not None:
        palette.merit += standing(recognition(model, critic, palette, photos), palette.name).nan_to_num(0)
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
    model: Any, critic: Critic, palette: Palette, photos: str | Sequence[str], size: int = 176
) -> Tensor:
    """How surely photos painted with a code are taken for the work of its name, [N] log-likelihoods.

    NaN for names that the critic does not know.
    """
    numbers = {name: i for i, name in enumerate(critic.head.artists)}
    samples = chain.from_iterable(map(read_shard, shards(photos, "train")))
    tried = torch.stack([decode(s["jpg"], size, size, None) for s in islice(samples, 0, 40 * TRIALS, 40)])
    tried = tried.to(memory_format=torch.channels_last)
    found = torch.full((len(palette.codes),), torch.nan)
    for i, code in enumerate(tqdm(palette.codes, desc="trying codes", unit="code")):
        number = numbers.get(palette.names[palette.name[i]])
        if number is not None:
            painted = model(tried, Style(code.expand(len(tried), -1)))
            found[i] = critic(painted).log_softmax(1)[:, number].mean()
    return found
