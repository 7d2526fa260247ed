"""The teacher of the table of `meaning`: MiniLM, which places sentences by what they mean. Used in training alone.

Wang et al., 2020, https://arxiv.org/abs/2002.10957, trained for sentences as Reimers and Gurevych, 2019,
https://arxiv.org/abs/1908.10084; weights of sentence-transformers/all-MiniLM-L6-v2 (Apache-2.0).
"""

from collections.abc import Sequence
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import Tensor, nn

from txst.palette.word_pieces import WordPieces

WIDTH, HEADS, LAYERS, EPSILON = 384, 12, 6, 1e-12
LONGEST = 60  # pieces of a text that are read
NAMES = {  # of a layer in the file -> here
    "attention.output.dense": "self_attn.out_proj", "attention.output.LayerNorm": "norm1",
    "intermediate.dense": "linear1", "output.dense": "linear2", "output.LayerNorm": "norm2",
}  # fmt: skip


class SentenceEncoder(nn.Module):
    """Sentences -> embeddings: BERT (Devlin et al., 2019), and the mean over its tokens.

    Args:
        folder: with `model.safetensors` and `vocab.txt`, as the weights are published.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__()
        weights = load_file(folder / "model.safetensors")
        self.vocabulary = (folder / "vocab.txt").read_text(encoding="utf-8").split("\n")
        self.pieces = WordPieces(self.vocabulary)
        self.unknown = [self.pieces.numbers["[UNK]"]]
        self.tokens, self.places = (weights[f"embeddings.{kind}_embeddings.weight"] for kind in ("word", "position"))
        self.kind = weights["embeddings.token_type_embeddings.weight"][0]
        self.norm = nn.LayerNorm(WIDTH, EPSILON)
        layer = nn.TransformerEncoderLayer(WIDTH, HEADS, 4 * WIDTH, 0.0, "gelu", EPSILON, batch_first=True)
        self.transformer = nn.TransformerEncoder(layer, LAYERS, enable_nested_tensor=False)
        self.norm.load_state_dict({end: weights[f"embeddings.LayerNorm.{end}"] for end in ("weight", "bias")})
        for number, part in enumerate(self.transformer.layers):
            part.load_state_dict(layer_weights(weights, f"encoder.layer.{number}."))
        self.eval().requires_grad_(False)

    def forward(self, texts: Sequence[str]) -> Tensor:
        """Texts -> [B, 384], unit length."""
        return self.embed([self.pieces(text, self.unknown)[:LONGEST] for text in texts])

    @torch.inference_mode()
    def embed(self, rows: Sequence[Sequence[int]]) -> Tensor:
        """Numbers of pieces, some of each text -> [B, 384], unit length."""
        begin, end = (self.pieces.numbers[mark] for mark in ("[CLS]", "[SEP]"))
        whole = [[begin, *row, end] for row in rows]
        count = max(map(len, whole))
        blank = torch.tensor([[at >= len(row) for at in range(count)] for row in whole])
        x = self.tokens[torch.tensor([row + [0] * (count - len(row)) for row in whole])]
        x = self.transformer(self.norm(x + self.places[:count] + self.kind), src_key_padding_mask=blank)
        x = x.masked_fill(blank[..., None], 0).sum(1) / (~blank).sum(1, keepdim=True)
        return F.normalize(x, dim=1)


def layer_weights(weights: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """The weights of a layer as torch calls them, with query, key and value in one."""
    found = {}
    for end in ("weight", "bias"):
        three = [weights[f"{prefix}attention.self.{part}.{end}"] for part in ("query", "key", "value")]
        found[f"self_attn.in_proj_{end}"] = torch.cat(three)
        found |= {f"{ours}.{end}": weights[f"{prefix}{theirs}.{end}"] for theirs, ours in NAMES.items()}
    return found
