"""A prompt, read in parts: what it names, how much of each, how it shall look, and what in it means nothing for a style."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from txst.palette.lexicon import LEARNABLE, Lexicon, Source, Term, ordinary, signs
from txst.palette.little_words import AFTER_NAMES, BEFORE_NAMES, ESQUE, FILLERS, NOT, OR
from txst.palette.slips import SHORTEST, alike
from txst.palette.spelling import PARTICLES, fold, joined
from txst.palette.weights import BadWeight, Segment, segments

LONGEST = 6  # words of a name
Spans = list[tuple[int, int, list[Term]]]  # begin and end among the tokens, and what is meant

BEGINS = {*PARTICLES, "art", "pop"}  # words of no meaning that a misspelt name may begin with
ABOUT = 4  # words that a misspelt name or one written as one word may be spread over
MOST = 60  # words of a prompt that are read

@dataclass(frozen=True)
class Part:
    """One thing that a prompt asks for.

    Args:
        term: what it is.
        typed: the words that said it.
        weight: its share among the names that are mixed, or of a look how strongly it steers.
        away: of a look, that it shall not be.
        source: what it is painted by.
    """

    term: Term
    typed: str
    weight: float | None = None
    away: bool = False
    source: Source = Source("")


@dataclass
class Reading:
    """What was understood of a prompt.

    Args:
        parts: what it asks for.
        unused: words in it that mean nothing for a style.
        notes: sentences on words that mean something and are not used all the same.
        refused: sentences on what cannot be done.
    """

    prompt: str
    parts: list[Part] = field(default_factory=list)
    unused: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    @property
    def named(self) -> list[Part]:
        """The parts that are mixed."""
        return [part for part in self.parts if part.source.terms and not part.source.steers]

    @property
    def looks(self) -> list[Part]:
        """The parts that steer."""
        return [part for part in self.parts if part.source.steers]

    def describe(self) -> str:
        """One line: what was understood, and what was not used."""
        said = [*self.refused]
        if self.parts and not self.refused:
            shares = len({part.weight for part in self.named}) > 1
            said.append(" + ".join(described(part, shares) for part in (*self.named, *self.looks)))
        if self.unused:
            words = " and ".join(f'"{word}"' for word in self.unused)
            said.append(f"{words} {'has' if len(self.unused) == 1 else 'have'} no meaning for a style")
        return "; ".join([*said, *self.notes])


def described(part: Part, shares: bool) -> str:
    """A part in words, with its share where those differ."""
    kind, source = part.term.kind, part.source
    share = f"{part.weight or 0:.0%} " if shares and not source.steers else ""
    names = [term.name for term in source.terms]
    if source.how == "members":
        kind += " of " + (", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else ""))
    elif kind == "work":
        kind += f" by {' and '.join(names)}"
    elif source.how == "instead":
        kind += f"; no pictures of it here, {' and '.join(names)} instead"
    elif source.how == "nearest":
        kind += f"; not in the data, {source.name} in its place"
    return f"{share}{'not ' * part.away}{part.term.name} ({kind})"


def read(prompt: str, lexicon: Lexicon, nearest: bool = False) -> Reading:
    """Reads a prompt with the words that a palette knows; nothing in it is dropped untold.

    Args:
        prompt: as somebody typed it.
        lexicon: of the palette.
        nearest: what the palette has nothing of is painted by what comes nearest, and is not refused.
    """
    reading = Reading(prompt)
    for segment in segments(spaced(prompt), lambda text: bool(scanned(text, lexicon)[0])):
        if isinstance(segment, BadWeight):
            reading.refused.append(segment.sentence)
            continue
        take(reading, segment, lexicon)
    merge(reading)
    refuse(reading, lexicon, nearest)
    weigh(reading)
    return reading


def spaced(prompt: str) -> str:
    """A prompt with its words parted, in every script, and "-dark" as "not dark"."""
    text = signs().sub(lambda found: f" {found[0]} ", prompt.replace("’", "'"))
    return re.sub(r"(?<!\S)[-\u2212](?=[^\W\d])", "not ", text)


def take(reading: Reading, segment: Segment, lexicon: Lexicon) -> None:
    """Adds the parts of a segment, and what is left over of it."""
    spans, words, tokens = scanned(segment.text, lexicon)
    away = negated(spans, [token for token, _ in tokens])
    used = {tokens[at][1] for begin, end, _ in spans for at in range(begin, end)}
    for begin, end, terms in spans:
        typed = " ".join(dict.fromkeys(words[tokens[at][1]] for at in range(begin, end)))
        if len(terms) > 1:
            names = " or ".join(sorted({term.name for term in terms}))
            reading.refused.append(f"{typed!r} may be {names}: say which")
        reading.parts.append(Part(terms[0], typed, segment.weight, begin in away))
    fillers = {word for word in range(len(words)) if all(token in FILLERS | NOT for token, at in tokens if at == word)}
    reading.unused += phrases(words, used | fillers)


def negated(spans: Spans, tokens: list[str]) -> set[int]:
    """Where those begin that shall not be: what follows a "not", and what is tied to that by an "or" or "and"."""
    found: set[int] = set()
    last = 0
    for begin, end, _ in spans:
        between = tokens[last:begin]
        if NOT.intersection(between) or (last and last in {e for b, e, _ in spans if b in found} and OR.intersection(between)):
            found.add(begin)
        last = end
    return found


def phrases(words: list[str], taken: set[int]) -> Iterator[str]:
    """The words that are left over, those side by side together."""
    phrase: list[str] = []
    for at, word in enumerate([*words, ""]):
        if word and at not in taken:
            phrase.append(word.strip("\"'.,:;!?()[]{}«»“”„ "))
        elif phrase:
            yield " ".join(phrase)
            phrase = []


def scanned(text: str, lexicon: Lexicon) -> tuple[Spans, list[str], list[tuple[str, int]]]:
    """What is named in a text; its words; and its folded tokens, each with the number of its word.

    Names and other words whole, then written as one word, then surnames, then with a slip of the pen; longer ones first.
    """
    words = [word for word in text.split() if fold(word)][:MOST]
    tokens = [(token, at) for at, word in enumerate(words) for token in stems(fold(word))]
    plain = [token for token, _ in tokens]
    spans: Spans = []
    find(spans, plain, LONGEST, lambda i, j: lexicon.likeliest(lexicon.whole.get(" ".join(plain[i:j]), ())))
    find(spans, plain, ABOUT, lambda i, j: as_one_word(plain[i:j], lexicon))
    find(spans, plain, ABOUT, lambda i, j: by_surname(plain, i, j, lexicon))
    spans = grown(spans, plain, lexicon)
    find(spans, plain, ABOUT, lambda i, j: slipped(plain[i:j], lexicon))
    return grown(spans, plain, lexicon), words, tokens


def find(spans: Spans, tokens: list[str], longest: int, meaning: Callable[[int, int], list[Term]]) -> None:
    """Adds what is meant by tokens that mean nothing yet, by many together before few."""
    for length in range(min(longest, len(tokens)), 0, -1):
        for i in range(len(tokens) - length + 1):
            j = i + length
            free = all(end <= i or j <= begin for begin, end, _ in spans)
            if free and (terms := meaning(i, j)):
                spans.append((i, j, terms))


def stems(folded: str) -> Iterator[str]:
    """The tokens of a folded word; "picassoesque" is two."""
    for token in folded.split():
        stem = token.removesuffix(ESQUE)
        yield from (stem, ESQUE) if stem and stem != token else (token,)


def as_one_word(piece: list[str], lexicon: Lexicon) -> list[Term]:
    """What is known that is written in fewer or more words ("vangogh", "art deco")."""
    key = joined("".join(piece))
    if len(key) < 6 or all(token in FILLERS for token in piece):
        return []
    return lexicon.likeliest(lexicon.one_word.get(key, ()))


def by_surname(tokens: list[str], begin: int, end: int, lexicon: Lexicon) -> list[Term]:
    """Whom a surname means; not that of another person ("harry potter"), and an ordinary word only where a name is said to follow."""
    key = " ".join(tokens[begin:end])
    terms = lexicon.likeliest(lexicon.surnames.get(key, ()))
    before, after = tokens[begin - 1 : begin], tokens[end : end + 1]
    if not terms or all(token in FILLERS for token in tokens[begin:end]):
        return []
    if key in ordinary() and not (BEFORE_NAMES.intersection(before) or AFTER_NAMES.intersection(after)):
        return []
    if before and before[0] not in FILLERS | NOT and before[0] not in lexicon.whole:
        terms = [term for term in terms if alike(before[0], fold(term.name).split())]
    return terms


def slipped(piece: list[str], lexicon: Lexicon) -> list[Term]:
    """What is meant by words with a slip of the pen."""
    word = joined("".join(piece))
    if len(word) < SHORTEST or piece[-1] in FILLERS | NOT or (piece[0] in FILLERS and piece[0] not in BEGINS):
        return []
    if all(token in ordinary() or token in lexicon.whole or token in lexicon.first_names for token in piece):
        return []
    _, meanings = lexicon.slips.meant(word)
    return lexicon.likeliest([term for terms in dict.fromkeys(map(tuple, meanings)) for term in terms])


def grown(spans: Spans, tokens: list[str], lexicon: Lexicon) -> Spans:
    """The spans of painters with their first names beside them, misspelt or not ("claud monet")."""
    spans, found = sorted(spans, key=lambda span: span[:2]), []
    for number, (begin, end, terms) in enumerate(spans):
        names = [name for term in terms if term.kind == "artist" for name in spoken(term, lexicon)]
        least = found[-1][1] if found else 0
        most = spans[number + 1][0] if number + 1 < len(spans) else len(tokens)
        while names and begin > least and tokens[begin - 1] not in FILLERS | NOT and alike(tokens[begin - 1], names):
            begin -= 1
        while names and end < most and tokens[end] not in FILLERS | NOT and alike(tokens[end], names):
            end += 1
        found.append((begin, end, terms))
    return found


def spoken(term: Term, lexicon: Lexicon) -> list[str]:
    """The words of a painter's names."""
    entry = lexicon.entries.get(term)
    return [word for key in (entry.keys if entry else (fold(term.name),)) for word in key.split()]


def merge(reading: Reading) -> None:
    """Makes one part of those that say the same, with their weights together."""
    found: dict[tuple[Term, bool], Part] = {}
    for part in reading.parts:
        before = found.get((part.term, part.away))
        if before is None:
            found[part.term, part.away] = part
            continue
        weights = [weight for weight in (before.weight, part.weight) if weight is not None]
        found[part.term, part.away] = replace(
            before, typed=f"{before.typed} {part.typed}", weight=sum(weights) if weights else None
        )
    reading.parts = list(found.values())


def refuse(reading: Reading, lexicon: Lexicon, nearest: bool) -> None:
    """Says what cannot be done: what shall not be and is no look, and what the palette has nothing of."""
    names = any(part.term.kind in ("yours", "artist", "movement") and not part.away for part in reading.parts)
    painters = {part.term for part in reading.parts if part.term.kind == "artist"}
    doubled = [p for p in reading.parts if p.term.kind == "work" and painters.issuperset(lexicon.painters(p.term))]
    reading.unused += [part.typed for part in doubled]  # "starry night by van gogh" says no more than "van gogh"
    reading.parts = [part for part in reading.parts if part not in doubled]
    for at, part in enumerate(reading.parts):
        name, kind = part.term.name, part.term.kind
        source = lexicon.source(part.term, beside_names=names and kind == "medium")
        if part.away and kind != "look":
            reading.refused.append(f"not {name}: a style is told by what it is; say what it shall be")
        elif source.terms:
            reading.parts[at] = replace(part, source=source)
        elif kind == "look" or (names and kind == "medium"):
            reading.notes.append(f"{name} ({kind}) does nothing with this model")
        elif (near := lexicon.nearest(part.term)) and nearest:
            reading.parts[at] = replace(part, source=Source("nearest", lexicon.source(near).terms, near.name))
        else:
            why = f"{name}: not in the data{since(part.term, lexicon)}"
            reading.refused.append(why + (f"; {near.name} is" if near else ""))
    reading.parts = [part for part in reading.parts if part.source.terms or reading.refused]


def weigh(reading: Reading) -> None:
    """Gives every name its share, 1 in all; those without a weight share what is left."""
    names = [part for part in reading.parts if not part.source.steers]
    given = sum(part.weight for part in names if part.weight is not None)
    without = [part for part in names if part.weight is None]
    if names and not without and not given:
        reading.refused.append("all weights are 0: nothing is left to paint")
    elif without and len(without) < len(names) and given >= 1:
        name = without[0].term.name
        reading.refused.append(f"no weight is left for {name}: give it one, or the others less than 1 in all")
    if reading.refused:
        return
    share = (1 - given) / len(without) if without else 0.0
    whole = given + share * len(without)
    for at, part in enumerate(reading.parts):
        own = (1.0 if part.source.steers else share) if part.weight is None else part.weight
        reading.parts[at] = replace(part, weight=own if part.source.steers else own / whole)
    reading.notes += [f"{part.term.name} has weight 0" for part in reading.parts if not part.weight]
    reading.parts = [part for part in reading.parts if part.weight]


def since(term: Term, lexicon: Lexicon) -> str:
    """Why a painter cannot be."""
    entry = lexicon.entries.get(term)
    if term.kind != "artist" or entry is None:
        return ""
    if not entry.died:
        return " (living)"
    return f" (died {entry.died})" if int(entry.died) > LEARNABLE else ""
