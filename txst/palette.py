"""A palette: codes of real paintings, kept under names. A text picks one painting's code with a little of its neighbours'.

The mean of all of an artist's paintings is bland; one of them, typical and in colour, is not.
"""

import difflib
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from txst.looks import LOOKS
from txst.text import canonical, clean

Array = NDArray[np.float32]
CERTAINTY = 10.0  # merit that a cosine of 1 is worth


class Palette:
    """Text -> code.

    Args:
        codes: [N, D], unit length.
        names: of artists and of textures.
        movements: of painting.
        name: [N], index in `names`.
        movement: [N], index in `movements`, or -1.
        merit: [N], how well the painting stands for its name.
        blend: codes that are mixed: the chosen one and its nearest among those that it was chosen from.
        fits: (text, codes [n, D]) -> cosines [n] between what the text says and how a code looks; None knows names alone.
    """

    def __init__(
        self,
        codes: Array,
        names: list[str],
        movements: list[str],
        name: NDArray[np.int64],
        movement: NDArray[np.int64],
        merit: Array,
        blend: int = 3,
        fits: Callable[[str, Array], Array] | None = None,
    ) -> None:
        self.codes, self.names, self.movements = codes, names, movements
        self.name, self.movement, self.merit = name, movement, merit
        self.blend, self.fits = blend, fits

    def text(self, prompt: str, variation: int = 0) -> Array:
        """Text -> code [D], unit length.

        Args:
            prompt: an artist, a movement or a texture that the palette holds (case, accents and forms of
                the name do not count), words for how the picture shall look, or both.
            variation: 0 takes the painting that fits best, 1 the next, and so on, round and round.

        Raises:
            ValueError: nothing in the prompt is known; it names the nearest.
        """
        rows, fit = self.find(prompt)
        codes = self.codes[rows]
        chosen = codes[np.argsort(-fit, kind="stable")[variation % len(rows)]]
        near = codes @ chosen
        nearest = np.argsort(-near, kind="stable")[: self.blend]
        weights = np.exp((near[nearest] - near[nearest].max()) / 0.1)
        mixed = weights @ codes[nearest]
        return np.asarray(mixed / np.linalg.norm(mixed), np.float32)

    def find(self, prompt: str) -> tuple[NDArray[np.int64], Array]:
        """Indices [n] of the codes that a prompt may mean, and how well each fits, [n]."""
        name = canonical(prompt)
        rows = self.named(name)
        looks = self.fits is not None and any(f" {word} " in f" {clean(prompt)} " for word in known_looks())
        if rows is None and not looks:
            near = difflib.get_close_matches(name, [*self.names, *self.movements], 3, 0.4)
            hint = f"the nearest known: {', '.join(near)}" if near else self.some()
            raise ValueError(f"this model knows no style {prompt!r}; {hint}")
        if rows is None:
            rows = np.arange(len(self.codes))
        fit = self.merit[rows]
        if looks and self.fits is not None:
            fit = fit + CERTAINTY * self.fits(clean(prompt), self.codes[rows])
        return rows, fit

    def named(self, name: str) -> NDArray[np.int64] | None:
        for known, owner in ((self.names, self.name), (self.movements, self.movement)):
            if found := matching(name, known):
                return np.flatnonzero(owner == known.index(found))
        return None

    def some(self) -> str:
        words = f", and words like {', '.join(list(LOOKS)[:6])}" if self.fits else ""
        return f"known are {', '.join(self.names[:8])}, ...{words}"


def known_looks() -> set[str]:
    """The words for looks."""
    return {word for words in LOOKS.values() for word in words}


def matching(name: str, known: list[str]) -> str | None:
    """The known name that is meant: itself, one that the text contains, the only one with that surname, or a slip of the pen."""
    if name in known:
        return name
    inside = [k for k in known if f" {k} " in f" {name} "]
    if inside:
        return max(inside, key=len)
    last = [k for k in known if len(k.split()[-1]) > 3 and f" {k.split()[-1]} " in f" {name} "]
    if len(last) == 1:
        return last[0]
    return next(iter(difflib.get_close_matches(name, known, 1, 0.85)), None)
