"""A network that looks at a picture, and again from further away."""

from collections.abc import Sequence
from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn

from txst.types import Features


class Scales(nn.Module):
    """The features of a picture and of smaller copies of it, so that broad strokes are seen as well as fine ones.

    Args:
        network: image -> Features, frozen.
        scales: how many times smaller the copies are; a layer of one is called `name@scale`.
    """

    def __init__(self, network: Any, scales: Sequence[int] = (2,)) -> None:
        super().__init__()
        self.network = network
        self.scales = list(scales)
        sizes = [(1, ""), *((s, f"@{s}") for s in scales)]
        self.widths = {name + at: width for _, at in sizes for name, width in network.widths.items()}
        self.strides = {name + at: stride * s for s, at in sizes for name, stride in network.strides.items()}
        self.origin = ", ".join([getattr(network, "origin", "random weights"), *(f"and at 1/{s}" for s in scales)])

    def forward(self, image: Tensor) -> Features:
        """[B, 3, H, W] -> the network's layers, then those of each copy."""
        features = dict(self.network(image))
        for scale in self.scales:
            smaller = self.network(F.avg_pool2d(image, scale))
            features |= {f"{name}@{scale}": x for name, x in smaller.items()}
        return features
