"""Features -> image without steps: every growth is bilinear, and few channels are left at full resolution.

Growth by repeated or shuffled pixels leaves blocks at edges until a long training has unlearnt them.
"""

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from txst.decoders.growth import widths_to_full_size
from txst.layers.ops import he_init
from txst.layers.reflect import ReflectConv
from txst.types import Features, NormStatistics


class Smooth(nn.Module):
    """Each level is narrowed, grows to the next one's size, is added to it and convolved; then the picture grows.

    Args:
        widths: channels of each layer that is read, shallow to deep.
        strides: of those layers, in pixels.
        floor: fewest channels at full resolution.
    """

    reads_embedding = False

    def __init__(self, widths: dict[str, int], strides: dict[str, int], floor: int = 16) -> None:
        super().__init__()
        self.names = list(widths)[::-1]
        steps = list(pairwise(widths[name] for name in self.names))
        joined = [3 * b // 2 for _, b in steps]
        self.narrow = nn.ModuleList(nn.Conv2d(a, j, 1) for (a, _), j in zip(steps, joined, strict=True))
        self.skip = nn.ModuleList(nn.Conv2d(b, j, 1) for (_, b), j in zip(steps, joined, strict=True))
        self.merge = nn.ModuleList(ReflectConv(j, b, 3) for (_, b), j in zip(steps, joined, strict=True))
        full = widths_to_full_size(widths[self.names[-1]], strides[self.names[-1]], floor)
        self.thin = nn.ModuleList(nn.Conv2d(a, b, 1) for a, b in pairwise(full))
        self.polish = nn.ModuleList(ReflectConv(b, b, 3) for b in full[1:])
        self.to_rgb = ReflectConv(full[-1], 3, 3)
        self.apply(he_init)
        with torch.no_grad():
            self.to_rgb.weight.mul_(0.1)  # grey at first, and far from black and white

    def forward(
        self, features: Features, embedding: Tensor | None = None, statistics: NormStatistics | None = None
    ) -> Tensor:
        """Features -> [B, 3, H, W], meant for [0, 1] and not held to it: a squashed output dies in white."""
        x = features[self.names[0]]
        for name, narrow, skip, merge in zip(self.names[1:], self.narrow, self.skip, self.merge, strict=True):
            finer = features[name]
            x = merge((grown(narrow(x), finer) + skip(finer)).relu()).relu()
        for thin, polish in zip(self.thin, self.polish, strict=True):
            x = F.interpolate(thin(x), scale_factor=2.0, mode="bilinear")
            x = polish(x.relu()).relu()
        return self.to_rgb(x) + 0.5


def grown(x: Tensor, finer: Tensor) -> Tensor:
    """The map at the size of a finer one."""
    return F.interpolate(x, size=finer.shape[-2:], mode="bilinear")
