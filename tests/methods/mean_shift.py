"""A transfer in one file: gives each channel the style's mean, and no more."""

from torch import Tensor, nn

from txst.layers.ops import channel_stats
from txst.types import Encode, Features, NormStatistics, Prepared, Reads, Style


class MeanShift(nn.Module):
    """Moves every channel to the style picture's mean.

    Args:
        widths: channels of the encoder's layers that take part, shallow to deep.
    """

    reads: frozenset[Reads] = frozenset({"image"})

    def __init__(self, widths: dict[str, int]) -> None:
        super().__init__()
        self.gains = nn.ModuleDict({name: nn.Conv2d(width, width, 1, groups=width) for name, width in widths.items()})

    def prepare_style(self, style: Style, encode: Encode) -> Prepared:
        if style.image is None:
            raise ValueError("MeanShift wants a style picture")
        features = style.features or encode(style.image)
        return {name: channel_stats(features[name])[0] for name in self.gains}

    def forward(self, content: Features, prepared: Prepared, statistics: NormStatistics | None = None) -> Features:
        return {
            name: self.shifted(gain(content[name]), prepared[name], statistics) for name, gain in self.gains.items()
        }

    def shifted(self, x: Tensor, mean: Tensor, statistics: NormStatistics | None) -> Tensor:
        return x - channel_stats(x, statistics=statistics)[0] + mean

    def unstyled(self, content: Features) -> Features:
        return content
