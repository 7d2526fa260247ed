"""Attention of the places of one map to those of another, in pieces that fit in memory."""

from collections.abc import Callable, Iterable, Sequence
from functools import reduce
from math import log

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from txst.layers.ops import at_least_float32, full_precision, instance_norm
from txst.layers.reflect import ReflectConv
from txst.types import Features, NormStatistics, Prepared

SCORES = 2**24  # that are in memory at once: 64 MiB in float32
LEAST_VARIANCE = 1e-8  # a root's gradient is infinite at 0
SHARE, MASKS = "share", "masks"  # names of what `side_by_side` and `by_place` prepare beside the places


def attend(query: Tensor, key: Tensor, value: Tensor, share: Tensor | None = None) -> Tensor:
    """For each query the mean of the values, weighted by the softmax of its products with the keys, which are not scaled.

    Args:
        query: [B, K, N].
        key: [B, K, M].
        value: [B, C, M].
        share: [B, 1, M], added to the scores: the logarithm of what each place counts; None: all count alike.

    Returns:
        [B, C, N].
    """
    at_once = max(1, SCORES // (len(query) * key.shape[2]))
    found = []
    for piece in query.split(at_once, dim=2):
        scores = piece.mT @ key  # [B, piece, M]
        weights = (scores if share is None else scores + share).softmax(-1)
        found.append(value @ weights.mT)
    return found[0] if len(found) == 1 else torch.cat(found, 2)


def attended_moments(query: Tensor, key: Tensor, value: Tensor, share: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Mean and deviation of the values as each query weighs them, [B, C, N] each in float32 or float64; see `attend`.

    Liu et al., 2021 (AdaAttN), https://arxiv.org/abs/2108.03647, eq. 4 and 5. Departs from it: the variance is of values
    less their mean, which rounds less, and has a floor, so that its root has a gradient everywhere.
    """
    query, key, value = (at_least_float32(x) for x in (query, key, value))
    with full_precision(value):
        centre = value.mean(2, keepdim=True)
        centred = value - centre
        mean, square = attend(query, key, torch.cat([centred, centred.square()], 1), share).chunk(2, 1)
    return mean + centre, (square - mean.square()).clamp_min(LEAST_VARIANCE).sqrt()


def joined_keys(
    features: Features, layers: Iterable[str], size: Sequence[int], statistics: NormStatistics | None = None
) -> Tensor:
    """What a place shows in several layers: their maps in one size, by nearest, each channel normalised.

    Liu et al., 2021 (AdaAttN), https://arxiv.org/abs/2108.03647, section 3.2.

    Args:
        features: maps [B, C, h', w'].
        layers: which of them.
        size: h and w.
        statistics: see `Controls`.

    Returns:
        [B, sum of C, h, w].
    """
    maps = (F.interpolate(features[name], size=tuple(size)) for name in layers)
    return torch.cat([instance_norm(x, correction=1, statistics=statistics) for x in maps], 1)


def draw_places(count: int, most: int, generator: torch.Generator | None = None) -> Tensor:
    """Numbers of `most` of so many places, in random order, or of all in their own order where there are no more.

    Args:
        count: of the places.
        most: that are wanted.
        generator: None draws from torch's global one.
    """
    return torch.arange(count) if count <= most else torch.randperm(count, generator=generator)[:most]


def same_places(count: int, most: int) -> Tensor:
    """`draw_places` by a seed that is always the same: one style picture is one style."""
    return draw_places(count, most, torch.Generator().manual_seed(0))


def side_by_side(styles: Sequence[Prepared], weights: Sequence[float]) -> Prepared:
    """Several styles as one: attention chooses among the places of all.

    Args:
        styles: each a map of name -> [B, C, M], of any M.
        weights: 0 or more, not all 0: how much of the attention a style has where all its places fit as well as the others'.

    Returns:
        The same names, the places behind one another, and under NAME.share what each of them counts, for `attend`.
    """
    mixed: Prepared = {}
    for name in styles[0]:
        maps = [style[name] for style in styles]
        mixed[name] = torch.cat(maps, 2)
        layer, _, kind = name.rpartition(".")
        if kind == "value":
            counts = [log(w / x.shape[2]) if w else -torch.inf for x, w in zip(maps, weights, strict=True)]
            shares = [x.new_full((len(x), 1, x.shape[2]), c) for x, c in zip(maps, counts, strict=True)]
            mixed[f"{layer}.{SHARE}"] = torch.cat(shares, 2)
    return mixed


def mixed_styles(styles: Sequence[Prepared], weights: Sequence[float] | Tensor) -> Prepared:
    """See `MixesStyles.mix_styles`."""
    return by_place(styles, weights) if isinstance(weights, Tensor) else side_by_side(styles, weights)


def by_place(styles: Sequence[Prepared], masks: Tensor) -> Prepared:
    """Several styles as one for an image: attention to each of them, mixed in its features as masks say; see `found_at`.

    Args:
        styles: R of them, each a map of name -> tensor; mixes, too.
        masks: what each counts at each pixel of the image as the model grows it, [B, R, H, W], 0 or more.

    Returns:
        The same names, with the number of their style before them, and the masks.
    """
    named = {f"{number}.{name}": x for number, style in enumerate(styles) for name, x in style.items()}
    return named | {MASKS: masks}


def found_at(
    prepared: Prepared, layer: str, size: Sequence[int], find: Callable[[Tensor, Tensor, Tensor | None], Tensor]
) -> Tensor:
    """What attention finds in a style; or in several by place, each by itself, mixed as their masks say.

    So grey mixes evenly, however much better one of the styles fits. Nothing is found where a mask is 0; where all are, all
    count alike.

    Args:
        prepared: a style, or what `by_place` gives.
        layer: whose places are looked at.
        size: h and w of the content's map, of which the image has whole multiples.
        find: key [B, K, M], value [B, C, M] and share of a style -> [B, C', h w].

    Returns:
        [B, C', h w].
    """
    if MASKS not in prepared:
        return find(*looked_at(prepared, layer))
    masks = F.adaptive_avg_pool2d(prepared[MASKS], (size[0], size[1])).flatten(2)[:, :, None]  # [B, R, 1, h w]
    total, count = masks.sum(1, keepdim=True), masks.shape[1]
    weights = torch.where(total > 0, masks / total, 1 / count).unbind(1)
    found = (find(*looked_at(prepared, f"{number}.{layer}")) for number in range(count))
    return reduce(torch.add, (w * x for w, x in zip(weights, found, strict=True)))


def looked_at(prepared: Prepared, layer: str) -> tuple[Tensor, Tensor, Tensor | None]:
    """Keys and values of a layer, and what each place counts, for `attend`; without keys the values are these."""
    value = prepared[f"{layer}.value"]
    return prepared.get(f"{layer}.key", value), value, prepared.get(f"{layer}.{SHARE}")


def chosen_widths(widths: dict[str, int], layers: Sequence[str] | None) -> dict[str, int]:
    """The widths of some of the layers, in their order; None: of all.

    Raises:
        ValueError: a layer has no width.
    """
    if unknown := set(layers or ()) - widths.keys():
        raise ValueError(f"no width is given of layer {min(unknown)!r}; there are {', '.join(widths)}")
    return {name: widths[name] for name in (widths if layers is None else layers)}


class MergeDeepest(nn.Module):
    """Puts the deepest map into the next finer one: grown by nearest, added, and convolved. The others stay as they are.

    Park and Lee, 2019 (SANet), https://arxiv.org/abs/1812.02342, eq. 4. Departs from it: where the two have
    different numbers of channels, a 1x1 convolution changes the deeper one's first.

    Args:
        widths: channels of the layers, shallow to deep; of a single one there is nothing to merge.
    """

    def __init__(self, widths: dict[str, int]) -> None:
        super().__init__()
        self.names = list(widths)[-2:]
        if len(self.names) == 2:
            fine, deep = (widths[name] for name in self.names)
            self.lift = nn.Identity() if fine == deep else nn.Conv2d(deep, fine, 1)
            self.conv = ReflectConv(fine, fine, 3)

    def forward(self, features: Features) -> Features:
        if len(self.names) < 2:
            return features
        fine, deep = (features[name] for name in self.names)
        grown = F.interpolate(self.lift(deep), size=fine.shape[-2:])
        return features | {self.names[0]: self.conv(fine + grown)}
