"""The tables of what words mean for a style.

`artists.csv`: painters, with their movement and the year of their death, or the last in which they are known to have lived; empty for
the living. `words.csv`: movements, media, cartoons, textures, looks and famous works; what stands in where a palette has no pictures of them, and
what comes nearest. `ordinary.txt`: words that are nobody's misspelt name. `little_words.txt`: words that mean no style of their own.
"""

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from txst.palette.looks import LOOKS
from txst.palette.spelling import fold

CJK = re.compile("[\u1100-\u11ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")  # scripts that part no words


@dataclass(frozen=True)
class Term:
    """One thing that a word can mean."""

    kind: str  # yours, artist, work (a famous one), movement, medium, cartoon, texture, look, or text (any, of a palette that has codes for it)
    name: str  # as the palette calls it, or else as the tables do


@dataclass(frozen=True)
class Entry:
    """A line of the tables."""

    term: Term
    spellings: tuple[str, ...]
    keys: tuple[str, ...]  # the spellings, folded
    movement: str = ""  # of a painter
    died: str = ""
    instead: str = ""  # `kind:name + kind:name | kind:name`: what it is painted by where there are no pictures of it
    nearest: str = ""  # the same, for what is offered and not painted unasked


def choices(text: str) -> Iterator[list[Term]]:
    """`kind:name + kind:name | kind:name` -> the terms of each choice."""
    for choice in filter(None, text.split("|")):
        yield [Term(*part.strip().split(":", 1)) for part in choice.split("+")]


@cache
def tables() -> tuple[Entry, ...]:
    """All lines of the tables; those of looks with the words of `looks.LOOKS`."""
    found = []
    for row in csv.DictReader(text_of("words.csv").splitlines()):
        name, kind = row["name"], row["kind"]
        spellings = [name, *(LOOKS[name] if kind == "look" else ()), *filter(None, row["also"].split("|"))]
        found.append(Entry(Term(kind, name), *keyed(spellings), instead=row["instead"], nearest=row["nearest"]))
    for row in csv.DictReader(text_of("artists.csv").splitlines()):
        spellings = [row["name"], *filter(None, row["also"].split("|"))]
        found.append(Entry(Term("artist", row["name"]), *keyed(spellings), row["movement"], row["died"]))
    return tuple(found)


def keyed(spellings: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return tuple(spellings), tuple(dict.fromkeys(map(fold, spellings)))


@cache
def signs() -> re.Pattern[str]:
    """Every word of the tables in a script that parts no words, the longest first."""
    words = [word for entry in tables() for word in entry.spellings] + text_of("little_words.txt").split()
    found = {word for word in words if CJK.search(word) and " " not in word}
    return re.compile("|".join(sorted(map(re.escape, found), key=len, reverse=True)))


@cache
def ordinary() -> frozenset[str]:
    """Words that are nobody's misspelt name, folded. A surname among them is one only where it is clear that a name is meant."""
    return frozenset(map(fold, text_of("ordinary.txt").split()))


@cache
def little(role: str) -> frozenset[str]:
    """The little words of a role, folded: "tie", "before" a name, "not", "or", "genre"."""
    lines = [line.split() for line in text_of("little_words.txt").splitlines()]
    return frozenset(fold(word) for first, *words in lines if first == role for word in words)


def text_of(name: str) -> str:
    return files("txst").joinpath("palette", name).read_text(encoding="utf-8")
