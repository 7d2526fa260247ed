"""Spellings of names: what they have in common, and which are near."""

import re
import unicodedata
from collections.abc import Sequence
from functools import cache

from rapidfuzz.distance import OSA
from rapidfuzz.process import extract

from txst.data.names import aliases

LETTERS = str.maketrans({"ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"})
PARTICLES = {"van", "von", "de", "der", "den", "del", "della", "di", "da", "du", "la", "le", "el", "ter", "ten"}
# Likeness of a name that is offered: 1 less the letters left out, put in, changed or swapped with their neighbours, in the length
# of the longer word. One in three; "rembrandt" has 0.44 of "morland".
NEAR = 0.65


def fold(text: str) -> str:
    """What spellings have in common: no case, no accents, one umlaut ("Dürer", "Duerer"), one ending ("cubist", "Cubism")."""
    text = text.casefold().translate(LETTERS)
    text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    text = re.sub(r"is(t|tic|ts)\b", "ism", re.sub(r"[^\w]+|_", " ", text))
    return umlauts(" ".join(text.split()))


def umlauts(text: str) -> str:
    return re.sub(r"([aou])e", r"\1", text)


def joined(text: str) -> str:
    """A folded text as one word."""
    return umlauts(text.replace(" ", ""))


def surname(name: str) -> str:
    """Of a painter: the last word and the particles before it ("vincent van gogh" -> "van gogh")."""
    words = re.sub(r" the (elder|younger)\b", "", name).split()
    begin = len(words) - 1
    while begin > 0 and words[begin - 1] in PARTICLES:
        begin -= 1
    return " ".join(words[begin:])


@cache
def index(known: tuple[str, ...]) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """Names and aliases, and surnames: folded -> the known names that are called so."""
    whole: dict[str, set[str]] = {}
    last: dict[str, set[str]] = {}
    for name in known:
        whole.setdefault(fold(name), set()).add(name)
        if len(surname(name)) > 3 and " " in name:
            for key in {fold(surname(name)), fold(name.split()[-1])}:
                last.setdefault(key, set()).add(name)
    for alias, name in aliases().items():
        if name in known:
            whole.setdefault(fold(alias), set()).add(name)
    return whole, last


def nearest(prompt: str, known: Sequence[str], count: int = 3) -> list[str]:
    """The known names that are spelled most like a prompt, whole or by their surnames, as far as any are."""
    whole, last = index(tuple(known))
    keys = last | whole
    near = extract(fold(prompt), list(keys), scorer=OSA.normalized_similarity, limit=count, score_cutoff=NEAR)
    return list(dict.fromkeys(name for key, *_ in near for name in sorted(keys[key])))[:count]
