"""Histogram-matched instance normalisation, by a definition of our own.

The name is that of Peng and Zhu, 2019, "Enhanced style transfer in real-time with histogram-matched instance normalization"
(HPCC/SmartCity/DSS, pp. 2001-2006), whose text could not be had. What is here need not be what they do.
"""

import torch
from torch import Tensor, nn

from txst.layers.ops import at_least_float32, channel_stats
from txst.layers.quantiles import match_quantiles, quantiles
from txst.transfers.adain import style_features
from txst.types import Encode, Features, Moments, NormStatistics, Prepared, Reads, Style

TIED = 1e-4  # deviations; 256 quantiles of a normal distribution lie 100 times as far apart


class HMIN(nn.Module):
    """Normalises each channel, takes its quantiles to the style's, and gives it the style's mean and deviation.

    With points = 1 nearly all is AdaIN (the map shifts by a median); with as many as there are places it is EFDM; between
    them lies a smooth blend.

    Args:
        layers: to do it in.
        points: quantiles of the map.
        slope: whether the gradient for the content goes by the map's own slope; else straight through.
    """

    reads: frozenset[Reads] = frozenset({"image"})

    def __init__(self, layers: list[str], points: int = 256, slope: bool = False) -> None:
        super().__init__()
        if points < 1:
            raise ValueError(f"points={points}: the map wants 1 quantile at least; 256 is usual")
        self.layers, self.points, self.slope = layers, points, slope

    def prepare_style(self, style: Style, encode: Encode) -> Prepared:
        """Mean, deviation and normalised quantiles of each channel of each layer: [B, C, 1], [B, C, 1], [B, C, K]."""
        features = style_features(style, encode)
        prepared = {}
        for name in self.layers:
            moments, found = self.described(features[name])
            prepared[f"{name}.mean"], prepared[f"{name}.std"] = moments.chunk(2, -1)
            prepared[f"{name}.quantiles"] = found
        return prepared

    def described(self, x: Tensor) -> Moments:
        """Mean and deviation [B, C, 2] of a map's channels, and their quantiles [B, C, K] in deviations from the mean."""
        mean, std = (moment.flatten(2) for moment in channel_stats(at_least_float32(x)))
        normed = (at_least_float32(x).flatten(2) - mean) / std
        return torch.cat([mean, std], -1), quantiles(normed, self.points)

    def forward(self, content: Features, prepared: Prepared, statistics: NormStatistics | None = None) -> Features:
        return {name: self.matched(content[name], prepared, name, statistics) for name in self.layers}

    def matched(self, x: Tensor, prepared: Prepared, name: str, statistics: NormStatistics | None) -> Tensor:
        """One layer's map, of x's shape and dtype."""

        def measure() -> Moments:
            return self.described(x.detach())

        moments, source = measure() if statistics is None else statistics(measure)
        mean, std = moments.chunk(2, -1)
        normed = (at_least_float32(x if self.slope else x.detach()).flatten(2) - mean) / std
        found = match_quantiles(normed, source, prepared[f"{name}.quantiles"], TIED)
        styled = (found * prepared[f"{name}.std"] + prepared[f"{name}.mean"]).view_as(x).to(x.dtype)
        return styled if self.slope else styled + (x - x.detach())

    def unstyled(self, content: Features) -> Features:
        return content
