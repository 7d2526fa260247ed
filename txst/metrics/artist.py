"""Would a classifier of real paintings take the picture for the artist's?

The classifier shares no network with the models that it measures. scripts/train_artist_classifier.py trains it.
"""

from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchmetrics import Metric
from torchmetrics.utilities import dim_zero_cat

from txst.layers.artist_classifier import read_facts, read_weights
from txst.layers.ops import statistics
from txst.metrics.networks import named
from txst.types import Painted


class ArtistHead(nn.Module):
    """Means and deviations of a network's features, standardised -> one logit for each artist.

    Args:
        inputs: how many means and deviations there are.
        artists: their names, in the order of the logits.
    """

    mean: Tensor
    scale: Tensor

    def __init__(self, inputs: int, artists: list[str]) -> None:
        super().__init__()
        self.artists = artists
        self.register_buffer("mean", torch.zeros(inputs))
        self.register_buffer("scale", torch.ones(inputs))
        self.linear = nn.Linear(inputs, len(artists))

    def forward(self, x: Tensor) -> Tensor:
        """[B, inputs] -> [B, artists], logits."""
        return self.linear((x - self.mean) / self.scale)


def signature(network: nn.Module, image: Tensor, size: int) -> Tensor:
    """Means and deviations of every channel, of pictures [B, 3, H, W] with their shorter side resized to `size`."""
    if (short := min(image.shape[-2:])) != size:
        sides = [round(side * size / short) for side in image.shape[-2:]]
        image = F.interpolate(image, sides, mode="bicubic", antialias=True).clamp(0, 1)
    return statistics(network(image))


class ArtistClassifier(nn.Module):
    """Picture -> logits of artists, by a classifier of real paintings; frozen.

    Args:
        network: image -> Features, the one that the classifier was trained on.
        folder: written by scripts/train_artist_classifier.py.
    """

    def __init__(self, network: nn.Module, folder: str | Path) -> None:
        super().__init__()
        self.facts = read_facts(folder)
        if named(network) != self.facts["network"]:
            raise ValueError(
                f"the artist classifier {folder} was trained on {self.facts['network']}, not on {named(network)}"
            )
        self.network: Any = network
        weights = read_weights(folder)
        self.head = ArtistHead(len(weights["mean"]), self.facts["artists"])
        self.head.load_state_dict(weights)
        self.head.requires_grad_(False)

    def forward(self, image: Tensor) -> Tensor:
        """[B, 3, H, W] -> [B, artists]."""
        return self.head(signature(self.network, image, self.facts["size"]))


class ArtistAccuracy(Metric):
    """Share of the outputs whose artist is among the classifier's first few guesses.

    Args:
        network: image -> Features, the one that the classifier was trained on.
        classifier: folder that scripts/train_artist_classifier.py wrote.
        top: how many guesses.
    """

    higher_is_better = True
    full_state_update = False
    unit = "share"
    figures: list[Tensor]

    def __init__(self, network: nn.Module, classifier: str | Path, top: int = 1) -> None:
        super().__init__()
        self.classifier = ArtistClassifier(network, classifier)
        self.top = top
        self.network = f"{named(network)} with a head on {len(self.classifier.head.artists)} artists"
        self.add_state("figures", [], dist_reduce_fx="cat")

    @torch.no_grad()
    def update(self, painted: Painted) -> None:
        guesses = self.classifier(painted.output).topk(self.top).indices
        known = {name: i for i, name in enumerate(self.classifier.head.artists)}
        wanted = torch.tensor([known.get(name, -1) for name in painted.artist], device=guesses.device)
        right = (guesses == wanted[:, None]).any(1).float()
        self.figures.append(right.masked_fill(wanted < 0, torch.nan))

    @property
    def values(self) -> Tensor:
        """1 or 0; NaN where the classifier does not know the artist."""
        return dim_zero_cat(self.figures)

    def compute(self) -> Tensor:
        return self.values.nanmean()
