"""A prompt in segments, each with its weight: "monet:0.7, hokusai:0.3", "70% monet and 30% hokusai", "van gogh:0,7; ukiyo-e:0,3"."""

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

NUMBER = r"[-\u2212+]?(?:\d+\.?\d*|\.\d+)"
PERCENT = r"(?P<percent>\s*%|\s*(?i:per\s?cent)\b)?"
ENDS = re.compile(r"[,;|/\n\u3001\u3002\uff0c\uff1b]|\s[+&]\s|\bbut\b|\bwith\b|\bplus\b|\bmeets\b", re.IGNORECASE)
EXCEPT = re.compile(r"\b(?:anything|everything|all)\s+but\b", re.IGNORECASE)
BEFORE = re.compile(rf"^(?P<weight>{NUMBER}){PERCENT}\s*(?:of|\*|x)?\s+(?P<text>\D.*)$")
BEHIND = re.compile(rf"^(?P<text>.*\w)\s+(?P<weight>{NUMBER}){PERCENT}$")
INSIDE = re.compile(rf"^(?P<weighed>[^:=]*\w\s*[:=]\s*{NUMBER}{PERCENT})\s+(?P<rest>[^\W\d].*)$")
COLON = re.compile(rf"^(?P<text>[^:=]*\w)\s*[:=]\s*(?P<weight>\S+?){PERCENT}$")


@dataclass(frozen=True)
class Segment:
    """A text and its weight, or None where none is given."""

    text: str
    weight: float | None = None


@dataclass(frozen=True)
class BadWeight:
    """A weight that is none."""

    sentence: str


def segments(
    prompt: str, known: Callable[[str], bool], names: re.Pattern[str] | None = None
) -> Iterator[Segment | BadWeight]:
    """The segments of a prompt.

    Args:
        prompt: in one line or several.
        known: whether anything in a text means something; a number beside anything else is no weight.
        names: those in which a segment would end, and those that end in a number: they stay whole.
    """
    text = re.sub(r"(?<=\d),(?=\d)", ".", re.sub(r"[()\[\]{}\"“”„«»]", " ", prompt))
    text = EXCEPT.sub("not", text.replace("\uff1a", ":"))
    for part in parted(text, names):
        for piece in apart(" ".join(part.split())):
            yield weighed(piece, known, names)


def parted(text: str, names: re.Pattern[str] | None) -> Iterator[str]:
    """A text cut where segments end, though not within a name."""
    begin = 0
    within = [found.span() for found in names.finditer(text)] if names else []
    for end in ENDS.finditer(text):
        if not any(first <= end.start() < last for first, last in within):
            yield text[begin : end.start()]
            begin = end.end()
    yield text[begin:]


def apart(text: str) -> list[str]:
    """A segment with several numbers, one each: "70% monet and 30% hokusai"."""
    if len(re.findall(rf"(?<![\w.]){NUMBER}", text)) < 2:
        if inside := INSIDE.match(text):  # "dark:0.2 monet"
            return [inside["weighed"], inside["rest"]]
        return [text] if text else []
    pieces = re.split(r"(?i:\band\b)|[+&]", text)
    if len(pieces) == 1:
        begins = re.match(NUMBER, text)
        pieces = re.split(rf"\s+(?={NUMBER})" if begins else r"(?<=\d)\s+|(?<=%)\s+", text)
    return [piece.strip() for piece in pieces if piece.strip()]


def weighed(text: str, known: Callable[[str], bool], names: re.Pattern[str] | None = None) -> Segment | BadWeight:
    """A segment with the weight that stands in it."""
    for pattern in (COLON, BEFORE, BEHIND):
        if not (found := pattern.match(text)) or not known(found["text"]):
            continue
        name, given, percent = found["text"].strip(), found["weight"], found["percent"]
        if pattern is COLON and known(given):
            continue
        if pattern is BEHIND and names and any(one.end() == len(text) for one in names.finditer(text)):
            continue  # the number is the end of a name
        if (
            pattern is not COLON
            and not percent
            and "." not in given
            and given not in ("0", "1")
            and given[0] not in "-\u2212"
        ):
            continue  # "3 horses by monet", "monet 1890"
        try:
            weight = float(given.replace("\u2212", "-"))
        except ValueError:
            weight = math.nan
        if not 0 <= weight < math.inf:
            return BadWeight(
                f"the weight of {name!r} is {given}: a weight is a number, 0 or more, as in 'monet:0.7, hokusai:0.3'"
            )
        return Segment(name, weight / 100 if percent else weight)
    return Segment(text)
