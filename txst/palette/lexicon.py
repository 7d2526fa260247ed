"""What words mean for a style: painters, movements, media, textures and looks in the spellings that people use.

The tables: `artists.csv` (painters, with their movement and the year of their death, or the last in which they are known to have lived;
empty for the living), `words.csv` (movements, media, textures, looks and famous works; what stands in where a palette has no pictures of them, and
what comes nearest), `ordinary.txt` (words that are nobody's misspelt name), `looks.py`.
"""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files

from txst.palette.little_words import SIGNS
from txst.palette.looks import LOOKS
from txst.palette.slips import Slips
from txst.palette.spelling import fold, joined, surname

CJK = re.compile("[\u1100-\u11ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")  # scripts that part no words
LEARNABLE = 1955  # year of death of the last painters whose works the palettes are made of


@dataclass(frozen=True)
class Term:
    """One thing that a word can mean."""

    kind: str  # yours, artist, work (a famous one), movement, medium, texture or look
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


@dataclass(frozen=True)
class Source:
    """What a term is painted by: terms that the palette holds, or looks.

    `how` is "own", "members" (of a movement), "instead", "nearest" (of that name, because the user said so), or "" where there is nothing.
    """

    how: str
    terms: tuple[Term, ...] = ()
    name: str = ""

    @property
    def steers(self) -> bool:
        """Whether it chooses among works and is none itself."""
        return bool(self.terms) and all(term.kind == "look" for term in self.terms)


class Lexicon:
    """The tables as one palette sees them.

    Args:
        held: kind -> the names that the palette has codes for, those with the most first.
        looks: whether the palette can tell how its works look.
    """

    def __init__(self, held: Mapping[str, Sequence[str]], looks: bool = True) -> None:
        self.looks = looks
        self.own: dict[Term, tuple[Term, ...]] = {}  # what the palette holds of each term
        self.entries: dict[Term, Entry] = {}
        self.whole: dict[str, list[Term]] = {}  # folded name or spelling -> what it means
        self.surnames: dict[str, list[Term]] = {}
        self.order = {(kind, name): at for kind, names in held.items() for at, name in enumerate(names)}
        left = {(kind, fold(name)): Term(kind, name) for kind, names in held.items() for name in names}
        for entry in tables():
            keys = ((entry.term.kind, key) for key in entry.keys)
            own = [left.pop(key) for key in keys if key in left]
            term = own[0] if own else entry.term
            self.own[term], self.entries[term] = tuple(own), entry
            self.add(term, entry.keys)
        for term in left.values():
            self.own[term] = (term,)
            self.add(term, [fold(term.name)])
        for term in self.own:  # a user's own name means that and nothing else
            if term.kind == "yours":
                self.whole[fold(term.name)] = [term]

    def add(self, term: Term, keys: Sequence[str]) -> None:
        for key in keys:
            self.whole.setdefault(key, []).append(term)
        if term.kind == "artist" and " " in term.name and len(last := surname(term.name)) > 3:
            for key in dict.fromkeys((fold(last), fold(last.split()[-1]))):
                self.surnames.setdefault(key, []).append(term)

    @cached_property
    def first_names(self) -> frozenset[str]:
        """Painters' first names, which many people have."""
        return frozenset(key.split()[0] for key, (term, *_) in self.whole.items() if term.kind == "artist" and " " in key)

    @cached_property
    def one_word(self) -> dict[str, list[Term]]:
        """Names without spaces."""
        return {joined(key): terms for key, terms in self.whole.items()}

    @cached_property
    def slips(self) -> Slips[list[Term]]:
        """What finds misspelt ones; short words for looks are in every language and are not guessed at."""
        keys = {joined(key): terms for key, terms in self.surnames.items()} | self.one_word
        return Slips({key: terms for key, terms in keys.items() if terms[0].kind != "look" or len(key) > 6})

    def likeliest(self, terms: Sequence[Term]) -> list[Term]:
        """Of several meanings those that the palette holds, if it holds any; of a painter and a look, the look."""
        terms = [term for term in terms if self.own[term]] or list(terms)
        plain = [term for term in terms if term.kind != "artist"]
        return plain[:1] or terms

    def source(self, term: Term, beside_names: bool = False) -> Source:
        """What a term is painted by; beside other names a medium without pictures does not become a movement."""
        if term.kind == "look":
            return Source("own", (term,)) if self.looks else Source("")
        if own := self.own.get(term, ()):
            return Source("own", own)
        entry = self.entries.get(term)
        if entry is None:
            return Source("")
        if term.kind == "movement" and (members := self.members(entry.term.name)):
            return Source("members", members)
        for terms in choices(entry.instead):
            sources = [self.source(self.known(other)) for other in terms]
            looks = all(other.kind == "look" for other in terms)
            if all(source.terms for source in sources) and (looks or not beside_names):
                return Source("instead", tuple(found for source in sources for found in source.terms))
        return Source("")

    def nearest(self, term: Term) -> Term | None:
        """What comes nearest to a term that the palette has nothing of."""
        seen = {term}
        while (entry := self.entries.get(term)) is not None:
            following = f"movement:{entry.movement}" if entry.movement else entry.nearest
            options = [self.known(other) for terms in choices(following) for other in terms[:1]]
            for option in options:
                if self.source(option).how in ("own", "members"):
                    return option
            term = next((option for option in options if option not in seen), term)
            if term in seen:
                return None
            seen.add(term)
        return None

    def members(self, movement: str) -> tuple[Term, ...]:
        """The painters of a movement that the palette holds."""
        found = (term for term, entry in self.entries.items() if entry.movement == movement)
        own = (own for term in found for own in self.own[term])
        return tuple(sorted(own, key=lambda term: self.order[term.kind, term.name]))

    def painters(self, work: Term) -> list[Term]:
        """By whom a famous work is."""
        return [self.known(term) for terms in choices(self.entries[work].instead) for term in terms]

    def known(self, term: Term) -> Term:
        """A term of the tables as the palette calls it."""
        return next((own for own in self.whole.get(fold(term.name), ()) if own.kind == term.kind), term)


def choices(text: str) -> Iterator[list[Term]]:
    """`kind:name + kind:name | kind:name` -> the terms of each choice."""
    for choice in filter(None, text.split("|")):
        yield [Term(*part.strip().split(":", 1)) for part in choice.split("+")]


@cache
def tables() -> tuple[Entry, ...]:
    """All lines of the tables; those of looks with the words of `looks.LOOKS`."""
    folder = files("txst").joinpath("palette")
    found = []
    for row in csv.DictReader(folder.joinpath("words.csv").read_text(encoding="utf-8").splitlines()):
        name, kind = row["name"], row["kind"]
        spellings = [name, *(LOOKS[name] if kind == "look" else ()), *filter(None, row["also"].split("|"))]
        found.append(Entry(Term(kind, name), *keyed(spellings), instead=row["instead"], nearest=row["nearest"]))
    for row in csv.DictReader(folder.joinpath("artists.csv").read_text(encoding="utf-8").splitlines()):
        spellings = [row["name"], *filter(None, row["also"].split("|"))]
        found.append(Entry(Term("artist", row["name"]), *keyed(spellings), row["movement"], row["died"]))
    return tuple(found)


def keyed(spellings: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return tuple(spellings), tuple(dict.fromkeys(map(fold, spellings)))


@cache
def signs() -> re.Pattern[str]:
    """Every word of the tables in a script that parts no words, the longest first."""
    found = {word for entry in tables() for word in entry.spellings if CJK.search(word) and " " not in word}
    return re.compile("|".join(sorted(map(re.escape, found.union(SIGNS)), key=len, reverse=True)))


@cache
def ordinary() -> frozenset[str]:
    """Words that are nobody's misspelt name, folded; a surname among them is one only where it is said to be."""
    text = files("txst").joinpath("palette/ordinary.txt").read_text(encoding="utf-8")
    return frozenset(map(fold, text.split()))
