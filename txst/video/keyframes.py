"""How a clip's painting changes over time: key frames, each with a moment and controls; between two of them everything is mixed.

- {at: 0, style: claude monet}
- {at: 4.5, style: titian, strength: 50%}
- {at: "1:10", style: "@painting.jpg", strength: 1}
"""

import math
import re
from collections.abc import Mapping, Sequence
from numbers import Real
from pathlib import Path
from typing import Any

import yaml

from txst.inference.controls import between, colour_share
from txst.model_folder.config import PlainLoader

Keyframes = list[tuple[float, str, Any]]  # seconds, the name of a control, and its value then; in the order of time
STYLES = ("style", "style_image", "mix")
CLOCK = re.compile(r"(?:(?:(\d+):)?(\d+):)?(\d+(?:[.,]\d*)?)\s*s?")
NUMBERS = {"strength": 1.0, "colour": 1.0, "detail": 0.0}  # controls that are numbers, and their usual values
LONGEST = 32  # characters of a time
STEPS = 20  # in which one style becomes another: each is a style of its own


def seconds(text: str) -> float:
    """Reads 90, 90.5, 1:30 and 1:02:03.5.

    >>> seconds("1:30"), seconds("2.5")
    (90.0, 2.5)
    """
    found = CLOCK.fullmatch(text.strip())
    if not found or len(text) > LONGEST:
        raise ValueError(f"{text[:LONGEST]!r} is no time: write seconds, or minutes like 1:30")
    hours, minutes, rest = found.groups()
    return 3600 * int(hours or 0) + 60 * int(minutes or 0) + float(rest.replace(",", "."))


def read_keyframes(path: Path) -> Keyframes:
    """The key frames of a YAML file.

    Raises:
        ValueError: naming what cannot be meant.
    """
    try:
        rows = yaml.load(path.read_text(encoding="utf-8"), PlainLoader)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ValueError(f"{path} is no YAML: {' '.join(str(error).split())}") from None
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise ValueError(f"{path} has no list of key frames: write lines like '- {{at: 0, style: claude monet}}'")
    found = [part for number, row in enumerate(rows, 1) for part in keyframe(row, path, number)]
    return sorted(found, key=lambda part: part[0])


def keyframe(row: dict[Any, Any], path: Path, number: int) -> Keyframes:
    """The parts of one key frame."""
    where = f"{path}, key frame {number}"
    if unknown := row.keys() - {"at", "style", *NUMBERS}:
        raise ValueError(
            f"{where}: there is no {sorted(map(str, unknown))[0]}; there are at, style, {', '.join(NUMBERS)}"
        )
    if "at" not in row or len(row) < 2:
        raise ValueError(f"{where}: it needs a moment (at) and what begins then")
    try:
        at = seconds(str(row["at"])) if isinstance(row["at"], str) else float(row["at"])
        parts = [(at, name, number_of(name, row[name])) for name in NUMBERS if name in row]
    except (ValueError, TypeError, OverflowError) as error:
        raise ValueError(f"{where}: {error}") from None
    if not math.isfinite(at) or at < 0:
        raise ValueError(f"{where}: at is {at:g}; it is 0 or more")
    if "style" not in row:
        return parts
    style = row["style"]
    if not isinstance(style, str) or not style.strip():
        raise ValueError(f"{where}: the style is {style!r}; it is a text, or @ and a picture's file")
    return [*parts, (at, "style", path.parent / style[1:] if style.startswith("@") else style)]


def number_of(name: str, value: Any) -> float:
    """A control's value, also 50%."""
    if isinstance(value, str) and value.strip().endswith("%"):
        value = float(value.strip()[:-1]) / 100
    return colour_share(value) if name == "colour" else between(name, value)


def refuse_twice(keyframes: Keyframes, controls: Mapping[str, Any]) -> None:
    """Refuses key frames of what the controls of `Stylist` say as well; a mask of strength is multiplied with theirs.

    Raises:
        ValueError: naming the control.
    """
    given = {
        name for name, usual in NUMBERS.items() if isinstance(controls.get(name), Real) and controls[name] != usual
    }
    given |= {"style" for name in STYLES if controls.get(name) is not None}
    for twice in sorted(given & {name for _, name, _ in keyframes}):
        raise ValueError(f"{twice} is given beside key frames that name it: give one of both")


def number_at(keyframes: Keyframes, name: str, time: float) -> float | None:
    """The value of a number at a time; None where no key frame has one."""
    points = [(at, value) for at, control, value in keyframes if control == name]
    if not points:
        return None
    (_, before), (_, after), share = around(points, time)
    return float(before + share * (after - before))


def styles_at(keyframes: Keyframes, time: float) -> list[tuple[Any, float]]:
    """The styles at a time with their weights, in steps; empty where no key frame has one."""
    points = [(at, value) for at, control, value in keyframes if control == "style"]
    if not points:
        return []
    (_, before), (_, after), share = around(points, time)
    weight = round(share * STEPS) / STEPS
    return [pair for pair in ((before, 1 - weight), (after, weight)) if pair[1]]


def around(points: Sequence[tuple[float, Any]], time: float) -> tuple[tuple[float, Any], tuple[float, Any], float]:
    """The points before and after a time, and the share of the way between them."""
    after = next((number for number, (at, _) in enumerate(points) if at > time), len(points))
    if after in (0, len(points)):
        same = points[max(0, after - 1)]
        return same, same, 0.0
    (start, _), (end, _) = points[after - 1 : after + 1]
    return points[after - 1], points[after], (time - start) / (end - start)
