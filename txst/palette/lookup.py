"""A palette: codes of real paintings, kept under names. A text picks one painting's code with a little of its neighbours'.

The mean of all of an artist's paintings is bland; one of them, typical and in colour, is not.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from txst.data.names import tidy
from txst.palette.looks import LOOKS
from txst.palette.spelling import meant, nearest

Array = NDArray[np.float32]
CERTAINTY = 10.0  # score that a cosine of 1 is worth


class Palette:
    """Text -> code.

    Args:
        codes: [N, D], unit length.
        names: of artists and of textures.
        movements: of painting.
        name: [N], index in `names`.
        movement: [N], index in `movements`, or -1.
        score: [N], how well the painting stands for its name.
        textures: those of the names that are no artist's.
        blend: codes that are mixed: the chosen one and its nearest among those that it was chosen from.
        fits: (text, codes [n, D]) -> cosines [n] between what the text says and how a code looks; None knows names alone.
    """

    def __init__(
        self,
        codes: Array,
        names: Sequence[str],
        movements: Sequence[str],
        name: NDArray[np.int64],
        movement: NDArray[np.int64],
        score: Array,
        textures: Sequence[str] = (),
        blend: int = 3,
        fits: Callable[[str, Array], Array] | None = None,
    ) -> None:
        fits_names = len(codes) == len(score) == len(name) == len(movement) > 0 and codes.ndim == 2
        if not fits_names or not within(name, 0, names) or not within(movement, -1, movements):
            raise ValueError(f"{len(codes)} codes do not fit the palette's {len(names)} names")
        self.codes, self.names, self.movements = codes, list(names), list(movements)
        self.name, self.movement, self.score = name, movement, score
        self.textures, self.blend, self.fits = list(textures), blend, fits
        self.taught: dict[str, Array] = {}  # names that a user added -> codes [n, D]

    def text(self, prompt: str, variation: int = 0, anyway: bool = False) -> Array:
        """Text -> code [D], unit length.

        Args:
            prompt: an artist, a movement or a texture that the palette holds, in one of the spellings that
                `vocabulary.meant` knows; words for how the picture shall look; or both.
            variation: 0 takes the painting that fits best, 1 the next, and so on, round and round.
            anyway: take the best of all where nothing in the prompt is known.

        Raises:
            ValueError: nothing in the prompt is known, or a name in it is several painters'; it says which are near.
        """
        codes, fit = self.find(prompt, anyway)
        chosen = codes[np.argsort(-fit, kind="stable")[variation % len(codes)]]
        near = codes @ chosen
        among = np.argsort(-near, kind="stable")[: self.blend]
        weights = np.exp((near[among] - near[among].max()) / 0.1)
        mixed = weights @ codes[among]
        return np.asarray(mixed / np.linalg.norm(mixed), np.float32)

    def find(self, prompt: str, anyway: bool = False) -> tuple[Array, Array]:
        """The codes [n, D] that a prompt may mean, and how well each fits, [n]."""
        name = self.named(prompt)
        looks = self.fits is not None and bool(looks_in(prompt))
        if name is None and not looks and not anyway:
            near = nearest(prompt, self.known)
            how, near = ("in spelling", near) if near else ("as it reads them", self.alike(prompt))
            raise ValueError(
                f"this model knows no style {prompt!r}; the nearest {how}: {', '.join(near)}. "
                "To paint in the nearest style, say so (--nearest; `txst styles` lists all styles; for any text: `txst fetch clip` and "
                "a model trained with CLIP, --model)"
            )
        codes, fit = self.under(name) if name else (self.codes, self.score)
        if self.fits is not None and (looks or name is None):
            fit = fit + CERTAINTY * self.fits(tidy(prompt), codes)
        return codes, fit

    def alike(self, prompt: str, count: int = 3) -> list[str]:
        """The names of the codes that a text is painted by anyway, the first ones first."""
        _, fit = self.find(prompt, anyway=True)
        return list(dict.fromkeys(self.names[self.name[row]] for row in np.argsort(-fit, kind="stable")))[:count]

    def add(self, name: str, codes: Array) -> None:
        """Takes up a name with codes [n, D], in place of those that it had."""
        width = self.codes.shape[1]
        if codes.ndim != 2 or not len(codes) or codes.shape[1] != width or not np.isfinite(codes).all():
            raise ValueError(f"codes {codes.shape} where this model has [n, {width}], finite")
        sizes = np.linalg.norm(codes, axis=1, keepdims=True).clip(1e-6)
        self.taught[name] = np.asarray(codes / sizes, np.float32)

    @property
    def known(self) -> list[str]:
        return [*self.taught, *self.names, *self.movements]

    def named(self, prompt: str) -> str | None:
        """The name or movement that is meant.

        Raises:
            ValueError: it may be several.
        """
        found = meant(prompt, self.known)
        if len(found) > 1:
            raise ValueError(f"{prompt!r} may be {' or '.join(found)}: say which")
        return found[0] if found else None

    def under(self, known: str) -> tuple[Array, Array]:
        """The codes under a name or a movement, and their scores; of those taught the most like the others has the most."""
        if known in self.taught:
            codes = self.taught[known]
            return codes, codes @ codes.mean(0)
        owner, kind = (self.name, self.names) if known in self.names else (self.movement, self.movements)
        rows = np.flatnonzero(owner == kind.index(known))
        return self.codes[rows], self.score[rows]

    def counts(self) -> dict[str, int]:
        """Every name and movement -> its number of codes."""
        found = Counter(self.names[i] for i in self.name)
        found |= Counter(self.movements[i] for i in self.movement if i >= 0)
        return found | {name: len(codes) for name, codes in self.taught.items()}


def within(index: NDArray[np.int64], least: int, names: Sequence[str]) -> bool:
    return least <= index.min() and index.max() < len(names)


def mixed(codes: Sequence[Any], weights: Sequence[float]) -> Any:
    """Codes between others on their sphere, as arrays or tensors [B, D].

    Args:
        codes: n of them.
        weights: n, not negative; those of weight 0 play no part.
    """
    pairs = [(code, weight) for code, weight in zip(codes, weights, strict=True) if weight]
    if len(pairs) == 1:
        return pairs[0][0]
    whole = sum(weight for _, weight in pairs)
    middle = sum(code * (weight / whole) for code, weight in pairs)
    length = sum(size(code) * (weight / whole) for code, weight in pairs)  # 1, but for published networks
    if (size(middle) < 1e-3 * length).any():
        raise ValueError("these styles are opposites: nothing lies between them")
    return middle * (length / size(middle))


def size(codes: Any) -> Any:
    """Lengths [B, 1] of [B, D]."""
    return (codes**2).sum(-1)[..., None] ** 0.5


def looks_in(prompt: str) -> list[str]:
    """The words for looks that a prompt holds."""
    text = f" {tidy(prompt).replace(',', ' ')} "
    return [word for words in LOOKS.values() for word in words if f" {word} " in text]
