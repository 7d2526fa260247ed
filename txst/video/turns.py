"""How a movie's frames are turned when they are shown: the display matrix of ISO/IEC 14496-12, as pixels and back."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from txst.images import Pixels


class Turn(NamedTuple):
    """From frames as they are stored to frames as they are seen: rows and columns change places, then they are mirrored.

    Args:
        swaps: whether rows become columns.
        across: whether left and right change places.
        down: whether top and bottom do.
    """

    swaps: bool = False
    across: bool = False
    down: bool = False

    @classmethod
    def of(cls, matrix: Sequence[int]) -> "Turn":
        """Of a display matrix, of which multiples of quarter turns and mirrors are known; the nearest of these.

        Args:
            matrix: 9 numbers a b u c d v x y w: x' = ax + cy, y' = bx + dy.
        """
        a, b, _, c, d = (int(number) for number in matrix[:5])
        swaps = abs(b) > abs(a)
        return cls(swaps, (c if swaps else a) < 0, (b if swaps else d) < 0)

    def upright(self, stored: Pixels) -> Pixels:
        """[h, w, C] as it is seen."""
        seen = np.swapaxes(stored, 0, 1) if self.swaps else stored
        return np.ascontiguousarray(self.mirrored(seen))

    def stored(self, seen: Pixels) -> Pixels:
        """The inverse."""
        plain = self.mirrored(seen)
        return np.ascontiguousarray(np.swapaxes(plain, 0, 1) if self.swaps else plain)

    def mirrored(self, pixels: Pixels) -> Pixels:
        return pixels[:: -1 if self.down else 1, :: -1 if self.across else 1]

    def size(self, width: int, height: int) -> tuple[int, int]:
        """Width and height after the turn, or before it."""
        return (height, width) if self.swaps else (width, height)
