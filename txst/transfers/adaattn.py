"""AdaAttN: every place of a picture gets the mean and the deviation of what it attends to in the style.

Liu et al., ICCV 2021, https://arxiv.org/abs/2108.03647.
"""

from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from txst.layers.attention import (
    MergeDeepest,
    attended_moments,
    chosen_widths,
    found_at,
    joined_keys,
    mixed_styles,
    same_places,
)
from txst.layers.ops import instance_norm
from txst.transfers.adain import style_features
from txst.types import Encode, Features, NormStatistics, Prepared, Reads, Style


class AdaAttN(nn.Module):
    """Adaptive attention normalisation in several layers, whose keys see all shallower ones; the two deepest are merged.

    Departs from it: a floor under the variance, see `attended_moments`. The published code draws places of the style in its
    finest styled layer alone; here in all. Up to a style picture of 512 pixels that is the same.

    Args:
        widths: channels of the encoder's layers.
        layers: those that are styled, shallow to deep; None: all. Published: relu3_1, relu4_1 and relu5_1 of VGG-19.
        keys: those that keys are made of, shallow to deep: for each layer the ones up to itself; None: `layers`. Published:
            relu1_1 and relu2_1 beside them.
        places: of a style's map, so many are looked at, at most; always the same ones. Published: 64 x 64.
    """

    reads: frozenset[Reads] = frozenset({"image"})
    unstyled = None
    mix_styles = staticmethod(mixed_styles)

    def __init__(
        self, widths: dict[str, int], layers: list[str] | None = None, keys: list[str] | None = None, places: int = 4096
    ) -> None:
        super().__init__()
        styled = chosen_widths(widths, layers)
        seen = chosen_widths(widths, layers if keys is None else keys)
        if missing := styled.keys() - seen.keys():
            raise ValueError(f"keys lacks {min(missing)!r}: it lists the styled layers and others before them")
        self.keys = list(seen)
        self.places = places
        self.attend = nn.ModuleDict(
            {name: AdaptiveAttention(w, sum(seen[key] for key in self.seen_by(name))) for name, w in styled.items()}
        )
        self.merge = MergeDeepest(styled)

    def seen_by(self, name: str) -> list[str]:
        """The layers that a layer's keys are made of."""
        return self.keys[: self.keys.index(name) + 1]

    def prepare_style(self, style: Style, encode: Encode) -> Prepared:
        """For each styled layer `key` [B, K, M] and `value` [B, C, M]."""
        features = style_features(style, encode)
        prepared = {}
        attention: Any
        for name, attention in self.attend.items():
            x = features[name]
            kept = same_places(x.shape[2] * x.shape[3], self.places).to(x.device)
            keys = joined_keys(features, self.seen_by(name), x.shape[-2:])
            prepared[f"{name}.key"] = attention.key(keys).flatten(2)[..., kept]
            prepared[f"{name}.value"] = attention.value(x).flatten(2)[..., kept]
        return prepared

    def forward(self, content: Features, prepared: Prepared, statistics: NormStatistics | None = None) -> Features:
        styled = {}
        attention: Any
        for name, attention in self.attend.items():
            x = content[name]
            query = attention.query(joined_keys(content, self.seen_by(name), x.shape[-2:], statistics)).flatten(2)
            moments = found_at(prepared, name, x.shape[-2:], partial(joined_moments, query))
            mean, std = moments.to(x.dtype).unflatten(2, x.shape[-2:]).chunk(2, 1)
            styled[name] = std * instance_norm(x, correction=1, statistics=statistics) + mean
        return self.merge(styled)


def joined_moments(query: Tensor, key: Tensor, value: Tensor, share: Tensor | None) -> Tensor:
    """`attended_moments` as one, [B, 2 C, N]."""
    return torch.cat(attended_moments(query, key, value, share), 1)


class AdaptiveAttention(nn.Module):
    """The three 1x1 convolutions of a layer: of the content's keys, of the style's, and of the style's values.

    Args:
        width: C of the layer.
        keys: K, channels of the layers joined.
    """

    def __init__(self, width: int, keys: int) -> None:
        super().__init__()
        self.query, self.key = nn.Conv2d(keys, keys, 1), nn.Conv2d(keys, keys, 1)
        self.value = nn.Conv2d(width, width, 1)
