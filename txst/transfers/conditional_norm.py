"""Style where it is cheap: almost all the work at a single coarse scale, under norms and tokens that the style sets.

TxST's cross-attention (Liu, Wang, Siu and Kalogeiton, 2022, https://arxiv.org/abs/2202.13562) between residual blocks with
conditional instance normalisation (Dumoulin, Shlens and Kudlur, 2017, https://arxiv.org/abs/1610.07629).
Departs from TxST: attention at the coarsest scale alone; the finer scales are only normalised. A style is one code of
unit length, read from the statistics of a picture, so that any painting has a code and none needs CLIP.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from txst.layers.distributed import mean_of_ranks
from txst.layers.ops import at_least_float32, he_init, instance_norm, statistics
from txst.layers.reflect import ReflectConv
from txst.transfers.txst import PolynomialAttention, StyleTokens
from txst.types import Features, Style


class ConditionalNormTransfer(nn.Module):
    """Blocks at the coarsest layer, each followed by what the style wants of it; finer layers take the style's norms.

    Args:
        widths: channels of the encoder's layers that take part, shallow to deep.
        style_width: D of a code.
        eye: image -> Features with `widths`, whose statistics a code is read from; fixed filters, so that codes part from the
            start of a training.
        blocks: residual blocks at the coarsest layer.
        tokens: K, of the attention in their middle.
        heads: of the attention; they divide the width of the coarsest layer.
        needs_picture: False for a model whose codes come by name.
    """

    reads_picture = repaints = True

    def __init__(
        self,
        widths: dict[str, int],
        style_width: int,
        eye: Any,
        blocks: int = 5,
        tokens: int = 16,
        heads: int = 4,
        needs_picture: bool = True,
    ) -> None:
        super().__init__()
        self.needs_picture = needs_picture
        self.layers = list(widths)
        width = widths[self.layers[-1]]
        self.norms = [*(widths[name] for name in self.layers[:-1]), *[width] * (2 * blocks)]
        self.eye = eye
        count = 2 * sum(eye.widths.values())
        self.usual = RunningStandardize(count)
        self.read = nn.Sequential(nn.Linear(count, 256), nn.ReLU(), nn.Linear(256, style_width))
        self.set_norms = nn.Sequential(nn.Linear(style_width, 256), nn.ReLU(), nn.Linear(256, 2 * sum(self.norms)))
        self.set_tokens = StyleTokens(style_width, width, tokens)
        self.blocks = nn.ModuleList(Block(width) for _ in range(blocks))
        self.attend = PolynomialAttention(width, width, heads)
        self.read.apply(he_init)
        self.set_norms.apply(he_init)

    def look(self, picture: Tensor) -> Features:
        """What a code is read from, of style pictures [B, 3, H, W]."""
        return self.eye(picture)

    def code(self, features: Features) -> Tensor:
        """What `look` gives -> codes [B, D], unit length."""
        seen = statistics({name: at_least_float32(x) for name, x in features.items()})
        return F.normalize(self.read(self.usual(seen)), dim=-1)

    def encode(self, style: Style) -> Style:
        """Works out the norms and the tokens, of the style's picture where there is one and else of its embedding, a code."""
        if style.features is None and self.needs_picture:
            raise ValueError(
                "this model needs a style picture; for names it wants a palette (scripts/export.py --palette)"
            )
        code = style.embedding if style.features is None else self.code(style.features)
        scaled = code * code.shape[-1] ** 0.5  # entries of about 1
        return replace(style, code={"norms": self.set_norms(scaled), "tokens": self.set_tokens(code)})

    def forward(self, content: Features, style: Style) -> Features:
        code = style.code or self.encode(style).code or {}
        norms = self.split(code["norms"])
        styled = {name: modulate(content[name], *next(norms)).relu() for name in self.layers[:-1]}
        x = content[self.layers[-1]]
        for i, block in enumerate(self.blocks):
            x = block(x, next(norms), next(norms))
            if i == len(self.blocks) // 2:
                x = x + self.attend(instance_norm(x), code["tokens"])
        styled[self.layers[-1]] = x
        return styled

    def split(self, norms: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
        """A scale and a shift [B, C, 1, 1] for each normalisation, in order."""
        for part in norms.split([2 * n for n in self.norms], dim=1):
            scale, shift = part[..., None, None].chunk(2, dim=1)
            yield 1 + scale, shift


class RunningStandardize(nn.Module):
    """Takes out what numbers have in common: each in units of its own deviation from its mean, both averaged while training.

    As batch normalisation does once it is trained, and here from the start: batches are small, and a code has to be the
    same whatever else is in its batch. Without it all styles begin as about the same code. All ranks average all batches.

    Args:
        count: of the numbers.
        momentum: weight of a new batch; at first more, so that the start is forgotten.
    """

    mean: Tensor
    square: Tensor
    batches: Tensor

    def __init__(self, count: int, momentum: float = 0.01) -> None:
        super().__init__()
        self.momentum = momentum
        self.register_buffer("mean", torch.zeros(count))
        self.register_buffer("square", torch.ones(count))
        self.register_buffer("batches", torch.zeros(()))

    def forward(self, x: Tensor) -> Tensor:
        """[B, count] -> [B, count]."""
        if self.training:
            self.follow(x.detach())
        return (x - self.mean) / (self.square - self.mean.square()).clamp_min(1e-8).sqrt()

    @torch.no_grad()
    def follow(self, x: Tensor) -> None:
        self.batches += 1
        share = max(self.momentum, 1 / float(self.batches))
        mean, square = mean_of_ranks(torch.stack([x.mean(0), x.square().mean(0)]))
        self.mean.lerp_(mean, share)
        self.square.lerp_(square, share)


class Block(nn.Module):
    """Two 3x3 convolutions beside the way straight through, each under the style's norm."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first, self.second = (ReflectConv(width, width, 3, bias=False) for _ in range(2))

    def forward(self, x: Tensor, first: tuple[Tensor, Tensor], second: tuple[Tensor, Tensor]) -> Tensor:
        y = modulate(self.first(x), *first).relu()
        return x + modulate(self.second(y), *second)


def modulate(x: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
    """Instance normalisation, then a scale and a shift [B, C, 1, 1]."""
    return instance_norm(x) * scale + shift
