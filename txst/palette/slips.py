"""Slips of the pen: the known word that a misspelt one is meant to be."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Generic, TypeVar

from rapidfuzz.distance import OSA
from rapidfuzz.process import extract

T = TypeVar("T")

SHORTEST = 5  # letters of a word that may be a slip, and of what it is a slip of
SURE_OF_FIRST = 6  # letters up to which the first one must be right
SOUNDS = (("ph", "f"), ("ck", "k"), ("sch", "sh"), ("c", "k"), ("q", "k"), ("z", "s"), ("y", "i"), ("w", "v"))


class Slips(Generic[T]):
    """Finds the key that a word was meant to be.

    Slips are letters too many, missing, wrong, or swapped with their neighbour (optimal string alignment); words of one sound, and
    words of the same letters from the same first one, are one slip apart.

    Args:
        keys: word of lower-case letters -> what it means.
    """

    def __init__(self, keys: Mapping[str, T]) -> None:
        self.keys = {key: meaning for key, meaning in keys.items() if len(key) >= SHORTEST}
        self.written = list(self.keys)
        self.akin: dict[str, list[str]] = defaultdict(list)  # by their sound and by their letters
        for key in self.written:
            for mark in marks(key):
                self.akin[mark].append(key)

    def meant(self, word: str) -> tuple[int, list[T]]:
        """How many slips lie between a word and the nearest keys, and what those mean; none where it is too many."""
        most = allowed(word)
        if not most:
            return 0, []
        near = extract(word, self.written, scorer=OSA.distance, limit=None, score_cutoff=most)
        found = {key: int(count) for key, count, _ in near}
        found |= {key: min(1, found.get(key, 1)) for mark in marks(word) for key in self.akin.get(mark, ())}
        found = {key: count for key, count in found.items() if may_begin(word, key)}
        least = min(found.values(), default=0)
        return least, [self.keys[key] for key, count in found.items() if count == least]


def allowed(word: str) -> int:
    """Slips that a word of its length may hold."""
    return 0 if len(word) < SHORTEST else 1 if len(word) < 9 else 2 if len(word) < 13 else 3


def may_begin(word: str, key: str) -> bool:
    """Whether the first letters sound alike, or the words are so long that it does not matter."""
    return min(len(word), len(key)) > SURE_OF_FIRST or sound(word)[:1] == sound(key)[:1]


def marks(word: str) -> tuple[str, str]:
    """What words have in common that sound alike, and words with the same letters."""
    return sound(word), f"{word[0]} {''.join(sorted(word))}"


def sound(word: str) -> str:
    """What words that sound alike have in common."""
    for written, heard in SOUNDS:
        word = word.replace(written, heard)
    return re.sub(r"(.)\1+", r"\1", word)


def alike(word: str, names: Sequence[str]) -> bool:
    """Whether a word is one of some names, its initial, or such a name with a slip in every three letters and two at most."""
    most = min(2, len(word) // 3)
    return any(name.startswith(word) if len(word) == 1 else OSA.distance(word, name) <= most for name in names)
