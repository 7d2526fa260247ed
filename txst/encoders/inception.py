"""Inception-v3 (Szegedy et al., 2015, https://arxiv.org/abs/1512.00567), from its stem to Mixed_6e.

Batch norms are folded into the convolutions. Channels of each branch as in the paper's figures 5, 6 and 10.
"""

from collections.abc import Sequence
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from txst.encoders.weights import fill, origin, read
from txst.types import Features

LAYERS = ("Conv2d_2b_3x3", "Conv2d_4a_3x3", "Mixed_5b", "Mixed_5c", "Mixed_5d", *(f"Mixed_6{c}" for c in "abcde"))
WIDTHS = (64, 192, 256, 288, 288, 768, 768, 768, 768, 768)
STRIDES = (2, 4, 8, 8, 8, 16, 16, 16, 16, 16)


# Not torchvision's: its average pooling counts the padding, and TensorFlow's, where the weights come from, does not.
class Inception(nn.Module):
    """Image -> Features of Conv2d_2b_3x3, ..., Mixed_6e, frozen.

    Args:
        layers: what to return; nothing is computed beyond the deepest.
        weights: a file with torchvision's module names without `.conv` and `.bn`. None leaves random weights.
    """

    def __init__(self, layers: Sequence[str] = LAYERS, weights: str | Path | None = None) -> None:
        super().__init__()
        if unknown := [name for name in layers if name not in LAYERS]:
            raise ValueError(f"no layer {unknown[0]!r}; Inception has {', '.join(LAYERS)}")
        depth = 1 + max(LAYERS.index(name) for name in layers)
        self.layers = [name for name in LAYERS if name in layers]
        self.widths = {name: w for name, w in zip(LAYERS, WIDTHS, strict=True) if name in layers}
        self.strides = {name: s for name, s in zip(LAYERS, STRIDES, strict=True) if name in layers}
        stages: list[dict[str, nn.Module]] = [
            {
                "Conv2d_1a_3x3": Convolution(3, 32, 3, stride=2),
                "Conv2d_2a_3x3": Convolution(32, 32, 3),
                "Conv2d_2b_3x3": Convolution(32, 64, 3, padding=1),
            },
            {
                "pool_1": nn.MaxPool2d(3, 2),
                "Conv2d_3b_1x1": Convolution(64, 80, 1),
                "Conv2d_4a_3x3": Convolution(80, 192, 3),
            },
            {"pool_2": nn.MaxPool2d(3, 2), "Mixed_5b": Square(192, 32)},
            {"Mixed_5c": Square(256, 64)},
            {"Mixed_5d": Square(288, 64)},
            {"Mixed_6a": Reduction(288)},
            {"Mixed_6b": Factored(128)},
            {"Mixed_6c": Factored(160)},
            {"Mixed_6d": Factored(160)},
            {"Mixed_6e": Factored(192)},
        ]
        self.steps: list[str] = []
        for stage in stages[:depth]:
            for name, module in stage.items():
                self.add_module(name, module)
                self.steps.append(name)
        if weights is not None:
            fill(self, read(weights), weights)
            self.origin = origin(weights)
        self.requires_grad_(False).eval()

    def train(self, mode: bool = True) -> "Inception":
        """Stays in eval: a trainer calls this on every child."""
        return super().train(False)

    def forward(self, image: Tensor) -> Features:
        """Gives the layers asked for, in the order of depth.

        Args:
            image: [B, 3, H, W] in [0, 1], at least 75 pixels wide and high for the deepest layers.

        Returns:
            Maps [B, C, h, w], h about H / stride.
        """
        x = 2 * image - 1
        features = {}
        for name in self.steps:
            x = self.get_submodule(name)(x)
            if name in self.layers:
                features[name] = x
        return features


class Convolution(nn.Conv2d):
    """A convolution and its ReLU."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x).relu()


class Square(nn.Module):
    """1x1, 5x5, twice 3x3, and pooling, side by side."""

    def __init__(self, width: int, pooled: int) -> None:
        super().__init__()
        self.branch1x1 = Convolution(width, 64, 1)
        self.branch5x5_1 = Convolution(width, 48, 1)
        self.branch5x5_2 = Convolution(48, 64, 5, padding=2)
        self.branch3x3dbl_1 = Convolution(width, 64, 1)
        self.branch3x3dbl_2 = Convolution(64, 96, 3, padding=1)
        self.branch3x3dbl_3 = Convolution(96, 96, 3, padding=1)
        self.branch_pool = Convolution(width, pooled, 1)

    def forward(self, x: Tensor) -> Tensor:
        five = self.branch5x5_2(self.branch5x5_1(x))
        three = self.branch3x3dbl_3(self.branch3x3dbl_2(self.branch3x3dbl_1(x)))
        pooled = self.branch_pool(average(x))
        return torch.cat([self.branch1x1(x), five, three, pooled], 1)


class Reduction(nn.Module):
    """Halves the map: 3x3, twice 3x3, and pooling, side by side."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.branch3x3 = Convolution(width, 384, 3, stride=2)
        self.branch3x3dbl_1 = Convolution(width, 64, 1)
        self.branch3x3dbl_2 = Convolution(64, 96, 3, padding=1)
        self.branch3x3dbl_3 = Convolution(96, 96, 3, stride=2)

    def forward(self, x: Tensor) -> Tensor:
        three = self.branch3x3dbl_3(self.branch3x3dbl_2(self.branch3x3dbl_1(x)))
        return torch.cat([self.branch3x3(x), three, F.max_pool2d(x, 3, 2)], 1)


class Factored(nn.Module):
    """1x1, 7x7 as 1x7 and 7x1, the same twice, and pooling, side by side."""

    def __init__(self, inner: int) -> None:
        super().__init__()
        self.branch1x1 = Convolution(768, 192, 1)
        self.branch7x7_1 = Convolution(768, inner, 1)
        self.branch7x7_2 = Convolution(inner, inner, (1, 7), padding=(0, 3))
        self.branch7x7_3 = Convolution(inner, 192, (7, 1), padding=(3, 0))
        self.branch7x7dbl_1 = Convolution(768, inner, 1)
        self.branch7x7dbl_2 = Convolution(inner, inner, (7, 1), padding=(3, 0))
        self.branch7x7dbl_3 = Convolution(inner, inner, (1, 7), padding=(0, 3))
        self.branch7x7dbl_4 = Convolution(inner, inner, (7, 1), padding=(3, 0))
        self.branch7x7dbl_5 = Convolution(inner, 192, (1, 7), padding=(0, 3))
        self.branch_pool = Convolution(768, 192, 1)

    def forward(self, x: Tensor) -> Tensor:
        once = self.branch7x7_3(self.branch7x7_2(self.branch7x7_1(x)))
        twice = self.branch7x7dbl_1(x)
        for step in (self.branch7x7dbl_2, self.branch7x7dbl_3, self.branch7x7dbl_4, self.branch7x7dbl_5):
            twice = step(twice)
        return torch.cat([self.branch1x1(x), once, twice, self.branch_pool(average(x))], 1)


def average(x: Tensor) -> Tensor:
    """3x3 means, of what lies inside the map: as in TensorFlow, where the weights come from."""
    return F.avg_pool2d(x, 3, 1, 1, count_include_pad=False)
