"""What words mean for a style that no table has: a small text tower that learnt from a sentence encoder."""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import safe_open

from txst.palette.spelling import fold
from txst.palette.tables import Term

Array = NDArray[np.float32]
FILE = Path(__file__).with_name("meaning.safetensors")  # made by scripts/train_meaning.py
GROUPS = (3, 4, 5)  # letters of the pieces of words


@dataclass(frozen=True)
class Guess:
    """A term that a text may mean, and how sure that is: the share of right ones among held-out phrases of this score."""

    term: Term
    score: float


def features(text: str, rows: int) -> Iterator[tuple[int, float]]:
    """The rows of the table of embeddings that a text has, and the weight of each, 1 in all.

    Words, pairs of words, and groups of letters, by a hash (Bojanowski et al., 2017, https://arxiv.org/abs/1607.04606).
    """
    words = fold(text).split()
    parts = [list(pieces(word)) for word in words] + [[f"{one} {other}"] for one, other in pairwise(words)]
    for part in parts:
        yield from ((zlib.crc32(piece.encode()) % rows, 1 / len(part) / len(parts)) for piece in part)


def pieces(word: str) -> Iterator[str]:
    """A word, and its groups of letters with the marks of its ends."""
    marked = f"<{word}>"
    yield marked
    yield marked  # it counts twice
    yield from (marked[at : at + size] for size in GROUPS for at in range(len(marked) - size + 1) if size < len(marked))


class Meaning:
    """Finds the terms that a text may mean.

    Args:
        file: of the tower, its terms, and from which score on it is sure.
    """

    def __init__(self, file: Path = FILE) -> None:
        with safe_open(file, "np") as opened:
            facts = opened.metadata()
            self.tensors = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118
        self.terms = [Term(*name.split(":", 1)) for name in facts["terms"].split("|")]
        self.sure = float(facts["sure"])

    def score(self, text: str) -> Array:
        """How likely it is each of the terms that is meant, and last, that none is, [K + 1]; 1 in all."""
        table, scale = self.tensors["table"], self.tensors["scale"]
        read = list(features(text, len(table)))
        rows, weights = [row for row, _ in read], np.array([weight for _, weight in read], np.float32)
        mean = (weights * scale[rows].astype(np.float32)) @ table[rows].astype(np.float32)
        meaning = np.maximum(self.layer("layer", mean), 0)
        likely = np.exp((scores := self.layer("terms", meaning)) - scores.max())
        return np.asarray(likely / likely.sum(), np.float32)

    def layer(self, name: str, x: Array) -> Array:
        weight, bias = (self.tensors[f"{name}.{part}"].astype(np.float32) for part in ("weight", "bias"))
        return np.asarray(weight @ x + bias)

    def guesses(self, text: str) -> list[Guess]:
        """The terms that a text may mean, the likeliest first; none of a text without a word."""
        if not fold(text):
            return []
        scores = self.score(text)[:-1]
        return [Guess(self.terms[at], float(scores[at])) for at in np.argsort(-scores, kind="stable")]


@cache
def tower() -> Meaning:
    """The one of the package."""
    return Meaning()


@lru_cache(1024)
def guesses(text: str) -> list[Guess]:
    """What a text may mean, by the tower of the package; nothing where none was trained."""
    return tower().guesses(text) if FILE.is_file() else []
