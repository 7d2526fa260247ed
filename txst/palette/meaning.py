"""What words mean for a style that no table has: by what the sayings of each term mean, as a table of pieces of words tells it.

The table was distilled from a sentence encoder (`train_meaning`). A text means the sum of its pieces, as in Arora et al., 2017
(https://openreview.net/forum?id=SyK00v5xx); a term is as likely as its sayings are near (Goldberger et al., 2004, Neighbourhood components analysis).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import safe_open

from txst.palette.sayings import NOTHING, sayings
from txst.palette.tables import Term
from txst.palette.word_pieces import WordPieces

Array = NDArray[np.float64]
FILE = Path(__file__).with_name("meaning.safetensors")  # made by scripts/train_meaning.py
SPREAD = 0.1  # cosine over which a saying's weight falls by e


@dataclass(frozen=True)
class Guess:
    """A term that a text may mean, and how sure that is: the geometric mean of how likely it is among all, and against nothing alone."""

    term: Term
    score: float


class Meaning:
    """Finds the terms that a text may mean.

    Args:
        file: of the table of pieces, and from which score on a guess is sure.
        said: term -> what says it; `NOTHING` among them (default: `sayings`).
    """

    def __init__(self, file: Path = FILE, said: dict[Term, list[str]] | None = None) -> None:
        with safe_open(file, "np") as opened:
            self.sure = float(opened.metadata()["sure"])
            self.table, self.scale = opened.get_tensor("table"), opened.get_tensor("scale")
            self.pieces = WordPieces(bytes(opened.get_tensor("pieces")).decode().split("\n"))
        self.said = sayings() if said is None else said
        self.terms = [term for term in self.said if term != NOTHING]

    def embed(self, texts: Sequence[str]) -> Array:
        """Texts -> [N, D], unit length; 0 for those without a known word."""
        return np.stack([self.embedding(text) for text in texts])

    def embedding(self, text: str) -> Array:
        rows = self.pieces(text)
        whole = self.scale[rows].astype(np.float64) @ self.table[rows].astype(np.float64)
        return np.asarray(whole / max(float(np.linalg.norm(whole)), 1e-9))

    @cached_property
    def known(self) -> tuple[Array, NDArray[np.bool_]]:
        """The embeddings of all sayings [S, D], and which is whose, [S, K + 1], nothing last."""
        owners = [*self.terms, NOTHING]
        whose = np.repeat(np.eye(len(owners), dtype=np.bool_), [len(self.said[term]) for term in owners], axis=0)
        return self.embed([text for term in owners for text in self.said[term]]), whose

    def score(self, text: str) -> Array:
        """How likely it is each of the terms that is meant, and last, that none is, [K + 1]; 1 in all."""
        embeddings, whose = self.known
        near = np.exp(embeddings @ self.embedding(text) / SPREAD) @ whose
        return np.asarray(near / near.sum())

    def guesses(self, text: str) -> list[Guess]:
        """The terms that a text may mean, the likeliest first; none of a text without a known word."""
        if not self.pieces(text):
            return []
        *likely, none = self.score(text)
        sure = np.array(likely) / np.sqrt(
            np.array(likely) + none
        )  # a text between two terms says more than one near nothing
        return [Guess(self.terms[at], float(sure[at])) for at in np.argsort(-sure, kind="stable")]


@cache
def meaning() -> Meaning:
    """The one of the package."""
    return Meaning()


@lru_cache(1024)
def guesses(text: str) -> list[Guess]:
    """What a text may mean, by the table of the package."""
    return meaning().guesses(text)
