"""Measures the works of each artist once, for `metrics.nearest_gram`."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from tqdm import tqdm

from txst.data.samples import prompt
from txst.data.sources import Source
from txst.evaluation.sources import HELD_OUT, samples, square
from txst.layers.tensors import to_tensor
from txst.metrics.nearest_gram import grams, save_works


@torch.inference_mode()
def measure_works(
    source: Source,
    network: nn.Module,
    layers: Sequence[str],
    out: Path,
    most: int = 40,
    fewest: int = 2,
    size: int = 256,
) -> dict[str, Any]:
    """Writes the works of all artists who have enough, and returns the facts.

    Args:
        source: folders of shards, or of plain pictures.
        network: image -> Features, frozen.
        layers: of the network.
        out: folder to write.
        most: works of an artist.
        fewest: the same; an artist with fewer is left out.
        size: of the squares, which are those of a board.
    """
    paintings = [s for s in samples(source, {"train", *HELD_OUT}) if prompt(s)]
    count, taken = Counter(map(prompt, paintings)), Counter[str]()
    found: dict[str, list[dict[str, Tensor]]] = defaultdict(list)
    for sample in tqdm(paintings, "works", unit="picture"):
        name = prompt(sample)
        if count[name] >= fewest and taken[name] < most:
            taken[name] += 1
            row = grams(network(to_tensor(square(sample["jpg"], size))), layers)
            found[name].append({layer: x.bfloat16() for layer, x in row.items()})
    if not found:
        raise ValueError(f"no artist in {source} has {fewest} works: add pictures, or lower --fewest")
    return save_works(out, network, dict(sorted(found.items())))
