"""SqueezeNet 1.1 (Iandola et al., 2016, https://arxiv.org/abs/1602.07360), a light loss network.

Its first layer already halves the picture, so it costs a fraction of VGG-19.
"""

import re
from collections.abc import Sequence
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from txst.encoders.weights import fill, origin, read
from txst.types import Features

LAYERS = ("conv1", "fire2", "fire3", "fire4", "fire5", "fire6", "fire7", "fire8", "fire9")
WIDTHS = (64, 128, 128, 256, 256, 384, 384, 512, 512)
STRIDES = (2, 4, 4, 8, 8, 16, 16, 16, 16)
TORCHVISION = (0, 3, 4, 6, 7, 9, 10, 11, 12)  # indices in its `features`
CAFFE_MEAN = (103.939, 116.779, 123.68)  # blue, green, red


# Not torchvision's extractor: equal to 1e-6, but its names are features.N, and what was saved under conv1, fireN would not load.
class Fire(nn.Module):
    """Squeeze to few channels, then look 1x1 and 3x3 side by side."""

    def __init__(self, width_in: int, width: int) -> None:
        super().__init__()
        self.squeeze1x1 = nn.Conv2d(width_in, width // 8, 1)
        self.expand1x1 = nn.Conv2d(width // 8, width // 2, 1)
        self.expand3x3 = nn.Conv2d(width // 8, width // 2, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.squeeze1x1(x).relu_()
        return torch.cat([self.expand1x1(x), self.expand3x3(x)], dim=1).relu_()


class SqueezeNet(nn.Module):
    """Image -> Features of conv1, fire2, ..., frozen.

    Args:
        layers: what to return; nothing is computed beyond the deepest.
        weights: a file in torchvision's or in Caffe's layout, or the name of a downloaded one. None leaves random weights.
    """

    def __init__(self, layers: Sequence[str] = LAYERS, weights: str | Path | None = None) -> None:
        super().__init__()
        if unknown := [name for name in layers if name not in LAYERS]:
            raise ValueError(f"no layer {unknown[0]!r}; SqueezeNet has {', '.join(LAYERS)}")
        depth = 1 + max(LAYERS.index(name) for name in layers)
        self.layers = [name for name in LAYERS if name in layers]
        self.widths = {name: w for name, w in zip(LAYERS, WIDTHS, strict=True) if name in layers}
        self.strides = {name: s for name, s in zip(LAYERS, STRIDES, strict=True) if name in layers}
        self.conv1 = nn.Conv2d(3, 64, 3, stride=2)
        self.fires = LAYERS[1:depth]
        for name, width_in, width in zip(self.fires, WIDTHS, WIDTHS[1:], strict=False):
            self.add_module(name, Fire(width_in, width))
        if weights is not None:
            fill(self, rename(read(weights), weights), weights)
            self.origin = origin(weights)
        self.requires_grad_(False).eval()

    def train(self, mode: bool = True) -> "SqueezeNet":
        """Stays in eval: a trainer calls this on every child."""
        return super().train(False)

    def forward(self, image: Tensor) -> Features:
        """Gives the layers asked for, in the order of depth.

        Args:
            image: [B, 3, H, W] in [0, 1], at least 33 pixels wide and high for the deepest layers.

        Returns:
            Maps [B, C, h, w], h about H / stride.
        """
        x = self.conv1(image).relu_()
        features = {"conv1": x}
        for name in self.fires:
            if name in ("fire2", "fire4", "fire6"):
                x = F.max_pool2d(x, 3, 2, ceil_mode=True)
            x = features[name] = self.get_submodule(name)(x)
        return {name: features[name] for name in self.layers}


def rename(tensors: dict[str, Tensor], source: str | Path) -> dict[str, Tensor]:
    """Weights of either layout under our names, their colour convention folded into conv1 (which has no padding)."""
    if "features.0.weight" in tensors:
        names = {f"features.{i}.": f"{name}." for i, name in zip(TORCHVISION, LAYERS, strict=True)}
        tensors = {
            re.sub(r"^features\.\d+\.", lambda m: names.get(m[0], m[0]), key).replace("squeeze.", "squeeze1x1."): tensor
            for key, tensor in tensors.items()
        }
        mean, std = torch.tensor((0.485, 0.456, 0.406)), torch.tensor((0.229, 0.224, 0.225))
        weight = tensors["conv1.weight"]
    elif "conv1.weight" in tensors:
        mean, std = torch.tensor(CAFFE_MEAN[::-1]) / 255, torch.tensor(1 / 255)
        weight = tensors["conv1.weight"].flip(1)  # BGR -> RGB
    else:
        raise ValueError(
            f"{source} holds {', '.join(list(tensors)[:3])}, ... and is no SqueezeNet 1.1: "
            "known are features.N (torchvision) and conv1, fireN (Caffe)"
        )
    weight = weight / std.view(-1, 1, 1)
    bias = tensors["conv1.bias"] - (weight * mean.view(3, 1, 1)).sum(dim=(1, 2, 3))
    return tensors | {"conv1.weight": weight, "conv1.bias": bias}
