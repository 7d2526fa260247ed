"""A small text tower: what a prompt says of a style, as a place in the space of styles."""

from copy import deepcopy

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from txst.palette.tokenizer import RESERVED, BytePairs


class TextEncoder(nn.Module):
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
        self.pairs = BytePairs()
        self.tokens = nn.Embedding(len(self.pairs.numbers) + RESERVED - 512, hidden)
        self.places = nn.Parameter(torch.randn(length, hidden) * 0.1)
        layer = nn.TransformerEncoderLayer(hidden, 4, 2 * hidden, 0.1, batch_first=True, norm_first=True)
        self.transformer = nn.TransformerEncoder(layer, 1, enable_nested_tensor=False)
        for _ in range(
            layers - 1
        ):  # one by one, so that a config from anybody can be stopped (model_folder.size_limits)
            self.transformer.layers.append(deepcopy(layer))
        self.out = nn.Sequential(nn.LayerNorm(hidden), nn.Linear(hidden, width))
        nn.init.normal_(self.tokens.weight, std=0.3)

    def numbers(self, text: str) -> list[int]:
        """The numbers of the byte pairs that are read of a text."""
        return self.pairs.row(text, self.length)

    def forward(self, texts: list[str]) -> Tensor:
        """Texts -> [B, D], unit length."""
        rows = [self.numbers(text) for text in texts]
        count = max(map(len, rows))
        device = self.places.device
        numbers = torch.tensor([row + [0] * (count - len(row)) for row in rows], device=device)
        return self.read(numbers, torch.tensor([[i >= len(row) for i in range(count)] for row in rows], device=device))

    def read(self, numbers: Tensor, blank: Tensor | None = None) -> Tensor:
        """Numbers of byte pairs [B, L], and where a row is at its end [B, L] -> [B, D], unit length."""
        x = self.tokens(numbers) + self.places[: numbers.shape[1]]
        x = self.transformer(x, src_key_padding_mask=blank)
        x = x.mean(1) if blank is None else x.masked_fill(blank[..., None], 0).sum(1) / (~blank).sum(1, keepdim=True)
        return F.normalize(self.out(x), dim=-1)
