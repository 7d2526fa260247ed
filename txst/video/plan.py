"""What of a clip is painted how, at each of its moments: styles, masks and controls, as key frames say."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from txst.images import Pixels
from txst.inference.composing import Layer
from txst.inference.controls import between, colour_share, is_number, pairs_of, renamed, stroke_size
from txst.inference.stylist import Stylist
from txst.video.keyframes import STYLES, number_at, refuse_twice, styles_at
from txst.video.moving import Mask, mask_over_time


@dataclass(frozen=True)
class Moment:
    """How one frame is painted.

    Args:
        layers: styles and where they are painted; later ones lie above.
        strength: 0 is the frame itself, 1 the full style, or a mask [H, W] of these, 255 for 1.
        colour: 1 is the style's, 0 the frame's.
        detail: share of the fine lightness that is the frame's.
    """

    layers: list[Layer]
    strength: float | Pixels
    colour: float
    detail: float


class Plan:
    """How a clip is painted; moments are asked for in their order.

    Args:
        stylist: the model.
        size: width and height of the frames.
        controls: of `Stylist`, and `keyframes`.

    Raises:
        ValueError: a control lies outside its range, or a style is unknown.
    """

    def __init__(self, stylist: Stylist, size: tuple[int, int], controls: Mapping[str, Any]) -> None:
        known = renamed(controls)
        self.stylist = stylist
        known["colour"] = colour_share(known.get("colour", 1.0))
        self.keyframes = known.get("keyframes") or []
        refuse_twice(self.keyframes, known)
        self.common = {"variation": known.get("variation", 0), "nearest": known.get("nearest", False)}
        self.given = {name: known[name] for name in STYLES if known.get(name) is not None}
        strength = known.get("strength", 1.0)
        self.strength: float | None = between("strength", strength) if is_number(strength) else None
        self.mask: Mask | None = None if is_number(strength) else mask_over_time(strength, size)
        self.numbers = {"colour": known["colour"], "detail": between("detail", known.get("detail", 0.0))}
        self.stroke = stroke_size(known.get("stroke", 1.0))
        self.regions = [(self.encoded(self.named(style)), mask_over_time(mask, size, soft=True))
                        for mask, style in pairs_of(known.get("regions") or [])]  # fmt: skip
        self.latest: tuple[Any, Any] = (None, None)  # the weights of a mix, and its style

    def at(self, time: Fraction) -> Moment:
        """How the frame of that time, in seconds, is painted."""
        now = float(time)
        numbers = {name: self.number(name, usual, now) for name, usual in self.numbers.items()}
        strength: float | Pixels = self.number("strength", 1.0 if self.strength is None else self.strength, now)
        if self.mask is not None:
            mask = self.mask(time)
            strength = mask if strength == 1 else (mask * strength).round().astype(mask.dtype)
        style = self.style(now)
        whole: list[Layer] = [] if style is None else [(style, None)]
        return Moment([*whole, *((inner, mask(time)) for inner, mask in self.regions)], strength, **numbers)

    def number(self, name: str, usual: float, time: float) -> float:
        found = number_at(self.keyframes, name, time)
        return usual if found is None else found

    def style(self, time: float) -> Any:
        """The style below all regions at a time; None where there are regions alone."""
        mix = styles_at(self.keyframes, time)
        if not mix and not self.given and self.regions:
            return None
        if mix != self.latest[0] or self.latest[1] is None:
            given = self.given if not mix else self.named(mix[0][0]) if len(mix) == 1 else {"mix": mix}
            self.latest = mix, self.encoded(given)
        return self.latest[1]

    def encoded(self, given: Mapping[str, Any]) -> Any:
        rest = dict(given)
        return self.stylist.styles.encode(rest.pop("style", None), rest.pop("style_image", None), **rest, **self.common)

    def named(self, style: Any) -> dict[str, Any]:
        """A style under the name of the control that takes it."""
        kind = "style" if isinstance(style, str) else "mix" if isinstance(style, (Mapping, list)) else "style_image"
        return {} if style is None else {kind: style}
