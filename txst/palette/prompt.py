"""A prompt, read in parts: what it names, how much of each, how it shall look, and what in it means nothing for a style."""

import re
from collections.abc import Iterator
from dataclasses import replace

from txst.palette.lexicon import Lexicon, Source
from txst.palette.meaning import Guess, guesses, meaning
from txst.palette.reading import Part, Reading
from txst.palette.scan import Spans, scan
from txst.palette.spelling import fold
from txst.palette.tables import Term, little, ordinary, signs
from txst.palette.weights import BadWeight, Segment, segments

# What paints cartoons
CARTOONS = "a model of its own paints it (--model FOLDER), which python scripts/make_cartoon.py makes: docs/CARTOON.md"
LEARNABLE = 1955  # year of death of the last painters whose works the palettes are made of


def read(prompt: str, lexicon: Lexicon, nearest: bool = False) -> Reading:
    """Reads a prompt with the words that a palette knows. Nothing in it is dropped without a word.

    Args:
        prompt: as somebody typed it.
        lexicon: of the palette.
        nearest: what the palette has no pictures of is not refused, but painted by what comes nearest; so are words of which it is not
            sure what they mean, where the prompt has no others.
    """
    reading = Reading(prompt)
    for segment in segments(
        spaced(prompt),
        lambda text: bool(
            scan(text, lexicon)[0] or meant(text, lexicon) or (lexicon.open and re.search(r"[^\W\d]", text))
        ),
        lexicon.uncut,
    ):
        if isinstance(segment, BadWeight):
            reading.refused.append(segment.sentence)
        else:
            take(reading, segment, lexicon)
    leave_motifs(reading)
    if lexicon.open and reading.unused:
        take_as_text(reading)
    elif nearest and not reading.parts and not reading.refused:
        venture(reading, lexicon)
    merge(reading)
    resolve(reading, lexicon, nearest)
    weigh(reading)
    return reading


def spaced(prompt: str) -> str:
    """A prompt with its words parted, in every script, "cartoon: hayao" as one name, and "-dark" as "not dark"."""
    text = signs().sub(lambda found: f" {found[0]} ", prompt.replace("’", "'"))
    text = re.sub(r"(?i)\b(cartoon)\s*[:\uff1a]\s*(?=[^\W\d])", r"\1 ", text)
    return re.sub(r"(?<!\S)[-\u2212](?=[^\W\d])", "not ", text)


def take(reading: Reading, segment: Segment, lexicon: Lexicon) -> None:
    """Adds the parts of a segment, and what is left over of it."""
    spans, words, tokens = scan(segment.text, lexicon)
    away = negated(spans, [token for token, _ in tokens])
    used = {tokens[at][1] for begin, end, _ in spans for at in range(begin, end)}
    for begin, end, terms in spans:
        typed = " ".join(dict.fromkeys(words[tokens[at][1]] for at in range(begin, end)))
        if len(terms) > 1:
            names = " or ".join(sorted({term.name for term in terms}))
            reading.refused.append(f"{typed!r} may be {names}: say which")
        reading.parts.append(Part(terms[0], typed, segment.weight, begin in away))
    fillers = {
        word
        for word in range(len(words))
        if all(token in little("tie") | little("not") for token, at in tokens if at == word)
    }
    left = list(left_over(words, used | fillers))
    no = not spans and not little("not").isdisjoint(token for token, _ in tokens)
    for text in left if spans else [" ".join(left)]:
        shown = spans and ordinary().issuperset(
            fold(text).split()
        )  # what a picture shows, beside a style that is named
        if not shown and (guess := meant(text, lexicon)):
            reading.parts.append(Part(guess.term, text, segment.weight, no, guessed=True))
        else:
            reading.unused += [text] if spans else left


def take_as_text(reading: Reading) -> None:
    """Makes a part of what is left over; where nothing else is named, of the whole prompt with its looks."""
    if all(part.term.kind == "look" for part in reading.parts):
        reading.parts, reading.unused = [], [reading.prompt.strip()]
    reading.parts += [Part(Term("text", words), words) for words in reading.unused]
    reading.unused.clear()


def meant(text: str, lexicon: Lexicon) -> Guess | None:
    """What words mean that no table has, as far as that is sure and a palette has something of it."""
    if lexicon.open or little("genre").issuperset(fold(text).split()):
        return None
    found = within_reach(text, lexicon)[:1]
    return found[0] if found and found[0].score >= meaning().sure else None


def leave_motifs(reading: Reading) -> None:
    """Takes no guesses beside a style that is named, but for looks in words that are not ordinary: what "monet, wicker chair" asks to see is no style."""
    if not any(part.term.kind != "look" and not part.guessed for part in reading.parts):
        return
    motifs = [
        part
        for part in reading.parts
        if part.guessed and (part.term.kind != "look" or ordinary().issuperset(fold(part.typed).split()))
    ]
    reading.unused += [part.typed for part in motifs]
    reading.parts = [part for part in reading.parts if part not in motifs]


def within_reach(text: str, lexicon: Lexicon) -> list[Guess]:
    """What a text may mean of which a palette has something, or something near; the likeliest first."""
    known = [replace(guess, term=lexicon.known(guess.term)) for guess in guesses(text)]
    return [guess for guess in known if guess.term in lexicon.reach]


def venture(reading: Reading, lexicon: Lexicon) -> None:
    """Takes what is likeliest to be meant, though nothing sure is known."""
    text = " ".join(reading.unused)
    if found := within_reach(text, lexicon):
        reading.parts.append(Part(found[0].term, text, guessed=True))
        reading.unused.clear()


def negated(spans: Spans, tokens: list[str]) -> set[int]:
    """Where those begin that shall not be: what follows a "not", and what is tied to that by an "or" or "and"."""
    found: set[int] = set()
    last, tied = 0, False
    for begin, end, _ in spans:
        between = tokens[last:begin]
        if little("not").intersection(between) or (tied and little("or").intersection(between)):
            found.add(begin)
        last, tied = end, begin in found
    return found


def left_over(words: list[str], taken: set[int]) -> Iterator[str]:
    """The words that are left over, those side by side together."""
    phrase: list[str] = []
    for at, word in enumerate([*words, ""]):
        if word and at not in taken:
            phrase.append(word.strip("\"'.,:;!?()[]{}«»“”„ "))
        elif phrase:
            yield " ".join(phrase)
            phrase = []


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


def resolve(reading: Reading, lexicon: Lexicon, nearest: bool) -> None:
    """Finds what each part is painted by; refuses what there is nothing of, and names that shall not be."""
    kinds = {part.term.kind for part in reading.parts if not part.away}
    names = not kinds.isdisjoint(("yours", "artist", "movement"))
    drop_titles(reading, lexicon)
    for at, part in enumerate(reading.parts):
        name, kind = part.term.name, part.term.kind
        source = lexicon.source(part.term, beside_names=names and kind == "medium")
        if part.away and kind != "look":
            reading.refused.append(f"not {name}: a style cannot be described by what it is not; name what it should be")
        elif source.terms:
            reading.parts[at] = replace(part, source=source)
        elif kind == "look" or (names and kind == "medium"):
            reading.idle.append(part)
        elif (near := lexicon.nearest(part.term)) and nearest:
            reading.parts[at] = replace(part, source=Source("nearest", lexicon.source(near).terms, near.name))
        else:
            why = f"{name}: not in the data{since(part.term, lexicon)}"
            why = f'"{part.typed}" as {why}' if part.guessed else why
            reading.refused.append(why + (f"; {near.name} is" if near else ""))
    reading.parts = [part for part in reading.parts if part.source.terms or reading.refused]


def drop_titles(reading: Reading, lexicon: Lexicon) -> None:
    """Drops the title of a work beside its painter: "starry night by van gogh" says no more than "van gogh"."""
    named = {part.term for part in reading.parts if part.term.kind == "artist"}
    titles = [
        part for part in reading.parts if part.term.kind == "work" and named.issuperset(lexicon.painters(part.term))
    ]
    reading.unused += [part.typed for part in titles]
    reading.parts = [part for part in reading.parts if part not in titles]


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
    reading.idle += [part for part in reading.parts if not part.weight]
    reading.parts = [part for part in reading.parts if part.weight]


def since(term: Term, lexicon: Lexicon) -> str:
    """Why a painter cannot be, and what makes the model of a cartoon."""
    if term.kind == "cartoon":
        return f" of this model; {CARTOONS}"
    entry = lexicon.entries.get(term)
    if term.kind != "artist" or entry is None:
        return ""
    if not entry.died:
        return " (living)"
    return f" (died {entry.died})" if int(entry.died) > LEARNABLE else ""
