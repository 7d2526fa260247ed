"""Could the painted picture be one of the artist's? How far it is from the nearest of the works, in what channels fire together."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn
from torchmetrics import Metric
from torchmetrics.utilities import dim_zero_cat

from txst.layers.ops import gram
from txst.metrics.networks import named
from txst.types import Painted

FACTS, WORKS = "works.json", "works.safetensors"
SAME = 1e-4  # of a layer; two copies of one picture are nearer, two works by one artist never


class NearestGram(Metric):
    """Distance of the output's Gram matrices to those of the nearest of the artist's works, summed over layers.

    Of each layer it is the squared distance over the sum of both squared sizes, as in `gram`: 0 is equal, 1 unrelated. A work
    that is the picture itself is passed over, so that real works show how near an artist's works are to each other.

    Args:
        network: image -> Features, the one that the works were measured with.
        works: folder that scripts/measure_works.py wrote.
    """

    higher_is_better = False
    full_state_update = False
    unit = "squared distance"
    figures: list[Tensor]

    def __init__(self, network: nn.Module, works: str | Path) -> None:
        super().__init__()
        self.feature_extractor: Any = network
        self.works, self.facts = Path(works), read_facts(works)
        if named(network) != self.facts["network"]:
            raise ValueError(f"the works in {works} were measured with {self.facts['network']}, not {named(network)}")
        self.network = named(network)
        self.add_state("figures", [], dist_reduce_fx="cat")

    @torch.no_grad()
    def update(self, painted: Painted) -> None:
        output = grams(self.feature_extractor(painted.output), self.facts["layers"])
        rows = [
            self.nearest({layer: x[i] for layer, x in output.items()}, name) for i, name in enumerate(painted.artist)
        ]
        self.figures.append(torch.stack(rows))

    def nearest(self, output: dict[str, Tensor], artist: str) -> Tensor:
        """A scalar; NaN where no work by the artist is known."""
        any_layer = next(iter(output.values()))
        if artist not in self.facts["artists"]:
            return any_layer.new_tensor(torch.nan)
        first, end = self.facts["artists"][artist]
        with safe_open(self.works / WORKS, "pt") as file:
            theirs = {layer: file.get_slice(layer)[first:end].to(x) for layer, x in output.items()}
        far = torch.stack(
            [1 - 2 * (theirs[k] @ x) / (theirs[k].square().sum(1) + x.square().sum()) for k, x in output.items()]
        )
        strangers = (far > SAME).any(0)  # [works]
        return far.sum(0)[strangers].min() if strangers.any() else any_layer.new_tensor(torch.nan)

    @property
    def values(self) -> Tensor:
        """NaN where no work by the artist is known."""
        return dim_zero_cat(self.figures)

    def compute(self) -> Tensor:
        return self.values.nanmean()


def grams(features: dict[str, Tensor], layers: Sequence[str]) -> dict[str, Tensor]:
    """Layer -> Gram matrices [B, C (C + 1) / 2], whose lengths and products are those of the whole matrices."""
    found = {}
    for layer in layers:
        matrix = gram(features[layer])
        rows, columns = torch.triu_indices(*matrix.shape[1:], device=matrix.device)
        found[layer] = matrix[:, rows, columns] * torch.where(rows == columns, 1.0, 2**0.5)
    return found


def read_facts(folder: str | Path) -> dict[str, Any]:
    """`network`, `layers`, and of each artist the first row and the one behind the last.

    Raises:
        FileNotFoundError: there are none.
    """
    file = Path(folder, FACTS)
    if not file.is_file():
        raise FileNotFoundError(
            f"{folder} holds no measured works ({FACTS} is missing): scripts/measure_works.py makes them"
        )
    return json.loads(file.read_text(encoding="utf-8"))


def save_works(folder: Path, network: nn.Module, works: dict[str, list[dict[str, Tensor]]]) -> dict[str, Any]:
    """Writes what `NearestGram` reads, and returns the facts.

    Args:
        folder: made if need be.
        network: that the works were measured with.
        works: artist -> of each work its layers' `grams`, one row each.
    """
    ends = torch.tensor([len(rows) for rows in works.values()]).cumsum(0).tolist()
    layers = list(next(iter(works.values()))[0])
    rows = [row for own in works.values() for row in own]
    folder.mkdir(parents=True, exist_ok=True)
    save_file({layer: torch.cat([row[layer] for row in rows]).bfloat16() for layer in layers}, folder / WORKS)
    facts: dict[str, Any] = {
        "network": named(network),
        "layers": layers,
        "artists": {name: [end - len(own), end] for (name, own), end in zip(works.items(), ends, strict=True)},
    }
    (folder / FACTS).write_text(json.dumps(facts, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return facts
