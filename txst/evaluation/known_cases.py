"""Pictures whose order is obvious to people, to see whether metrics with trained networks order them in the same way."""

import random
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from txst.data.pictures import decode
from txst.data.samples import Sample, read_shard, sha256
from txst.data.sources import Source, every_sample, shards
from txst.layers.artist_classifier import read_facts
from txst.layers.ops import channel_stats, instance_norm
from txst.model_folder.folder import load_folder
from txst.types import Painted, Style


def known_cases(
    paintings: Source, photos: Source, classifier: Path, model: Path, count: int, size: int
) -> dict[str, Painted]:
    """Each case by name: the same photos and paintings, and another output.

    `real` is a further work by the artist, `painted` what a picture-driven model makes, `recoloured` the photo with the
    painting's mean and deviation of each colour.

    Args:
        paintings: folders of shards.
        photos: folders of shards, of which the test split is taken.
        classifier: folder of an artist classifier; both paintings are among the works that were held out from it.
        model: folder of a picture-driven model.
        count: of pairs.
        size: side of the squares.
    """
    held = set(read_facts(classifier)["held_out"])
    works: dict[str, list[Sample]] = defaultdict(list)
    for sample in every_sample(paintings):
        if sha256(sample) in held:
            works[sample["artist"]].append(sample)
    rng = random.Random(0)
    artists = sorted(artist for artist, found in works.items() if len(found) >= 2)
    names = [artists[i % len(artists)] for i in range(count)]
    two = [rng.sample(works[name], 2) for name in names]
    rows = [s for shard in shards(photos or [], "test") for s in read_shard(shard, split="test")]

    def squares(samples: list[Sample]) -> Tensor:
        return torch.stack([decode(s["jpg"], size, size, None) for s in samples])

    style, real = squares([pair[0] for pair in two]), squares([pair[1] for pair in two])
    content = squares(rng.sample(rows, count))
    outputs = spoil(content, style, painter(model)) | {"real": real, "real, blurred": blurred(real)}
    movements = [pair[0]["movement"] for pair in two]
    return {name: Painted(content, output, style, names, movements) for name, output in outputs.items()}


def spoil(content: Tensor, style: Tensor, paint: Callable[[Tensor, Tensor], Tensor]) -> dict[str, Tensor]:
    """What is made of the photos."""
    mean, deviation = channel_stats(style)
    draw = torch.Generator().manual_seed(0)
    return {
        "painted": paint(content, style),
        "recoloured": (instance_norm(content) * deviation + mean).clamp(0, 1),
        "untouched": content,
        "noisy": (content + 0.15 * torch.randn(content.shape, generator=draw)).clamp(0, 1),
        "noise": torch.rand(content.shape, generator=draw),
        "blurred": blurred(content),
    }


def blurred(picture: Tensor) -> Tensor:
    """Heavily: means of 13 x 13 pixels."""
    return F.avg_pool2d(picture, 13, 1, 6, count_include_pad=False)


def painter(folder: Path) -> Callable[[Tensor, Tensor], Tensor]:
    """(photos, paintings) -> outputs, one by one."""
    model, embed = load_folder(folder)

    @torch.inference_mode()
    def paint(content: Tensor, style: Tensor) -> Tensor:
        rows = []
        for a, b in zip(content.split(1), style.split(1), strict=True):
            rows.append(model(a, model.prepare_style(Style(embed(b), b))).image)
        return torch.cat(rows).clone()

    return paint
