"""What says a term of the tables: its spellings, and what goes with it; and what says nothing of a style."""

from collections.abc import Collection
from functools import cache

from txst.palette.spelling import fold
from txst.palette.tables import Term, tables, text_of

NOTHING = Term("nothing", "")  # what says nothing of a style
KINDS = ("movement", "medium", "texture", "look")  # that are guessed at


@cache
def associations() -> dict[Term, tuple[str, ...]]:
    """Term -> what goes with it, of `associations.txt`."""
    rows = (line.split(" = ", 1) for line in text_of("associations.txt").splitlines() if not line.startswith("#"))
    named = {(NOTHING if name == "nothing" else Term(*name.split(":", 1))): texts for name, texts in rows}
    return {term: tuple(filter(None, map(str.strip, texts.split(";")))) for term, texts in named.items()}


def sayings(without: Collection[str] = ()) -> dict[Term, list[str]]:
    """Term -> all that says it, in letters of English; nothing comes last.

    Ordinary words say nothing, but for those of which a style's saying is made ("lemons" are yellow, so "lemon" says something).

    Args:
        without: texts that are left out, folded.
    """
    found: dict[Term, list[str]] = {}
    for entry in tables():
        if entry.term.kind in KINDS:
            found.setdefault(entry.term, []).extend(word for word in entry.spellings if word.isascii())
    for term, texts in associations().items():
        if term != NOTHING:
            found.setdefault(term, []).extend(texts)
    used = {singular(word) for texts in found.values() for text in texts for word in text.lower().split()}
    plain = (word for word in text_of("ordinary.txt").split() if singular(word) not in used)
    found[NOTHING] = [*associations()[NOTHING], *plain]
    kept = {term: [text for text in dict.fromkeys(texts) if fold(text) not in without] for term, texts in found.items()}
    return {term: texts for term, texts in kept.items() if texts}


def singular(word: str) -> str:
    return word.rstrip("s")
