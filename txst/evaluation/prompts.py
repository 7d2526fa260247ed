"""How well prompts are read: `tests/data/prompts.csv` against a palette.

A row holds a prompt as somebody typed it, its kind, and what is right, in parts joined by " + ":

- `artist:claude monet`, `movement:cubism`, `medium:watercolour`, `texture:cracked`, `look:dark` are understood, and nothing else is;
- `-look:dark` shall not be; `0.7*artist:claude monet` has that share; `a|b` is either;
- `unused:paris` is told not to be used (more may be);
- `refuse`: nothing is painted.

What the palette has no pictures of is right where it is painted by what stands in for it and that is said, or refused by its name.
"""

import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from txst.palette.lexicon import Lexicon
from txst.palette.lookup import Palette
from txst.palette.prompt import spaced
from txst.palette.reading import Part, Reading
from txst.palette.spelling import fold
from txst.palette.tables import Term, little

COLUMNS = ("right", "painted", "stand-in", "refused", "untold")


@dataclass(frozen=True)
class Row:
    prompt: str
    kind: str
    right: str


def rows(file: Path) -> list[Row]:
    with file.open(encoding="utf-8", newline="") as lines:
        return [Row(**row) for row in csv.DictReader(lines)]


def table(palette: Palette, prompts: Sequence[Row]) -> str:
    """Markdown: for each kind of prompt how many are read rightly, and what becomes of those."""
    counts: dict[str, Counter[str]] = {}
    for row in prompts:
        counts.setdefault(row.kind, Counter()).update(outcome(palette, row))
    counts["all"] = sum(counts.values(), Counter())
    lines = ["| kind | prompts | " + " | ".join(COLUMNS) + " |", "|---|" + "---:|" * (len(COLUMNS) + 1)]
    for kind, count in counts.items():
        share = f"{count['right']} ({count['right'] / count['prompts']:.0%})"
        figures = [share, *(str(count[column]) for column in COLUMNS[1:])]
        lines.append(f"| {kind} | {count['prompts']} | " + " | ".join(figures) + " |")
    return "\n".join(lines)


def outcome(palette: Palette, row: Row) -> Iterator[str]:
    """What a row counts for: "prompts", and those of `COLUMNS` that it is."""
    reading = palette.read(row.prompt)
    yield "prompts"
    if is_right(reading, row.right, palette.lexicon):
        yield "right"
        ways = {part.source.how for part in reading.parts}
        refused = bool(reading.refused) or not reading.parts
        yield "refused" if refused else "stand-in" if "instead" in ways or reading.idle else "painted"
    if untold(reading):
        yield "untold"


def is_right(reading: Reading, right: str, lexicon: Lexicon) -> bool:
    """Whether a prompt was read as it should be."""
    if right == "refuse":
        return bool(reading.refused) or not reading.parts
    wanted = right.split(" + ")
    told = " ".join(reading.unused).casefold()
    if not all(word.removeprefix("unused:") in told for word in wanted if word.startswith("unused:")):
        return False
    names = [[option(text, lexicon) for text in word.split("|")] for word in wanted if not word.startswith("unused:")]
    lacking = [
        f'"{part.typed}" as ' * part.guessed + f"{part.term.name}: not in the data"
        for part in reading.parts
        if not part.source.terms
    ]
    if any(not sentence.startswith(tuple(lacking)) for sentence in reading.refused) or (
        reading.refused and not lacking
    ):
        return False
    found = list(reading.parts)
    for options in names:
        part = next((part for part in found for term, share, away in options if fits(part, term, share, away)), None)
        if part is not None:
            found.remove(part)
        elif not any(term == idle.term for term, *_ in options for idle in reading.idle):
            return False
    return not found


def fits(part: Part, term: Term, share: float | None, away: bool) -> bool:
    """Whether a part is what was wanted."""
    return (part.term, part.away) == (term, away) and (share is None or abs((part.weight or 0) - share) < 1e-6)


def option(text: str, lexicon: Lexicon) -> tuple[Term, float | None, bool]:
    """`0.7*artist:claude monet` -> the term as the palette calls it, its share, whether it shall not be."""
    share, _, named = text.rpartition("*")
    away = named.startswith("-")
    return lexicon.known(Term(*named.removeprefix("-").split(":", 1))), float(share) if share else None, away


def untold(reading: Reading) -> list[str]:
    """The words of a prompt that are neither used nor told to be unused."""
    said = fold(
        " ".join([*(part.typed for part in (*reading.parts, *reading.idle)), *reading.unused, *reading.refused])
    )
    tokens = (token for token in fold(spaced(reading.prompt)).split() if token not in little("tie") | little("not"))
    return [token for token in tokens if token not in said and not re.fullmatch(r"\d+(e\d+)?", token)]
