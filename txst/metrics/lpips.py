"""How different the painted picture looks from the photo, by learnt weights of deep features."""

from importlib.resources import files
from typing import Any

import torch
from torch import Tensor, nn
from torchmetrics import Metric
from torchmetrics.utilities import dim_zero_cat

from txst.layers.ops import at_least_float32
from txst.metrics.networks import named
from txst.types import Painted

LAYERS = ("conv1", "fire3", "fire5", "fire6", "fire7", "fire8", "fire9")  # what the heads were learnt on
TRUNK = "squeezenet1_1-b8a52dc0.pth"  # torchvision's; SqueezeNet from another source has other channels


class LPIPS(Metric):
    """Zhang et al., 2018, https://arxiv.org/abs/1801.03924, eq. 1, with the published heads of version 0.1.

    The heads were learnt on torchvision's SqueezeNet and know its channels alone. On any other network leave them
    out: all channels of a layer weigh the same then, which is the paper's 'lpips=False' baseline.

    Args:
        network: image -> Features, that normalises for itself.
        layers: of the network.
        heads: weigh channels as learnt; wants SqueezeNet and its seven layers.
    """

    higher_is_better = False
    full_state_update = False
    figures: list[Tensor]

    def __init__(self, network: nn.Module, layers: list[str], heads: bool = True) -> None:
        super().__init__()
        if heads and tuple(layers) != LAYERS:
            raise ValueError(
                f"the published heads of LPIPS need the layers {', '.join(LAYERS)}, not {', '.join(layers)}: set network.heads=false"
            )
        self.feature_extractor: Any = network
        self.layers = layers
        self.weights = published_heads() if heads else [torch.ones(1, 1, 1)] * len(layers)
        foreign = heads and TRUNK not in named(network)
        self.unit = "LPIPS" if heads and not foreign else "squared distance"
        about = "LPIPS heads of another trunk on " if foreign else "LPIPS heads on " if heads else ""
        self.network = f"{about}{named(network)}" + ("" if heads else ", all channels alike")
        self.add_state("figures", [], dist_reduce_fx="cat")

    @torch.no_grad()
    def update(self, painted: Painted) -> None:
        self.figures.append(
            lpips(
                self.feature_extractor(painted.output),
                self.feature_extractor(painted.content),
                self.layers,
                self.weights,
            )
        )

    @property
    def values(self) -> Tensor:
        return dim_zero_cat(self.figures)

    def compute(self) -> Tensor:
        return self.values.mean()


def lpips(a: dict[str, Tensor], b: dict[str, Tensor], layers: list[str], weights: list[Tensor]) -> Tensor:
    """Weighted squared distance of features of unit length, mean over places, summed over layers: [B]."""
    total = []
    for name, weight in zip(layers, weights, strict=True):
        difference = (unit_length(a[name]) - unit_length(b[name])).square()  # [B, C, h, w]
        total.append((difference * weight.to(difference)).sum(1).mean((1, 2)))
    return torch.stack(total).sum(0)


def unit_length(x: Tensor) -> Tensor:
    x = at_least_float32(x)
    return x / (x.square().sum(1, keepdim=True) + 1e-8).sqrt()


def published_heads() -> list[Tensor]:
    """The weights of SqueezeNet's channels, [C, 1, 1] for each layer; they lie in torchmetrics' wheel."""
    with files("torchmetrics").joinpath("functional/image/lpips_models/squeeze.pth").open("rb") as file:
        tensors = torch.load(file, "cpu", weights_only=True)
    return [tensors[f"lin{i}.model.1.weight"][0] for i in range(len(LAYERS))]
