"""SANet: every place of a picture looks for what the style says about it.

Park and Lee, CVPR 2019, https://arxiv.org/abs/1812.02342.
"""

from functools import partial
from typing import Any

from torch import Tensor, nn

from txst.layers.attention import MergeDeepest, attend, chosen_widths, found_at, mixed_styles, same_places
from txst.layers.ops import instance_norm
from txst.transfers.adain import style_features
from txst.types import Encode, Features, NormStatistics, Prepared, Reads, Style


class SANet(nn.Module):
    """Adds to the content what attention finds for it in the style, layer by layer; the two deepest layers are merged.

    Departs from it: there may be more layers than two, and a large style picture is looked at in some of its places.

    Args:
        widths: channels of the encoder's layers.
        layers: those that take part, shallow to deep; None: all. Published: relu4_1 and relu5_1 of VGG-19, of which the
            decoder reads relu4_1, with relu5_1 merged in.
        places: of a style's map, so many are looked at, at most; always the same ones. Published: all.
    """

    reads: frozenset[Reads] = frozenset({"image"})
    mix_styles = staticmethod(mixed_styles)

    def __init__(self, widths: dict[str, int], layers: list[str] | None = None, places: int = 4096) -> None:
        super().__init__()
        chosen = chosen_widths(widths, layers)
        self.places = places
        self.attend = nn.ModuleDict({name: StyleAttention(width) for name, width in chosen.items()})
        self.merge = MergeDeepest(chosen)

    def prepare_style(self, style: Style, encode: Encode) -> Prepared:
        """For each layer `key` and `value` [B, C, M]."""
        return self.look(style_features(style, encode))

    def look(self, features: Features) -> Prepared:
        """The same of the features of a style picture."""
        prepared = {}
        attention: Any
        for name, attention in self.attend.items():
            key, value = attention.look(features[name])
            kept = same_places(key.shape[2], self.places).to(key.device)
            prepared[f"{name}.key"], prepared[f"{name}.value"] = key[..., kept], value[..., kept]
        return prepared

    def forward(self, content: Features, prepared: Prepared, statistics: NormStatistics | None = None) -> Features:
        found = {name: block(content[name], prepared, name, statistics) for name, block in self.attend.items()}
        return self.merge({name: content[name] + x for name, x in found.items()})

    def unstyled(self, content: Features) -> Features:
        """The content after itself, which the identity losses teach it to redraw: the paper's trade-off of content and style."""
        return self(content, self.look(content))


class StyleAttention(nn.Module):
    """Queries of the normalised content, keys of the normalised style, values of the style as it is.

    Args:
        width: C of both maps.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.query, self.key, self.value, self.out = (nn.Conv2d(width, width, 1) for _ in range(4))

    def look(self, style: Tensor) -> tuple[Tensor, Tensor]:
        """Style map [B, C, h, w] -> its keys and values, [B, C, hw] each."""
        return self.key(instance_norm(style, correction=1)).flatten(2), self.value(style).flatten(2)

    def forward(
        self, content: Tensor, prepared: Prepared, layer: str, statistics: NormStatistics | None = None
    ) -> Tensor:
        """What is found, [B, C, h, w] like the content; see `attend`. The published scores are not scaled."""
        query = self.query(instance_norm(content, correction=1, statistics=statistics)).flatten(2)
        found = found_at(prepared, layer, content.shape[-2:], partial(attend, query))
        return self.out(found.unflatten(2, content.shape[-2:]))
