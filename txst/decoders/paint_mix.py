"""Features -> image as a painter makes one: paints mixed for the style, and strokes that say which goes where.

Every level is steered by the style itself, as in conditional instance normalisation (Dumoulin, Shlens and Kudlur,
2017, https://arxiv.org/abs/1610.07629), and has plane waves of its own at hand to weave a texture from where the
photo is blank, as in periodic texture networks (Bergmann, Jetchev and Vollgraf, 2017,
https://arxiv.org/abs/1705.06566; there the waves' lengths are learnt, here their mixture is).
"""

import math
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from txst.decoders.growth import widths_to_full_size
from txst.layers.ops import he_init, instance_norm
from txst.layers.reflect import ReflectConv
from txst.types import Features, NormStatistics

LENGTHS = (3.0, 4.5)  # of the waves, in places of the map: short ones in the fine maps, long ones in the coarse
DIRECTIONS = 4  # the same for all, so that long waves have harmonics: sharp bands need them
SHARPNESS = 4.0  # of the shares: paints lie side by side rather than mixed, and all colours change at the same edge


class PaintMixDecoder(nn.Module):
    """Few channels at full resolution, and little work there: for short trainings without a GPU.

    The embedding of the style itself steers all levels and mixes the paints: what a transfer leaves of it in the mean of
    its maps is mostly the same for all styles at first (two parts of three in TxST), and they part more slowly.

    Args:
        widths: channels of each layer that is read, shallow to deep.
        strides: of those layers, in pixels; powers of 2.
        style_width: D of the embedding.
        paints: colours of a picture; each pixel is a mixture of them.
        blocks: levels at the deepest layer.
        floor: fewest channels at full resolution.
    """

    reads_embedding = True

    def __init__(
        self,
        widths: dict[str, int],
        strides: dict[str, int],
        style_width: int,
        paints: int = 8,
        blocks: int = 2,
        floor: int = 12,
    ) -> None:
        super().__init__()
        self.names = list(widths)[::-1]
        steps = [widths[name] for name in self.names]
        self.blocks = nn.ModuleList(Level(steps[0], steps[0], style_width) for _ in range(blocks))
        self.merge = nn.ModuleList(Level(a + b, b, style_width) for a, b in pairwise(steps))
        full = widths_to_full_size(steps[-1], strides[self.names[-1]], floor)
        last = len(full) - 2  # at full resolution nothing is woven
        self.ups = nn.ModuleList(Level(a, b, style_width, woven=up < last) for up, (a, b) in enumerate(pairwise(full)))
        self.strokes = ReflectConv(full[-1], paints, 3)
        self.paints = nn.Linear(style_width, 3 * paints)
        self.apply(he_init)
        for steered in (self.paints, *(level.steer for level in (*self.blocks, *self.merge, *self.ups))):
            nn.init.normal_(steered.weight, std=0.3)  # embeddings have unit length: so is what comes out

    def forward(
        self, features: Features, embedding: Tensor | None = None, statistics: NormStatistics | None = None
    ) -> Tensor:
        """Features and the embedding [B, D] -> [B, 3, H, W], a mixture of paints that are not held to [0, 1]."""
        if embedding is None:
            raise ValueError("PaintMixDecoder mixes its paints for the style's embedding, and none is given")
        x = features[self.names[0]]
        for block in self.blocks:
            x = x + block(x, embedding, statistics)
        for name, merge in zip(self.names[1:], self.merge, strict=True):
            skip = features[name]
            grown = F.interpolate(x, size=skip.shape[-2:], mode="nearest")
            x = merge(torch.cat([grown, skip], 1), embedding, statistics)
        for up in self.ups:
            x = up(F.interpolate(x, scale_factor=2.0, mode="nearest"), embedding, statistics)
        paints = self.paints(embedding).unflatten(1, (-1, 3)) + 0.5  # [B, paints, 3]
        shares = (SHARPNESS * self.strokes(x)).softmax(1)  # [B, paints, H, W]
        return torch.einsum("bkhw,bkc->bchw", shares, paints)


class Level(nn.Module):
    """A convolution, normalised, with waves laid over it; the style says how much of each, and what passes.

    Args:
        a: channels that come.
        b: channels that go.
        style: width of what steers.
        woven: whether there are waves.
    """

    def __init__(self, a: int, b: int, style: int, woven: bool = True) -> None:
        super().__init__()
        self.width = b
        self.waves = 2 * DIRECTIONS * len(LENGTHS) * woven
        self.conv = ReflectConv(a, b, 3)
        self.steer = nn.Linear(style, (2 + self.waves) * b)

    def forward(self, x: Tensor, style: Tensor, statistics: NormStatistics | None = None) -> Tensor:
        """[B, a, h, w] and [B, style] -> [B, b, h, w]."""
        gain, shift, mixture = self.steer(style).split([self.width, self.width, self.waves * self.width], dim=1)
        y = instance_norm(self.conv(x), statistics=statistics)
        if self.waves:
            woven = waves(y.shape[-2], y.shape[-1], y)
            y = y + torch.einsum("bkn,nhw->bkhw", mixture.unflatten(1, (self.width, self.waves)), woven)
        return (y * (1 + gain[..., None, None]) + shift[..., None, None]).relu()


def waves(height: int, width: int, like: Tensor) -> Tensor:
    """Cosines and sines of every length and direction, [2 * DIRECTIONS * lengths, height, width]."""
    y = torch.arange(height, dtype=like.dtype, device=like.device)[:, None]
    x = torch.arange(width, dtype=like.dtype, device=like.device)
    planes = []
    for length in LENGTHS:
        for direction in range(DIRECTIONS):
            angle = math.pi * direction / DIRECTIONS
            phase = (x * math.cos(angle) + y * math.sin(angle)) * (2 * math.pi / length)
            planes += [phase.cos(), phase.sin()]
    return torch.stack(planes)
