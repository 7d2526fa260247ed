"""Phrases that the text tower learns from, with the terms that each speaks of: names, words and what goes with them, in many wordings."""

import random
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from txst.palette.spelling import fold
from txst.palette.tables import Term, ordinary, tables, text_of

NOTHING = Term("nothing", "")  # what says nothing of a style
KINDS = ("movement", "medium", "texture", "look")  # that the tower finds
SHARES = (
    0.55,
    0.85,
)  # up to which share of the draws a phrase is one saying in a wording, two sayings, or with a thing
WORDINGS = {
    "artist": ("{}", "by {}", "{} style", "in the style of {}", "a painting by {}", "like {}", "the art of {}"),
    "movement": ("{}", "{} painting", "{} art", "{} style", "in the style of {}", "a {} picture", "from the time of {}"),
    "medium": ("{}", "{} style", "{} art", "made of {}", "done in {}", "as {}", "{} technique", "looks like {}", "a {} picture"),
    "texture": ("{}", "{} texture", "{} pattern", "a {} surface", "like {}", "made of {}"),
    "look": ("{}", "{} colours", "{} mood", "very {}", "a {} picture", "something {}", "{} atmosphere", "like {}"),
    "nothing": ("{}", "a {}", "{} picture", "the {}", "my {}", "{} please", "with {}", "about {}"),
}  # fmt: skip


@dataclass(frozen=True)
class Phrase:
    """A text, and what it speaks of: none where only its meaning is learnt."""

    text: str
    terms: tuple[Term, ...] = ()


@cache
def associations() -> dict[Term, tuple[str, ...]]:
    """Term -> what goes with it, of `associations.txt`."""
    rows = (line.split(" = ", 1) for line in text_of("associations.txt").splitlines() if not line.startswith("#"))
    named = {(NOTHING if name == "nothing" else Term(*name.split(":", 1))): texts for name, texts in rows}
    return {term: tuple(text.strip() for text in texts.split(";")) for term, texts in named.items()}


def sayings(without: Collection[str] = ()) -> dict[Term, list[str]]:
    """Term -> all that says it, in letters of English; without some texts, which may be told by them later.

    Args:
        without: texts, folded.
    """
    found: dict[Term, list[str]] = {NOTHING: sorted(ordinary())}
    for entry in tables():
        if entry.term.kind in (*KINDS, "artist"):
            found.setdefault(entry.term, []).extend(word for word in entry.spellings if word.isascii())
    for term, texts in associations().items():
        found.setdefault(term, []).extend(texts)
    kept = {term: [text for text in dict.fromkeys(texts) if fold(text) not in without] for term, texts in found.items()}
    return {term: texts for term, texts in kept.items() if texts}


def phrases(
    said: Mapping[Term, list[str]], count: int, rng: random.Random, without: Collection[str] = ()
) -> list[Phrase]:
    """So many different phrases: every saying alone, then sayings in wordings, two together, and with a thing.

    Args:
        said: see `sayings`.
        count: of phrases.
        rng: draws them.
        without: texts that none is, folded.
    """
    found = {text: Phrase(text, (term,)) for term, texts in said.items() for text in texts}
    kinds = [[term for term in said if term.kind == kind] for kind in WORDINGS]
    while len(found) < count:
        phrase = drawn(said, kinds, rng)
        if phrase.text not in found and fold(phrase.text) not in without:
            found[phrase.text] = phrase
    return list(found.values())


def drawn(said: Mapping[Term, list[str]], kinds: list[list[Term]], rng: random.Random) -> Phrase:
    """A phrase by chance, of every kind as often."""
    luck = rng.random()
    one, other = (rng.choice(rng.choice([terms for terms in kinds if terms])) for _ in range(2))
    if luck < SHARES[0]:
        return Phrase(rng.choice(WORDINGS[one.kind]).format(rng.choice(said[one])), (one,))
    if luck < SHARES[1]:
        joint = rng.choice((" ", " ", ", ", " and ", " with "))
        return Phrase(joint.join((rng.choice(said[one]), rng.choice(said[other]))), tuple(dict.fromkeys((one, other))))
    joint = rng.choice((" of ", " of a ", " with ", ", "))
    return Phrase(joint.join((rng.choice(said[one]), rng.choice(said[NOTHING]))), (one,))


def held_out(said: Mapping[Term, list[str]], share: float, rng: random.Random) -> Iterator[Phrase]:
    """Of each term's sayings a share, by which the tower is measured, as phrases; nothing of those with few."""
    for term, texts in said.items():
        if term.kind != "artist" and (count := int(len(texts) * share)):
            yield from (Phrase(text, (term,)) for text in rng.sample(texts, count))
