"""Normalising a part of a picture as the whole is: the statistics are recorded of the one and replayed for the other.

Whatever hands `Controls.statistics` on to `ops.channel_stats` and `ops.instance_norm` can be painted in tiles.
"""

from collections.abc import Callable, Iterable

from txst.types import Moments


class RecordStatistics:
    """Lets every map be normalised by its own moments, and keeps them in order."""

    def __init__(self) -> None:
        self.moments: list[Moments] = []

    def __call__(self, measure: Callable[[], Moments]) -> Moments:
        self.moments.append(measure())
        return self.moments[-1]


class ReplayStatistics:
    """Gives recorded moments in their order, once.

    Args:
        moments: of a picture that was painted in the same way.
    """

    def __init__(self, moments: Iterable[Moments]) -> None:
        self.left = iter(moments)

    def __call__(self, measure: Callable[[], Moments]) -> Moments:
        found = next(self.left, None)
        if found is None:
            raise ValueError(
                "fewer moments were recorded than there are normalisations: record with the same model and controls"
            )
        return found
