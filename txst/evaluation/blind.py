"""Two methods looked at blindly: a page that lays their pictures side by side in hidden order, and what the choices say."""

import json
import random
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from PIL import Image
from scipy.stats import binomtest

from txst.evaluation.contact_page import embedded
from txst.files.encode import write_whole
from txst.images import open_picture

SIDES = ("left", "right")
ENDINGS = Image.registered_extensions()


def common(*folders: Path) -> list[str]:
    """The names of the pictures that all folders hold, in order.

    Raises:
        ValueError: there is none.
    """
    held = [{file.name for file in folder.glob("*") if file.suffix.lower() in ENDINGS} for folder in folders]
    if found := sorted(set.intersection(*held)):
        return found
    counts = ", ".join(f"{folder} has {len(names)}" for folder, names in zip(folders, held, strict=True))
    raise ValueError(f"no picture has the same name in all folders ({counts})")


def first_is_left(name: str, seed: int) -> bool:
    """The coin of a pair: the same for the page and for the report."""
    return random.Random(f"{seed} {name}").random() < 0.5


def write_blind_page(
    file: Path,
    one: Path,
    other: Path,
    question: str,
    seed: int = 0,
    most: int | None = None,
    beside: Path | None = None,
) -> int:
    """A page that needs nothing beside it, says nothing of the methods, and gives what was chosen as a file.

    Args:
        file: of the page.
        one: the pictures of a method.
        other: those of the other, under the same names.
        question: at the top.
        seed: of the order of pairs and of sides.
        most: pairs, chosen by the seed.
        beside: pictures to show between the two, such as the photos.

    Returns:
        How many pairs are on it.

    Raises:
        ValueError: no picture has the same name in all folders.
    """
    names = common(one, other, *([beside] if beside else []))
    random.Random(seed).shuffle(names)
    pairs = []
    for name in names[:most]:
        sides = (one, other) if first_is_left(name, seed) else (other, one)
        shown = dict(zip(SIDES, sides, strict=True)) | ({"beside": beside} if beside else {})
        pairs.append({"name": name} | {place: embedded(open_picture(f / name), 768) for place, f in shown.items()})
    page = files("txst").joinpath("evaluation/blind.html").read_text(encoding="utf-8")
    data = json.dumps({"question": question, "seed": seed, "pairs": pairs}).replace("<", "\\u003c")
    write_whole(file, page.replace("DATA", data, 1).encode())
    return len(pairs)


@dataclass(frozen=True)
class Share:
    """Of the choices that the first method got, with Wilson's interval of 95%; where no difference was seen nobody got it."""

    chosen: int
    of: int
    undecided: int

    def __str__(self) -> str:
        low, high = binomtest(self.chosen, self.of).proportion_ci(method="wilson")
        same = f"; {self.undecided} without a choice" if self.undecided else ""
        return f"{self.chosen} of {self.of}: {self.chosen / self.of:.0%} [{low:.0%}, {high:.0%}]{same}"


def share(choices: Mapping[str, str], seed: int) -> Share:
    """What was chosen, as the page's file says it.

    Args:
        choices: name of the pair -> left, right or neither.
        seed: of the page.

    Raises:
        ValueError: nothing was chosen, or a choice is none of the three.
    """
    if unknown := set(choices.values()) - {*SIDES, "neither"}:
        raise ValueError(f"a choice is left, right or neither, not {min(unknown)!r}")
    decided = {name: side for name, side in choices.items() if side in SIDES}
    if not decided:
        raise ValueError("no picture was chosen in any pair")
    first = sum((side == "left") == first_is_left(name, seed) for name, side in decided.items())
    return Share(first, len(decided), len(choices) - len(decided))
