"""Several learnt styles in one network, each with a code of its own for every category of photo.

In the spirit of Men et al., 2022 (Unpaired Cartoon Image Synthesis via Gated Cycle Mapping), of whom the abstract alone is public: a gated
mapping unit gives a style code by category, and that code sets the norms of the generator. The form of the gate is ours: a share of each entry
of the code is the style's own, the rest is the category's. So are all sizes.
"""

import torch
from torch import Tensor, nn

from txst.layers.ops import he_init
from txst.transfers.conditional_norm import Block, modulate, split_norms
from txst.types import Encode, Features, NormStatistics, Prepared, Reads, Style


class GatedNormTransfer(nn.Module):
    """Blocks at the coarsest layer under norms that style and category set; finer layers take such norms alone.

    A style is told as weights of its domains, which are pairs of a style and a category. Those that are mixed lie between theirs.

    Args:
        widths: channels of the encoder's layers that take part, shallow to deep.
        styles: S, whose domains of one category follow each other.
        categories: of photos, C; the domains are numbered category by category, S * C in all.
        code: entries of the code that norms are made of.
        blocks: residual blocks at the coarsest layer.
    """

    reads: frozenset[Reads] = frozenset({"text"})
    unstyled = None  # the blocks make features of their own

    def __init__(self, widths: dict[str, int], styles: int, categories: int, code: int = 64, blocks: int = 4) -> None:
        super().__init__()
        self.layers = list(widths)
        width = widths[self.layers[-1]]
        self.norms = [*(widths[name] for name in self.layers[:-1]), *[width] * (2 * blocks)]
        self.domains = (categories, styles)
        self.of_style = nn.Sequential(nn.Linear(styles, code), nn.ReLU(), nn.Linear(code, code))
        self.of_category = nn.Linear(categories, code, bias=False)
        self.gate = nn.Linear(categories, code, bias=False)
        self.set_norms = nn.Linear(code, 2 * sum(self.norms))
        self.blocks = nn.ModuleList(Block(width) for _ in range(blocks))
        self.apply(he_init)
        with torch.no_grad():
            self.gate.weight.fill_(2.0)  # at first 88% of a code is the style's
            self.set_norms.weight.mul_(0.3)  # and the norms are near those of no style

    def prepare_style(self, style: Style, encode: Encode) -> Prepared:
        """Works out the norms of the weights of domains [B, S * C]."""
        if style.embedding is None or style.embedding.shape[-1] != self.domains[0] * self.domains[1]:
            raise ValueError(
                "this model paints in the styles that it has learnt, by their names alone, and is given no embedding of one"
            )
        return {"norms": self.set_norms(self.code(style.embedding))}

    def code(self, domains: Tensor) -> Tensor:
        """Weights of domains [B, S * C], in any unit; those below 0 count as 0 -> codes [B, D]."""
        domains = domains.clamp(min=0)
        shares = (domains / domains.sum(1, keepdim=True).clamp(min=1e-6)).unflatten(1, self.domains)  # [B, C, S]
        style, category = shares.sum(1), shares.sum(2)
        gate, own, common = self.gate(category).sigmoid(), self.of_style(style), self.of_category(category)
        return gate * own + (1 - gate) * common

    def forward(self, content: Features, prepared: Prepared, statistics: NormStatistics | None = None) -> Features:
        norms = split_norms(prepared["norms"], self.norms)
        styled = {name: modulate(content[name], *next(norms), statistics).relu_() for name in self.layers[:-1]}
        x = content[self.layers[-1]]
        for block in self.blocks:
            x = block(x, next(norms), next(norms), statistics)
        styled[self.layers[-1]] = x
        return styled
