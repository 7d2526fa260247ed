"""No transfer at all, for a decoder that has learnt one style itself."""

from torch import nn

from txst.types import Encode, Features, NormStatistics, Prepared, Reads, Style


class Identity(nn.Module):
    """Leaves the content's features as they are: the style is in the decoder's weights.

    The fast form of Kwon and Ye, 2022 (CLIPstyler), https://arxiv.org/abs/2112.00374, by its code.
    """

    reads: frozenset[Reads] = frozenset({"fixed"})
    unstyled = None  # there is nothing to mix: strength blends pixels

    def prepare_style(self, style: Style, encode: Encode) -> Prepared:
        """Nothing."""
        return {}

    def forward(self, content: Features, prepared: Prepared, statistics: NormStatistics | None = None) -> Features:
        return content
