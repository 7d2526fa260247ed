"""A small space that style names and pictures share, for when CLIP is not at hand.

It does what CLIP does for a model, for the names it was trained on: a text and a picture become
vectors of unit length that lie close when the picture is in the style that the text names. It is
trained by `+experiment=space` from scratch and weighs about 1 MB.
"""

import zlib
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from txst.encoders.bank import FilterBank
from txst.encoders.weights import fill, origin, read
from txst.layers.ops import statistics
from txst.types import Encoder

SMALLEST = 24  # pixels a side; the filters reach so far at their coarsest scale


class StyleSpace(nn.Module):
    """Text tower over hashed character n-grams, picture tower over the statistics of a frozen network's features.

    Args:
        width: D of the embedding.
        hidden: width inside the towers.
        buckets: rows of the n-gram table (fastText's hashing trick, Bojanowski et al., 2017).
        weights: a safetensors file of this class; None leaves it untrained.
        feature_extractor: image -> Features with `widths`; None takes fixed filters, which need no weights.
        kept: of the statistics, so many directions are kept, see `Discriminant`, and the picture tower is linear; None keeps
            the statistics as they are.
    """

    bundled = True  # its weights travel with the models that are conditioned on it
    reads_text = True

    def __init__(
        self,
        width: int = 64,
        hidden: int = 256,
        buckets: int = 4096,
        weights: str | Path | None = None,
        feature_extractor: Encoder | None = None,
        kept: int | None = None,
    ) -> None:
        super().__init__()
        self.width = width
        self.buckets = buckets
        self.feature_extractor: Encoder = FilterBank() if feature_extractor is None else feature_extractor
        count = 2 * sum(self.feature_extractor.widths.values())
        self.norm: nn.Module = Discriminant(count, kept) if kept else nn.BatchNorm1d(count, affine=False)
        tower = [nn.Linear(count, hidden), nn.ReLU(), nn.Dropout(0.2), nn.Linear(hidden, width)]
        self.picture = nn.Sequential(nn.Dropout(0.2), *([nn.Linear(kept, width)] if kept else tower))
        self.grams = nn.EmbeddingBag(buckets, hidden, mode="mean")
        self.name = nn.Sequential(nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, width))
        if weights is not None:
            fill(self, read(weights), weights)
            self.origin = origin(weights)

    def forward(self, image: Tensor) -> Tensor:
        """Pictures [B, 3, H, W] in [0, 1] -> [B, D], unit length."""
        if min(image.shape[-2:]) < SMALLEST:
            height, width = image.shape[-2:]
            raise ValueError(f"a style picture of {width} x {height} is too small: {SMALLEST} pixels a side at least")
        return self.embed(statistics(self.feature_extractor(image)))

    def embed(self, seen: Tensor) -> Tensor:
        """Statistics of the extractor's features [B, inputs] -> [B, D], unit length."""
        return F.normalize(self.picture(self.norm(seen)), dim=-1)

    def text(self, prompts: list[str]) -> Tensor:
        """Texts -> [B, D], unit length."""
        device = self.grams.weight.device
        rows = [torch.tensor(grams(p, self.buckets), device=device) for p in prompts]
        offsets = torch.tensor([0, *(len(r) for r in rows[:-1])], device=device).cumsum(0)
        return F.normalize(self.name(self.grams(torch.cat(rows), offsets)), dim=-1)


class Discriminant(nn.Module):
    """Logarithms of statistics, along the directions in which names differ most beside the spread within each.

    Fisher's linear discriminant (Rao, 1948, https://doi.org/10.1111/j.2517-6161.1948.tb00008.x): in it the pictures of one
    name spread alike in all directions. Means and deviations of a network's features rise and fall together; without it a
    few such directions drown the rest, and a tower that is trained on few pictures a name learns those.

    Args:
        count: of the statistics.
        kept: of the directions, at most `count`.
        rank: principal directions in which they are sought; from more, fewer held-out paintings were named.
        shrink: share of the spread within names that is taken to be alike in all directions (Friedman, 1989,
            https://doi.org/10.1080/01621459.1989.10478752): few pictures tell little of it.
    """

    mean: Tensor
    basis: Tensor

    def __init__(self, count: int, kept: int, rank: int = 128, shrink: float = 0.15) -> None:
        super().__init__()
        if not 0 < kept <= count:
            raise ValueError(f"kept={kept}: of {count} statistics keep from 1 to as many directions")
        self.kept, self.rank, self.shrink = kept, min(max(rank, kept), count), shrink
        self.register_buffer("mean", torch.zeros(count))
        self.register_buffer("basis", torch.eye(count, kept))

    def forward(self, seen: Tensor) -> Tensor:
        """[B, count] -> [B, kept]."""
        return (compressed(seen) - self.mean) @ self.basis

    @torch.no_grad()
    def fit(self, seen: Tensor, name: Tensor) -> None:
        """Takes the directions of many pictures.

        Args:
            seen: [N, count].
            name: [N], numbers of their names.
        """
        x = compressed(seen)
        centred, scale = x - x.mean(0), x.std(0).clamp_min(1e-6)
        spread, axes = torch.linalg.eigh((centred / scale).T @ (centred / scale) / len(x))  # ascending
        white = axes[:, -self.rank :] / spread[-self.rank :].clamp_min(1e-6).sqrt() / scale[:, None]  # [count, rank]
        _, own, works = name.unique(return_inverse=True, return_counts=True)
        a = centred @ white
        centres = a.new_zeros(len(works), self.rank).index_add_(0, own, a) / works[:, None]  # of the names
        apart = a - centres[own]
        within = torch.lerp(apart.T @ apart / len(a), torch.eye(self.rank).to(a), self.shrink)
        root = torch.linalg.inv(torch.linalg.cholesky(within)).T
        between = centres @ root * works.float().pow(0.25)[:, None]  # roots of the numbers of works count
        _, towards = torch.linalg.eigh(between.T @ between)
        basis = white @ root @ towards[:, -self.kept :]
        self.mean.copy_(x.mean(0))
        self.basis.copy_(basis / (centred @ basis).square().mean().sqrt())


def compressed(seen: Tensor) -> Tensor:
    """The logarithm of what is large, of either sign."""
    return seen.sign() * seen.abs().log1p()


def grams(text: str, buckets: int) -> list[int]:
    """The hashed words and character 3- to 5-grams of a text."""
    words = text.lower().replace("-", " ").split() or [""]
    pieces = [f"<{word}>" for word in words]
    pieces += [w[i : i + n] for w in tuple(pieces) for n in (3, 4, 5) for i in range(len(w) - n + 1)]
    return [zlib.crc32(piece.encode()) % buckets for piece in pieces]
