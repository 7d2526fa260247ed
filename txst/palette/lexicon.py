"""What words mean to one palette: what it has pictures of, what stands in for what it has not, and what comes nearest."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from txst.palette.slips import Slips
from txst.palette.spelling import fold, joined, surname
from txst.palette.tables import Entry, Term, choices, tables
from txst.palette.weights import ENDS


@dataclass(frozen=True)
class Source:
    """What a term is painted by: terms that the palette holds, or looks.

    `how` is "own", "members" (of a movement), "text" (by its word), "instead" or "nearest" (because the user said so; both of that name), or
    "" where there is nothing.
    """

    how: str = ""
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
        open: whether it has a code for every text; what there are no pictures of is then painted by its word.
    """

    def __init__(self, held: Mapping[str, Sequence[str]], looks: bool = True, open: bool = False) -> None:
        self.held, self.looks, self.open = held, looks, open
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
    def uncut(self) -> re.Pattern[str] | None:
        """The names and other words in which a segment of a prompt would end ("lady with an ermine"), or a number stands at the end; the longest first."""
        words = {word for names in self.held.values() for word in names}
        words.update(word for entry in self.entries.values() for word in entry.spellings)
        cut = sorted((word for word in words if ENDS.search(word) or word[-1:].isdigit()), key=len, reverse=True)
        spaced = (r"\s+".join(map(re.escape, word.split())) for word in cut)
        return re.compile(rf"(?<!\w)(?:{'|'.join(spaced)})(?!\w)", re.IGNORECASE) if cut else None

    @cached_property
    def first_names(self) -> frozenset[str]:
        """Painters' first names, which many people have."""
        return frozenset(
            key.split()[0] for key, (term, *_) in self.whole.items() if term.kind == "artist" and " " in key
        )

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
        if term.kind == "text":
            return Source("own", (term,))
        entry = self.entries.get(term)
        if entry is None:
            return Source()
        if term.kind == "movement" and (members := self.members(entry.term.name)):
            return Source("members", members)
        if self.open:
            return Source("text", (Term("text", entry.term.name),))
        for terms in choices(entry.instead):
            sources = [self.source(self.known(other)) for other in terms]
            looks = all(other.kind == "look" for other in terms)
            if all(source.terms for source in sources) and (looks or not beside_names):
                name = " and ".join(self.known(other).name for other in terms)
                return Source("instead", tuple(found for source in sources for found in source.terms), name)
        return Source()

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

    @cached_property
    def reach(self) -> frozenset[Term]:
        """What there is something of, or something near."""
        return frozenset(term for term in self.own if self.source(term).terms or self.nearest(term))

    def members(self, movement: str) -> tuple[Term, ...]:
        """The painters of a movement that the palette holds."""
        return tuple(sorted(self.by_movement[movement], key=lambda term: self.order[term.kind, term.name]))

    @cached_property
    def by_movement(self) -> dict[str, list[Term]]:
        """Movement, as the tables call it -> the painters that the palette holds."""
        found: dict[str, list[Term]] = defaultdict(list)
        for term, entry in self.entries.items():
            found[entry.movement] += self.own[term]
        return found

    def painters(self, work: Term) -> list[Term]:
        """By whom a famous work is."""
        return [self.known(term) for terms in choices(self.entries[work].instead) for term in terms]

    def known(self, term: Term) -> Term:
        """A term of the tables as the palette calls it."""
        return next((own for own in self.whole.get(fold(term.name), ()) if own.kind == term.kind), term)


@lru_cache(16)
def lexicon_of(
    taught: tuple[str, ...],
    names: tuple[str, ...],
    movements: tuple[str, ...],
    textures: tuple[str, ...],
    looks: bool,
    open: bool = False,
) -> Lexicon:
    """What a palette with these names understands. Those of its names that the tables call a medium or a cartoon are one."""
    media, cartoons = (
        {key for entry in tables() if entry.term.kind == kind for key in entry.keys} for kind in ("medium", "cartoon")
    )
    others = [name for name in names if fold(name) not in media | cartoons]
    return Lexicon(
        {
            "yours": taught,
            "artist": [name for name in others if name not in textures],
            "movement": [name for name in movements if fold(name) not in media],
            "medium": [name for name in names if fold(name) in media],
            "cartoon": [name for name in names if fold(name) in cartoons],
            "texture": [name for name in others if name in textures],
        },
        looks,
        open,
    )
