"""A palette of a trained model: the codes of the paintings that it learnt from, under their names, and a text encoder."""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from txst.data.sources import Source
from txst.palette.faces import put_faces_first
from txst.palette.module import Palette
from txst.palette.text_encoder import TextEncoder
from txst.palette.train_text_encoder import PaletteDataset, read_dataset, train_words
from txst.palette.tune import CodeTuner
from txst.types import CodeModel

LIVELY = TYPICAL = 0.5  # of the score, beside being recognised


def make_palette(
    model: CodeModel, source: Source, steps: int, tuner: CodeTuner | None = None, visits: int = 0
) -> tuple[dict[str, Any], dict[str, Tensor], dict[str, float]]:
    """Reads every training picture's code, and trains a text encoder on them.

    Args:
        model: that reads codes, in eval mode.
        source: folders of shards.
        steps: of the text encoder's training; 0 leaves it out, and the palette knows names alone.
        tuner: by which codes are preferred and tuned; None scores a painting by what it is itself.
        visits: of the best code of each name in its tuning; 0 leaves all codes those of real paintings.

    Returns:
        The config of a `palette.module.Palette`, its tensors, and what the text encoder finds of the test split.
    """
    dataset = read_dataset(model, source)
    config, palette = lively_palette(dataset, TextEncoder() if steps else None)
    if tuner is not None:
        palette.score += standing(tuner.scores(palette), palette.name).nan_to_num(0)
        if visits:
            tuner.tune(palette, visits)
    put_faces_first(palette, [dataset.digests[i] for i in dataset.rows("train")])
    learnt = train_words(palette, dataset, steps) if steps else {}
    tower = {"_target_": "txst.palette.text_encoder.TextEncoder"} if steps else None
    return ({"_target_": "txst.palette.module.Palette", **config, "words": tower}, palette.state_dict(), learnt)


def lively_palette(dataset: PaletteDataset, words: TextEncoder | None) -> tuple[dict[str, Any], Palette]:
    """A palette of the training pictures' codes, and its config; livelier paintings, and those more like the others of their name, have a higher score."""
    rows = dataset.rows("train")
    names = [value(dataset, i, "artist", "texture") for i in rows]
    movements = [value(dataset, i, "movement") for i in rows]
    known, schools = sorted(set(names)), sorted({m for m in movements if m})
    codes = dataset.codes[rows, 0].clone()
    config: dict[str, Any] = {
        "width": codes.shape[1],
        "entries": len(codes),
        "names": known,
        "movements": schools,
        "textures": sorted({value(dataset, i, "texture") for i in rows} - {""}),
    }
    palette = Palette(**config, words=words)
    palette.codes = codes
    palette.name = torch.tensor([known.index(name) for name in names])
    palette.movement = torch.tensor([schools.index(m) if m else -1 for m in movements])
    palette.score = scores(palette, dataset.lively[rows])
    return config, palette


def scores(palette: Palette, lively: Tensor) -> Tensor:
    """How well each painting stands for its name, [N]: it is lively, and like the others."""
    typical = standing(typicality(palette.codes, palette.name), palette.name)
    return LIVELY * standing(lively, palette.name) + TYPICAL * typical


def value(dataset: PaletteDataset, row: int, *kinds: str) -> str:
    """What a picture is said to be of these kinds, or nothing."""
    return next((text for kind, text in dataset.facts[row] if kind in kinds), "")


def typicality(codes: Tensor, owner: Tensor) -> Tensor:
    """Cosines [N] of codes [N, D], less what is common to all, with the mean of those of the same owner."""
    apart = F.normalize(codes - codes.mean(0), dim=1)
    middle = torch.zeros_like(apart).index_add(
        0, owner, apart
    )  # at owners' numbers: of these are no more than of codes
    return F.cosine_similarity(apart, middle[owner], dim=1)


def standing(values: Tensor, owner: Tensor) -> Tensor:
    """Each value in units of the spread among those of the same owner, [N]."""
    result = torch.zeros(len(values))
    for name in owner.unique():
        mine = values[owner == name]
        result[owner == name] = (mine - mine.mean()) / (mine.std(correction=0) + 1e-6)
    return result
