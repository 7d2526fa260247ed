"""What a painting is steered by beside its style, and in which ranges."""

import math
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypedDict

from PIL import Image

from txst.inference.forms import Picture, is_file, kind_of
from txst.inference.photo import Photo

Mix = Mapping[str, float] | Sequence[tuple[str | Picture, float]]  # texts, or pictures, with weights
RENAMED = {"anyway": "nearest", "steady": "reference_frame"}  # controls of 0.1, which 0.2 takes for the last time
COLOURS = {"style": 1.0, "content": 0.0}
STROKES = (0.1, 32.0)


class Controls(TypedDict, total=False):
    """What `Stylist` takes beside a photo and a style; docs/CONTROLS.md shows it.

    Attributes:
        style_image: instead of a text, a picture in the style.
        mix: instead of one style several, with weights: {"van gogh": 0.7, "ukiyo-e": 0.3}, or pairs of a text or a
            picture (no file's name, but its Path) and a weight.
        regions: masks (white is inside, grey between), each with the style that is painted there: a text, a picture, a mix, or None for a
            model's own; later ones lie above earlier ones, the style above lies below all, and without one the photo does.
        strength: 0 is the photo itself, 1 the full style (the default); or a mask, white for 1.
        colour: whose colours: 1 or "style" (the default), 0 or "content", or between.
        stroke: how much larger than usual it is painted, 0.1 to 32. At 1 a photo whose shorter side has more than 640 pixels is painted in
            a copy of that size, at 2 in one of half of it; the photo's edges guide its enlargement. 0 paints a photo of any size in its own.
        fineness: of a model that chooses strokes by place (AAMS), how fine they are: 0 the broadest, 1 the finest; or a mask, white for 1.
            Default: the model chooses, fine strokes where its attention lies.
        detail: share of the fine lightness that is the photo's, 0 (the default) to 1.
        variation: with a palette, 1 paints after another work of the same artist, 2 after a third, ...
        nearest: paint after what comes nearest, where a model with a palette knows nothing of the style.
        reference_frame: of a film, the first frame: every frame is painted by its means and deviations, so that what stands
            still does not flicker.
        shape: the thing in the photo also takes the shape of that in the style picture, in its own place; docs/SHAPES.md. Masks of
            strength and of regions, which are drawn on the photo, are moved with it.
        mask: with `shape`, white on the thing in the photo. Default: its transparency, or else what stands out (by OpenCV).
        style_mask: the same of the style picture; it may stand alone, beside a style that is named.
        max_side: pixels of the longer side at most; a larger photo is shrunk first. Default: none is.
        progress: is called with the share that is done, 0 to 1, after each tile or strip of a large photo.
        anyway: the old name of `nearest`.
        steady: the old name of `reference_frame`.
    """

    style_image: Picture | None
    mix: Mix | None
    regions: Sequence[tuple[Picture, Picture | Mix | None]]
    strength: float | Picture
    colour: float | str
    stroke: float
    fineness: float | Picture
    detail: float
    variation: int
    nearest: bool
    reference_frame: Picture | Photo | None
    shape: bool
    mask: Picture | None
    style_mask: Picture | None
    max_side: int | None
    progress: Callable[[float], object] | None
    anyway: bool
    steady: Picture | None


def renamed(controls: Mapping[str, Any]) -> dict[str, Any]:
    """The controls by their names of today; whoever gave an old one is warned."""
    known = {name: value for name, value in controls.items() if name not in RENAMED}
    for old in controls.keys() & RENAMED.keys():
        new = RENAMED[old]
        if new in known:
            raise ValueError(f"{old} is the old name of {new}: give {new} alone")
        warnings.warn(f"{old} is called {new} now; the next version takes {new} alone", FutureWarning, stacklevel=3)
        known[new] = controls[old]
    return known


def between(name: str, value: Any, least: float = 0.0, most: float = 1.0, or_else: str = "") -> float:
    """The value, if it is a number in the range; `or_else` says what else is allowed."""
    if not is_number(value) or not least <= value <= most:
        raise ValueError(f"{name} is {value}; it lies between {least:g} and {most:g}{or_else}")
    return float(value)


def stroke_size(value: Any) -> float:
    """How much larger than usual strokes are, or 0."""
    if is_number(value) and value == 0:
        return 0.0
    return between("stroke", value, *STROKES, or_else=", or is 0: a photo of any size in its own")


def whole(name: str, value: Any, least: int = 0) -> int:
    """The value, if it is a whole number, and no less."""
    if not is_number(value) or value != value // 1 or value < least:
        raise ValueError(f"{name} is {value!r}; it is a whole number, {least} or more")
    return int(value)


def is_number(value: Any) -> bool:
    """Whether it is a single number; numpy's are."""
    return isinstance(value, (int, float)) or (getattr(value, "shape", None) == () and hasattr(value, "__float__"))


def check_text(style: Any) -> None:
    """Refuses what is no text as the name of a style, with the argument that takes it."""
    if isinstance(style, str):
        return
    if isinstance(style, (list, tuple, set, Mapping)):
        raise ValueError("a style is one text: paint once in each, or mix them (mix=...)")
    if is_file(style) or isinstance(style, Image.Image) or hasattr(style, "__array__"):
        raise ValueError("a style is a text: a picture that shows one is given as such (style_image=...)")
    raise ValueError(f"a style is a text, and no {kind_of(style)}")


def colour_share(colour: float | str) -> float:
    """The share of the style's colours."""
    if isinstance(colour, str):
        if colour not in COLOURS:
            raise ValueError(f"colour is {colour!r}; it is style, content, or a number between 0 and 1")
        return COLOURS[colour]
    return between("colour", colour)


def pairs_of(regions: Any) -> list[tuple[Picture, Any]]:
    """Regions, each a mask and the style inside."""
    pairs = regions if isinstance(regions, (list, tuple)) else None
    if pairs is None or not all(isinstance(pair, (tuple, list)) and len(pair) == 2 for pair in pairs):
        raise ValueError("regions are a list of pairs, each of a mask and a style: [('sky.png', 'claude monet')]")
    return [(mask, style) for mask, style in pairs]


def weights_of(mix: Mix) -> list[tuple[str | Picture, float]]:
    """The parts of a mix, each with its weight."""
    pairs: list[Any] = list(mix.items()) if isinstance(mix, Mapping) else list(mix)
    if isinstance(mix, str) or not all(isinstance(pair, (tuple, list)) and len(pair) == 2 for pair in pairs):
        raise ValueError(
            f"a mix is {{'van gogh': 0.7, 'ukiyo-e': 0.3}}, or pairs of a style and a weight, and not {mix!r}"
        )
    weights = [weight for _, weight in pairs]
    fine = all(is_number(weight) and 0 <= weight < math.inf for weight in weights)
    if not fine or not 0 < sum(weights) < math.inf:
        raise ValueError(
            f"the weights of a mix are {weights}; they are 0 or more, not all 0, and their sum is a number"
        )
    return [(part, float(weight)) for part, weight in pairs]
