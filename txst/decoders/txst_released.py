"""TxST's decoder as it was published: three scales -> image, with instance norms.

Liu, Wang, Siu and Kalogeiton, 2022, https://arxiv.org/abs/2202.13562; the network is that of the released code,
https://github.com/Holmes-Alan/TxST (MIT).
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from txst.layers.ops import instance_norm
from txst.layers.reflect import ReflectConv
from txst.types import Features, NormStatistics

IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


class TxSTReleased(nn.Module):
    """From the deepest scale upwards; the middle one is added, the shallowest put beside.

    Args:
        widths: channels of the three layers, shallow to deep. Published: 64, 128, 320.
        strides: of those layers, in pixels, each twice the one before. Published: 4, 8, 16.
        hidden: channels at the shallowest scale, halved twice on the way to the pixels. Published: 256.
    """

    reads_embedding = False
    mean: Tensor
    std: Tensor

    def __init__(self, widths: dict[str, int], strides: dict[str, int], hidden: int = 256) -> None:
        super().__init__()
        self.names = list(widths)
        steps = [strides[name] for name in self.names]
        if len(steps) != 3 or steps[0] < 2 or steps != [steps[0], 2 * steps[0], 4 * steps[0]]:
            raise ValueError(f"strides are {steps}; this decoder takes three, each twice the one before, from 2 on")
        shallow, middle, deep = widths.values()
        half, quarter = hidden // 2, hidden // 4
        self.lift = conv(deep, middle)
        self.merge = nn.Sequential(conv(middle, hidden), InstanceNorm(), nn.ReLU())
        self.paint = nn.Sequential(
            conv(shallow + hidden, hidden), InstanceNorm(), nn.ReLU(),
            conv(hidden, hidden), nn.ReLU(),
            conv(hidden, half), InstanceNorm(), nn.ReLU(),
            nn.Upsample(scale_factor=steps[0] / 2),
            conv(half, half), nn.ReLU(),
            conv(half, quarter), InstanceNorm(), nn.ReLU(),
            nn.Upsample(scale_factor=2.0),
            conv(quarter, quarter), InstanceNorm(), nn.ReLU(),
            conv(quarter, 3),
        )  # fmt: skip
        self.register_buffer("mean", torch.tensor(IMAGENET_MEAN).view(3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(IMAGENET_STD).view(3, 1, 1), persistent=False)

    def forward(
        self, features: Features, embedding: Tensor | None = None, statistics: NormStatistics | None = None
    ) -> Tensor:
        """Features -> [B, 3, H, W]; what lies outside [0, 1] is left for the model to clamp."""
        shallow, middle, deep = (features[name] for name in self.names)
        x = instance_norm(self.lift(doubled(deep)), statistics=statistics) + middle
        x = doubled(run(self.merge, x, statistics))
        return run(self.paint, torch.cat([x, shallow], 1), statistics) * self.std + self.mean


class InstanceNorm(nn.Module):
    """`instance_norm` as a layer: without weights, in float32 whatever the autocast dtype, and for a single place too."""

    def forward(self, x: Tensor, statistics: NormStatistics | None = None) -> Tensor:
        return instance_norm(x, statistics=statistics)


def run(layers: nn.Sequential, x: Tensor, statistics: NormStatistics | None) -> Tensor:
    """Runs layer after layer, and hands the statistics to those that normalise."""
    for layer in layers:
        x = layer(x, statistics) if isinstance(layer, InstanceNorm) else layer(x)
    return x


def conv(a: int, b: int) -> nn.Conv2d:
    return ReflectConv(a, b, 3)


def doubled(x: Tensor) -> Tensor:
    return F.interpolate(x, scale_factor=2.0, mode="bilinear")
