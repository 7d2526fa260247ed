"""A small text tower: what a prompt says of a style, as a place in the space of styles."""

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from txst.data.byte_pairs import RESERVED, WORD, byte_names, joined, read_merges, spelled


class Words(nn.Module):
    """Text -> embedding, by a transformer over byte pairs, as CLIP's text tower is (Radford et al., 2021, sec. 2.4).

    Departs from CLIP: a mean over the tokens in place of the last one, and no mask: short prompts, read whole.

    Args:
        width: D of the embedding.
        hidden: width inside.
        layers: of the transformer.
        length: tokens that are read of a prompt.
    """

    def __init__(self, width: int = 64, hidden: int = 96, layers: int = 2, length: int = 32) -> None:
        super().__init__()
        self.width, self.length = width, length
        self.ranks = {pair: i for i, pair in enumerate(read_merges())}
        names = list(byte_names().values())
        symbols = [*names, *(name + "</w>" for name in names), *("".join(pair) for pair in self.ranks)]
        self.numbers = {symbol: i for i, symbol in enumerate(symbols)}  # those of SimpleTokenizer
        self.tokens = nn.Embedding(len(symbols) + RESERVED - 512, hidden)
        self.places = nn.Parameter(torch.randn(length, hidden) * 0.1)
        layer = nn.TransformerEncoderLayer(hidden, 4, 2 * hidden, 0.1, batch_first=True, norm_first=True)
        self.transformer = nn.TransformerEncoder(layer, layers, enable_nested_tensor=False)
        self.out = nn.Sequential(nn.LayerNorm(hidden), nn.Linear(hidden, width))
        nn.init.normal_(self.tokens.weight, std=0.3)

    def tokenize(self, text: str) -> list[int]:
        """The numbers of the byte pairs of a text, without a start and an end."""
        found = []
        for word in WORD.findall(text.lower()):
            symbols = spelled(word)
            while pairs := [p for p in pairwise(symbols) if p in self.ranks]:
                symbols = joined(symbols, min(pairs, key=self.ranks.__getitem__))
            found += [self.numbers[symbol] for symbol in symbols]
        return found

    def forward(self, texts: list[str]) -> Tensor:
        """Texts -> [B, D], unit length."""
        rows = [self.tokenize(text)[: self.length] or [0] for text in texts]
        count = max(map(len, rows))
        device = self.places.device
        numbers = torch.tensor([row + [0] * (count - len(row)) for row in rows], device=device)
        blank = torch.tensor([[i >= len(row) for i in range(count)] for row in rows], device=device)
        x = self.transformer(self.tokens(numbers) + self.places[:count], src_key_padding_mask=blank)
        x = x.masked_fill(blank[..., None], 0).sum(1) / (~blank).sum(1, keepdim=True)
        return F.normalize(self.out(x), dim=-1)
