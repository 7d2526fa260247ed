"""Phrases that the table of `meaning` learns from: names, words and what goes with them, in many wordings."""

import random
from collections.abc import Collection, Mapping

from txst.palette.sayings import NOTHING
from txst.palette.spelling import fold
from txst.palette.tables import Term, tables

ALONE, TWO = (
    0.55,
    0.85,
)  # up to which share of the draws a phrase is one saying in a wording, or two sayings; then one with a thing
WORDINGS = {
    "artist": ("{}", "by {}", "{} style", "in the style of {}", "a painting by {}", "like {}", "the art of {}"),
    "movement": ("{}", "{} painting", "{} art", "{} style", "in the style of {}", "a {} picture", "from the time of {}"),
    "medium": ("{}", "{} style", "{} art", "made of {}", "done in {}", "as {}", "{} technique", "looks like {}", "a {} picture"),
    "texture": ("{}", "{} texture", "{} pattern", "a {} surface", "like {}", "made of {}"),
    "look": ("{}", "{} colours", "{} mood", "very {}", "a {} picture", "something {}", "{} atmosphere", "like {}"),
    "nothing": ("{}", "a {}", "{} picture", "the {}", "my {}", "{} please", "with {}", "about {}"),
}  # fmt: skip


def painters(without: Collection[str] = ()) -> dict[Term, list[str]]:
    """Painter -> the spellings of the name, in letters of English, without some texts (folded)."""
    found = {
        entry.term: [text for text in entry.spellings if text.isascii() and fold(text) not in without]
        for entry in tables()
        if entry.term.kind == "artist"
    }
    return {term: texts for term, texts in found.items() if texts}


def phrases(said: Mapping[Term, list[str]], count: int, rng: random.Random, without: Collection[str] = ()) -> list[str]:
    """So many different phrases: every saying alone, then sayings in wordings, two together, and with a thing.

    Args:
        said: term -> what says it, `NOTHING` among them.
        count: of phrases.
        rng: draws them.
        without: texts that none is, folded.
    """
    found = dict.fromkeys(text for texts in said.values() for text in texts)
    kinds = [[term for term in said if term.kind == kind] for kind in WORDINGS]
    kinds = [terms for terms in kinds if terms]
    while len(found) < count:
        text = drawn(said, kinds, rng)
        if fold(text) not in without:
            found[text] = None
    return list(found)


def drawn(said: Mapping[Term, list[str]], kinds: list[list[Term]], rng: random.Random) -> str:
    """A phrase by chance, of every kind as often."""
    luck = rng.random()
    one, other = (rng.choice(rng.choice(kinds)) for _ in range(2))
    if luck < ALONE:
        return rng.choice(WORDINGS[one.kind]).format(rng.choice(said[one]))
    if luck < TWO:
        joint = rng.choice((" ", " ", ", ", " and ", " with "))
        return joint.join((rng.choice(said[one]), rng.choice(said[other])))
    joint = rng.choice((" of ", " of a ", " with ", ", "))
    return joint.join((rng.choice(said[one]), rng.choice(said[NOTHING])))


def held_out(said: Mapping[Term, list[str]], share: float, rng: random.Random) -> dict[str, Term]:
    """Of each term's sayings a share, by which guesses are measured, and what they say."""
    return {text: term for term, texts in said.items() for text in rng.sample(texts, round(len(texts) * share))}
