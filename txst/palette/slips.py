"""Slips of the pen: the known word that a misspelt one is meant to be."""

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")

SHORTEST = 5  # letters of a word that may be a slip
SURE_OF_FIRST = 6  # letters up to which the first one must be right
SOUNDS = (("ph", "f"), ("ck", "k"), ("sch", "sh"), ("c", "k"), ("q", "k"), ("z", "s"), ("y", "i"), ("w", "v"))


class Slips(Generic[T]):
    """Finds the key that a word was meant to be.

    Args:
        keys: word of lower-case letters -> what it means.
    """

    def __init__(self, keys: Mapping[str, T]) -> None:
        self.keys = {key: meaning for key, meaning in keys.items() if len(key) >= SHORTEST - 1}
        self.by_sound: dict[str, list[str]] = defaultdict(list)
        self.by_pair: dict[str, list[str]] = defaultdict(list)
        for key in self.keys:
            self.by_sound[sound(key)].append(key)
            for pair in pairs(key):
                self.by_pair[pair].append(key)

    def meant(self, word: str) -> tuple[int, list[T]]:
        """How many slips lie between a word and the nearest keys, and what those mean; none where it is too many."""
        most = allowed(word)
        if not most:
            return 0, []
        shared = Counter(key for pair in pairs(word) for key in self.by_pair[pair])
        near = [key for key, count in shared.items() if count >= len(word) - 1 - 3 * most and self.may_be(word, key)]
        near += self.by_sound[sound(word)]
        found = {key: slips(word, key) for key in dict.fromkeys(near) if not wrong_begin(word, key)}
        least = min(found.values(), default=most + 1)
        return (least, [self.keys[key] for key, count in found.items() if count == least]) if least <= most else (0, [])

    def may_be(self, word: str, key: str) -> bool:
        return abs(len(word) - len(key)) <= allowed(word)


def allowed(word: str) -> int:
    """Slips that a word of its length may hold."""
    return 0 if len(word) < SHORTEST else 1 if len(word) < 9 else 2 if len(word) < 13 else 3


def wrong_begin(word: str, key: str) -> bool:
    return min(len(word), len(key)) <= SURE_OF_FIRST and sound(word)[:1] != sound(key)[:1]


def pairs(word: str) -> set[str]:
    """Letters side by side."""
    return {word[i : i + 2] for i in range(len(word) - 1)}


def sound(word: str) -> str:
    """What words that sound alike have in common."""
    for written, heard in SOUNDS:
        word = word.replace(written, heard)
    return re.sub(r"(.)\1+", r"\1", word)


def slips(word: str, key: str) -> int:
    """Letters too many, missing, wrong, or swapped with their neighbour (optimal string alignment).

    Departs from it: words of one sound, or of the same letters from the same first one, are one slip apart.
    """
    if word != key and (sound(word) == sound(key) or (word[:1] == key[:1] and sorted(word) == sorted(key))):
        return 1
    before, row = [0] * (len(key) + 1), list(range(len(key) + 1))
    for i, a in enumerate(word, 1):
        before, last, row = row, before, [i]
        for j, b in enumerate(key, 1):
            row.append(min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b)))
            if i > 1 and j > 1 and a == key[j - 2] and b == word[i - 2]:
                row[j] = min(row[j], last[j - 2] + 1)
    return row[-1]


def alike(word: str, names: Sequence[str], most: int = 2) -> bool:
    """Whether a word is one of some names, its initial, or such a name with few slips."""
    return any(
        word == name[: len(word)] if len(word) == 1 else slips(word, name) <= min(most, len(word) // 3)
        for name in names
    )
