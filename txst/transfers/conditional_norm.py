"""Style where it is cheap: almost all the work at a single coarse scale, under norms and tokens that the style sets.

TxST's cross-attention (Liu, Wang, Siu and Kalogeiton, 2022, https://arxiv.org/abs/2202.13562) between residual blocks with
conditional instance normalisation (Dumoulin, Shlens and Kudlur, 2017, https://arxiv.org/abs/1610.07629).
Departs from TxST: attention at the coarsest scale alone; the finer scales are only normalised. A style is one code of
unit length, read from the statistics of a picture, so that any painting has a code and none needs CLIP.
"""

from collections.abc import Iterator, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from txst.layers.ops import at_least_float32, he_init, instance_norm, statistics
from txst.layers.reflect import ReflectConv
from txst.layers.running_standardize import RunningStandardize
from txst.transfers.txst import PolynomialAttention, StyleTokens
from txst.types import Encode, Encoder, Features, NormStatistics, Prepared, Reads, Style


class ConditionalNormTransfer(nn.Module):
    """Blocks at the coarsest layer, each followed by what the style wants of it; finer layers take the style's norms.

    Args:
        widths: channels of the encoder's layers that take part, shallow to deep.
        style_width: D of a code.
        feature_extractor: whose features' statistics a code is read from; fixed filters, so that codes part from the start of
            a training.
        blocks: residual blocks at the coarsest layer.
        tokens: K, of the attention in their middle.
        heads: of the attention; they divide the width of the coarsest layer.
    """

    reads: frozenset[Reads] = frozenset({"image", "code"})
    unstyled = None  # the blocks make features of their own

    def __init__(
        self,
        widths: dict[str, int],
        style_width: int,
        feature_extractor: Encoder,
        blocks: int = 5,
        tokens: int = 16,
        heads: int = 4,
    ) -> None:
        super().__init__()
        self.layers = list(widths)
        width = widths[self.layers[-1]]
        self.norms = [*(widths[name] for name in self.layers[:-1]), *[width] * (2 * blocks)]
        self.feature_extractor = feature_extractor
        count = 2 * sum(feature_extractor.widths.values())
        self.standardize = RunningStandardize(count)
        self.read = nn.Sequential(nn.Linear(count, 256), nn.ReLU(), nn.Linear(256, style_width))
        self.set_norms = nn.Sequential(nn.Linear(style_width, 256), nn.ReLU(), nn.Linear(256, 2 * sum(self.norms)))
        self.set_tokens = StyleTokens(style_width, width, tokens)
        self.blocks = nn.ModuleList(Block(width) for _ in range(blocks))
        self.attend = PolynomialAttention(width, width, heads)
        self.read.apply(he_init)
        self.set_norms.apply(he_init)

    def style_code(self, picture: Tensor) -> Tensor:
        """Style pictures [B, 3, h, w] -> codes [B, D], unit length."""
        return self.code_of(self.measure(picture))

    def measure(self, picture: Tensor) -> Tensor:
        """The statistics [B, count] that a code is read from."""
        return statistics({name: at_least_float32(x) for name, x in self.feature_extractor(picture).items()})

    def code_of(self, found: Tensor) -> Tensor:
        """Statistics [B, count] -> codes [B, D], unit length."""
        return F.normalize(self.read(self.standardize(found)), dim=-1)

    def prepare_style(self, style: Style, encode: Encode) -> Prepared:
        """Works out the norms and the tokens: of the style's picture where there is one, and else of a code."""
        picture, code = style.image, style.embedding
        if picture is not None:
            code = self.code_of(style.once("statistics for codes", lambda: self.measure(picture)))
        if code is None or not code.shape[-1]:
            raise ValueError(
                "this model paints after a style picture or a code; for names it wants a palette of codes "
                "(scripts/build_palette.py)"
            )
        scaled = code * code.shape[-1] ** 0.5  # entries of about 1
        return {"norms": self.set_norms(scaled), "tokens": self.set_tokens(code)}

    def forward(self, content: Features, prepared: Prepared, statistics: NormStatistics | None = None) -> Features:
        norms = split_norms(prepared["norms"], self.norms)
        styled = {name: modulate(content[name], *next(norms), statistics).relu_() for name in self.layers[:-1]}
        x = content[self.layers[-1]]
        for i, block in enumerate(self.blocks):
            x = block(x, next(norms), next(norms), statistics)
            if i == len(self.blocks) // 2:
                x = x + self.attend(instance_norm(x, statistics=statistics), prepared["tokens"], statistics)
        styled[self.layers[-1]] = x
        return styled


class Block(nn.Module):
    """Two 3x3 convolutions beside the way straight through, each under the style's norm."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first, self.second = (ReflectConv(width, width, 3, bias=False) for _ in range(2))

    def forward(
        self,
        x: Tensor,
        first: tuple[Tensor, Tensor],
        second: tuple[Tensor, Tensor],
        statistics: NormStatistics | None = None,
    ) -> Tensor:
        y = modulate(self.first(x), *first, statistics).relu_()
        return x + modulate(self.second(y), *second, statistics)


def split_norms(norms: Tensor, widths: Sequence[int]) -> Iterator[tuple[Tensor, Tensor]]:
    """A scale and a shift [B, C, 1, 1] for each normalisation of so many channels, in order, of [B, twice their sum]."""
    for part in norms.split([2 * width for width in widths], dim=1):
        scale, shift = part[..., None, None].chunk(2, dim=1)
        yield 1 + scale, shift


def modulate(x: Tensor, scale: Tensor, shift: Tensor, statistics: NormStatistics | None = None) -> Tensor:
    """Instance normalisation, then a scale and a shift [B, C, 1, 1]."""
    return torch.addcmul(shift, instance_norm(x, statistics=statistics), scale)
