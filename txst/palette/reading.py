"""What was understood of a prompt, and how it is told in one line."""

from dataclasses import dataclass, field

from txst.palette.lexicon import Source
from txst.palette.tables import Term


@dataclass(frozen=True)
class Part:
    """One thing that a prompt asks for.

    Args:
        term: what it is.
        typed: the words that said it.
        weight: its share among the names that are mixed, or of a look how strongly it steers.
        away: of a look, that it shall not be.
        source: what it is painted by.
        guessed: whether the words are in no table, and were found by their meaning.
    """

    term: Term
    typed: str
    weight: float | None = None
    away: bool = False
    source: Source = field(default_factory=Source)
    guessed: bool = False


@dataclass
class Reading:
    """What was understood of a prompt.

    Args:
        parts: what it asks for.
        unused: words in it that mean nothing for a style.
        idle: parts without an effect: of weight 0, or looks and media that this palette cannot show.
        refused: sentences on what cannot be done.
    """

    prompt: str
    parts: list[Part] = field(default_factory=list)
    unused: list[str] = field(default_factory=list)
    idle: list[Part] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    @property
    def named(self) -> list[Part]:
        """The parts that are mixed."""
        return [part for part in self.parts if part.source.terms and not part.source.steers]

    @property
    def looks(self) -> list[Part]:
        """The parts that steer."""
        return [part for part in self.parts if part.source.steers]

    @property
    def sure(self) -> bool:
        """Whether something is named that can be painted, by more than a guess."""
        return not self.refused and any(not part.guessed for part in self.parts)

    @property
    def unknown(self) -> list[str]:
        """The words that mean nothing that is at hand, and those that are guessed at."""
        return [*self.unused, *(part.typed for part in self.parts if part.guessed or not part.source.terms)]

    def describe(self) -> str:
        """One line: what was understood, and what was not used."""
        said = [*self.refused]
        if self.parts and not self.refused:
            shares = len({part.weight for part in self.named}) > 1
            said.append(" + ".join(described(part, shares) for part in (*self.named, *self.looks)))
        if self.unused:
            words = " and ".join(f'"{word}"' for word in self.unused)
            said.append(f"{words} {'has' if len(self.unused) == 1 else 'have'} no meaning for a style")
        idle = [
            f'"{part.typed}" has {"weight 0" if part.weight == 0 else "no effect with this model"}'
            for part in self.idle
        ]
        return "; ".join([*said, *idle])


def described(part: Part, shares: bool) -> str:
    """A part in words, with its share where those differ."""
    kind, source = part.term.kind, part.source
    share = f"{part.weight or 0:.0%} " if shares and not source.steers else ""
    names = [term.name for term in source.terms]
    if source.how == "members":
        kind += " of " + (", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else ""))
    elif kind == "work" and source.how == "instead":
        kind += f" by {source.name}"
    elif source.how == "instead":
        kind += f"; no pictures of it here, {source.name} instead"
    elif source.how == "text":
        kind += ", by its word"
    elif source.how == "nearest":
        kind += f"; not in the data, {source.name} in its place"
    meant = f'"{part.typed}" as ' if part.guessed else ""
    return f"{share}{'not ' * part.away}{meant}{part.term.name} ({kind})"
