"""Values of pairs -> figures with intervals, of all and of parts."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass
class Figure:
    """A mean with its interval. A metric of a whole set has no interval."""

    value: float
    n: int
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Bootstrap:
    """How intervals are found (Efron, 1979; the percentile interval).

    Pictures in the style of one artist are alike, so artists are drawn with all their pairs, not pairs.
    Within one artist pairs are.

    Args:
        rounds: so many draws.
        level: share of the draws within the interval.
        seed: of the draws.
    """

    rounds: int = 2000
    level: float = 0.95
    seed: int = 0

    def figure(self, values: NDArray[np.float64], clusters: Sequence[str]) -> Figure:
        """The mean of values [N]; those that are NaN do not count.

        Args:
            values: one for each pair.
            clusters: what is drawn together, one name for each pair.
        """
        counts = np.isfinite(values)
        n = int(counts.sum())
        if not n:
            return Figure(float("nan"), 0)
        names, number = np.unique(np.asarray(clusters)[counts], return_inverse=True)
        kept = values[counts]
        if len(names) == 1:
            names, number = np.arange(n).astype(str), np.arange(n)
        sums, sizes = np.bincount(number, kept), np.bincount(number)
        if len(names) == 1:
            return Figure(float(kept.mean()), n)
        drawn = np.random.default_rng(self.seed).integers(len(names), size=(self.rounds, len(names)))
        means = sums[drawn].sum(1) / sizes[drawn].sum(1)
        low, high = np.quantile(means, [(1 - self.level) / 2, (1 + self.level) / 2])
        return Figure(float(kept.mean()), n, float(low), float(high))


def slices(
    values: NDArray[np.float64], kinds: Sequence[str], artists: Sequence[str], bootstrap: Bootstrap
) -> dict[str, dict[str, Figure]]:
    """The same by kind of photo and by artist."""
    found: dict[str, dict[str, Figure]] = {"kind": {}, "artist": {}}
    for part, names in (("kind", kinds), ("artist", artists)):
        for name in sorted(set(names)):
            inside = np.asarray([n == name for n in names])
            own = [artist for artist, yes in zip(artists, inside, strict=True) if yes]
            found[part][name] = bootstrap.figure(values[inside], own)
    return found
