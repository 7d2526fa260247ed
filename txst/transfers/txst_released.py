"""TxST as it was published: polynomial cross-attention between a picture and one CLIP vector.

Liu, Wang, Siu and Kalogeiton, 2022, https://arxiv.org/abs/2202.13562; the network is that of the released code,
https://github.com/Holmes-Alan/TxST (MIT), quirks and all:
- One vector is repeated on a grid and sent through self-attention. All values being equal, the same comes out
  whatever attends to what: queries, keys and positions have no effect and nothing to learn.
- The places of the grid come to differ by the zero padding of two convolutions alone: 25 of 256 do.
- The embedding is CLIP's raw vector, not one of unit length.

Departs from it: all that depends on the style alone, to the last linear map on the values, is worked out once per style.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from txst.layers.ops import channel_stats, instance_norm
from txst.types import Encode, Features, NormStatistics, Prepared, Reads, Style

PARTS = ("mean", "std", "key1", "value1", "key2", "value2")  # of a style, for each layer


class TxSTReleased(nn.Module):
    """Gives each scale of the picture what attention finds for it in a map made of the style's embedding.

    Args:
        widths: channels of the encoder's layers that take part, shallow to deep. Published: relu3_1 256, relu4_1 512,
            relu5_1 512 of VGG-19.
        styled: channels that each layer is adapted to, and leaves with. Published: 64, 128, 320.
        style_width: D of the embedding.
        grid: side of the style map. Published: 16.
        unit_vectors: embeddings have unit length, and are brought to entries of size 1. Published: raw vectors, which
            CLIP gives with `normalise=False`.
    """

    reads: frozenset[Reads] = frozenset({"text"})

    def __init__(
        self,
        widths: dict[str, int],
        styled: dict[str, int],
        style_width: int = 512,
        grid: int = 16,
        unit_vectors: bool = False,
    ) -> None:
        super().__init__()
        if widths.keys() != styled.keys():
            raise ValueError(f"widths name the layers {list(widths)} but styled names {list(styled)}")
        self.scale = style_width**0.5 if unit_vectors else 1.0
        self.adapters = nn.ModuleDict(
            {name: nn.Sequential(nn.Conv2d(widths[name], styled[name], 1), nn.ReLU()) for name in widths}
        )
        self.spread = SelfAttention(style_width, grid)
        self.places, self.attend, self.out = nn.ModuleDict(), nn.ModuleDict(), nn.ModuleDict()
        total = 0
        for name, width in styled.items():
            total += width
            self.places[name] = StylePlaces(style_width, total)
            self.attend[name] = CrossAttention(total)
            self.out[name] = nn.Conv2d(total, width, 1)

    def prepare_style(self, style: Style, encode: Encode) -> Prepared:
        """For each layer the six `PARTS` of its style map."""
        if style.embedding is None:
            raise ValueError("this model paints after the embedding of a text or of a picture, and none is given")
        grid = self.spread(style.embedding * self.scale)
        parts = {name: zip(PARTS, places(grid), strict=True) for name, places in self.places.items()}
        return {f"{name}.{part}": x for name, named in parts.items() for part, x in named}

    def forward(self, content: Features, prepared: Prepared, statistics: NormStatistics | None = None) -> Features:
        styled = {}
        for name, maps in self._running(content).items():
            joined = torch.cat([instance_norm(x, correction=1, statistics=statistics) for x in maps], 1)
            found = self.attend[name](joined, [prepared[f"{name}.{part}"] for part in PARTS], statistics)
            styled[name] = self.out[name](found)
        return styled

    def unstyled(self, content: Features) -> Features:
        """The content under its own statistics, with nothing looked up. Not published."""
        return {name: self.out[name](torch.cat(maps, 1)) for name, maps in self._running(content).items()}

    def _running(self, content: Features) -> dict[str, list[Tensor]]:
        """For each layer, its adapted map and those of the shallower ones, in its size."""
        running: dict[str, list[Tensor]] = {}
        maps: list[Tensor] = []
        for name, adapter in self.adapters.items():
            x = adapter(content[name])
            maps = [*(F.interpolate(m, size=x.shape[-2:]) for m in maps), x]
            running[name] = maps
        return running


class SelfAttention(nn.Module):
    """One vector on a grid, through BoTNet's attention (Srinivas et al., 2021, https://arxiv.org/abs/2101.11605).

    What comes out is z + value(z) everywhere. The rest is computed, because its rounding is part of what published
    weights give (1e-3 in single pixels), but not trained, because it has no gradient but rounding.

    Args:
        width: D of the vector.
        grid: side of the grid.
    """

    def __init__(self, width: int, grid: int) -> None:
        super().__init__()
        self.grid = grid
        self.query, self.key = (nn.Conv2d(width, width, 1).requires_grad_(False) for _ in range(2))
        self.value = nn.Conv2d(width, width, 1)
        self.rel_h = nn.Parameter(torch.randn(1, width, 1, grid), requires_grad=False)
        self.rel_w = nn.Parameter(torch.randn(1, width, grid, 1), requires_grad=False)

    def forward(self, z: Tensor) -> Tensor:
        """[B, D] -> [B, D, grid, grid]."""
        z = z[..., None, None].expand(-1, -1, self.grid, self.grid)
        query, key, value = (layer(z).flatten(2) for layer in (self.query, self.key, self.value))  # [B, D, K]
        energy = query.mT @ key + (self.rel_h + self.rel_w).flatten(2).mT @ query  # [B, K, K]
        return (value @ energy.softmax(-1).mT).view_as(z) + z


class StylePlaces(nn.Module):
    """One scale's style map: its statistics, and the keys and values of its places to first and second order.

    Args:
        style_width: D of the embedding.
        width: C of the map.
    """

    def __init__(self, style_width: int, width: int) -> None:
        super().__init__()
        self.map = nn.Sequential(
            nn.Conv2d(style_width, width, 3, padding=1), nn.ReLU(), nn.Conv2d(width, width, 3, padding=1)
        )
        self.key, self.value, self.join = (
            nn.ModuleList(nn.Conv2d(width, width, 1) for _ in range(2)) for _ in range(3)
        )

    def forward(self, grid: Tensor) -> list[Tensor]:
        """[B, D, h, w] -> mean and std [B, C, 1, 1], then key and value [B, C, K] of either order."""
        style = self.map(grid)
        mean, std = channel_stats(style, correction=1)
        plain = (style - mean) / std
        parts = [mean, std]
        for order, places in enumerate((plain, plain.square())):
            value = self.join[order](self.value[order](places))  # linear, and weights of attention sum to 1
            parts += [self.key[order](places).flatten(2), value.flatten(2)]
        return parts


class CrossAttention(nn.Module):
    """Adds to the content what its places find in the style map, to first and second order, in the map's colours.

    Args:
        width: C of the content and of the style map.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.query = nn.ModuleList(nn.Conv2d(width, width, 1) for _ in range(2))

    def forward(self, content: Tensor, parts: list[Tensor], statistics: NormStatistics | None = None) -> Tensor:
        """A map [B, C, h, w] and what `StylePlaces` gives -> [B, C, h, w]."""
        mean, std, *keys_values = parts
        content = instance_norm(content, correction=1, statistics=statistics)
        found = content
        pairs = zip(keys_values[::2], keys_values[1::2], strict=True)
        for query, (key, value) in zip(self.query, pairs, strict=True):
            energy = query(content).flatten(2).mT @ key  # [B, hw, K]; the published one is not scaled
            found = found + (value @ energy.softmax(-1).mT).view_as(content)
        return instance_norm(found, correction=1, statistics=statistics) * std + mean
