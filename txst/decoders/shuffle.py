"""Features -> image without a channel at full resolution: four pixels at once from each place at half of it."""

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from txst.layers.ops import he_init
from txst.layers.reflect import ReflectConv
from txst.types import Features, NormStatistics


class Shuffle(nn.Module):
    """Each level is narrowed, grows to the next one's size, is added to it and convolved; the last convolution gives 2 x 2 pixels.

    Those four start out equal (Aitken et al., 2017, https://arxiv.org/abs/1707.02937), so that no grid is there to be unlearnt.

    Args:
        widths: channels of each layer that is read, shallow to deep.
        strides: of those layers, in pixels; the first is 2.
    """

    reads_embedding = False

    def __init__(self, widths: dict[str, int], strides: dict[str, int]) -> None:
        super().__init__()
        self.names = list(widths)[::-1]
        if strides[self.names[-1]] != 2:
            raise ValueError(f"the finest layer {self.names[-1]!r} has stride {strides[self.names[-1]]}; it must be 2")
        steps = [widths[name] for name in self.names]
        self.narrow = nn.ModuleList(nn.Conv2d(a, b, 1) for a, b in pairwise(steps))
        self.merge = nn.ModuleList(ReflectConv(b, b, 3) for b in steps[1:])
        self.to_rgb = ReflectConv(steps[-1], 12, 3)
        self.apply(he_init)
        with torch.no_grad():
            self.to_rgb.weight.copy_(0.1 * self.to_rgb.weight[::4].repeat_interleave(4, 0))

    def forward(
        self, features: Features, embedding: Tensor | None = None, statistics: NormStatistics | None = None
    ) -> Tensor:
        """Features -> [B, 3, H, W], meant for [0, 1] and not held to it: a squashed output dies in white."""
        x = features[self.names[0]]
        for name, narrow, merge in zip(self.names[1:], self.narrow, self.merge, strict=True):
            skip = features[name]
            x = merge(F.interpolate(narrow(x), size=skip.shape[-2:], mode="nearest") + skip).relu()
        return F.pixel_shuffle(self.to_rgb(x), 2) + 0.5
