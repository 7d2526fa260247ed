"""What a prompt means among the names that a model knows: other spellings, surnames, slips of the pen."""

import re
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from functools import cache

from rapidfuzz.distance import OSA
from rapidfuzz.process import extract, extractOne

from txst.data.names import aliases
from txst.palette.looks import LOOKS

LETTERS = str.maketrans({"ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"})
PARTICLES = {"van", "von", "de", "der", "den", "del", "della", "di", "da", "du", "la", "le", "el", "ter", "ten"}
# Likeness: 1 less the letters left out, put in, changed or swapped with their neighbours, in the length of the longer word.
SLIP = 0.82  # of a word that is meant to the one that is written: one slip in six letters; "monnet" has 0.83 of "monet"
NEAR = 0.65  # of one that is offered: one in three; "rembrandt" has 0.44 of "morland"
SHORTEST = 5  # letters of a word that may be a slip of the pen


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


def meant(prompt: str, known: Sequence[str]) -> list[str]:
    """The known names that a prompt may mean: none, one, or several that it does not tell apart.

    The first of these that finds anything: a name or an alias, whole or among other words; a surname; either written
    as one word; either with a slip of the pen.
    """
    text = fold(prompt)
    words = text.split()[:40]
    whole, last = index(tuple(known))
    pieces = {joined("".join(words[i:j])) for i, j in spans(len(words))}
    for written in (lambda key: f" {key} " in f" {text} ", lambda key: joined(key) in pieces):
        for names in (whole, last):
            if found := max(filter(written, names), key=len, default=None):
                return closest(names[found], words)
    both = last | whole
    return closest(both[slip], words) if (slip := slipped(words, list(both))) else []


def closest(names: Collection[str], words: Collection[str]) -> list[str]:
    """Of several names those that share the most words with a prompt."""
    shared = {name: len(set(fold(name).split()) & set(words)) for name in sorted(names)}
    return [name for name, count in shared.items() if count == max(shared.values())]


def slipped(words: list[str], keys: list[str]) -> str | None:
    """The key that some of the words are most like, if they are like it at all."""
    looks = {fold(word) for words in LOOKS.values() for word in words}
    best, found = SLIP, None
    for i, j in spans(len(words)):
        piece = " ".join(words[i:j])
        if len(piece) < SHORTEST or piece in looks:
            continue
        if near := extractOne(piece, keys, scorer=OSA.normalized_similarity, score_cutoff=best):
            found, best, _ = near
    return found


def spans(count: int) -> Iterator[tuple[int, int]]:
    """Begin and end of every run of up to four among so many words, the longest first."""
    return ((i, i + n) for n in (4, 3, 2, 1) for i in range(count - n + 1))


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
