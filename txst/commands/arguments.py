"""What the options of `txst PHOTO...` mean: the styles that were asked for, and the arguments of `Stylist.paint`."""

import argparse
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from txst.commands.errors import UsageError
from txst.commands.options import NUMBER, number, number_or
from txst.inference.controls import between, colour_share, stroke_size

PART = re.compile(rf"\s*(.+?)\s*:\s*({NUMBER})\s*(?:[,;]|$)")  # of a mix
TEXTS = (
    "style",
    "style_image",
    "mix",
    "region",
    "strength",
    "colour",
    "fineness",
    "reference_frame",
    "model",
    "start",
    "end",
    "keyframes",
    "mask",
    "style_mask",
)


@dataclass
class RequestedStyle:
    """One of the styles that every photo is painted in.

    Args:
        label: part of the names of the results.
        arguments: of `Stylist.paint`.
    """

    label: str
    arguments: dict[str, Any] = field(default_factory=dict)


def requested_styles(args: argparse.Namespace) -> Iterator[RequestedStyle]:
    """Every style that was named, shown or mixed. Regions without a style count as one; so does a model's own, where nothing is asked for."""
    common = {"variation": args.variation, "nearest": args.nearest}
    yield from (RequestedStyle(style, {"style": style, **common}) for style in args.style)
    yield from (RequestedStyle(file.stem, {"style_image": file, **common}) for file in args.style_image)
    yield from (RequestedStyle(mix.replace("@", ""), {"mix": mixture(mix), **common}) for mix in args.mix)
    if not (args.style or args.style_image or args.mix):
        usual = args.keyframes.stem if args.keyframes else "painted"
        yield RequestedStyle("regions" if args.region else usual, common)


def controls(args: argparse.Namespace) -> dict[str, Any]:
    """The arguments of `Stylist.paint` that are the same for all styles.

    Raises:
        ValueError: a number lies outside its range.
    """
    strength, colour = number_or(Path, args.strength), number_or(str, args.colour)
    if args.max_side is not None and args.max_side < 1:
        raise UsageError(f"--max-side is {args.max_side}; it is 1 or more")
    return (
        shape_controls(args)
        | fineness(args)
        | {
            "strength": strength if isinstance(strength, Path) else between("strength", strength),
            "colour": colour_share(colour),
            "stroke": stroke_size(args.stroke),
            "detail": between("detail", args.detail),
            "regions": [region(text) for text in args.region],
            "reference_frame": args.reference_frame,
            "max_side": args.max_side,
        }
    )


def fineness(args: argparse.Namespace) -> dict[str, Any]:
    """That of strokes, where it is given."""
    if args.fineness is None:
        return {}
    given = number_or(Path, args.fineness)
    return {"fineness": given if isinstance(given, Path) else between("fineness", given)}


def shape_controls(args: argparse.Namespace) -> dict[str, Any]:
    """Those of --shape, where it is given.

    Raises:
        UsageError: it is not and a mask for it is, or it is not said whose shape.
    """
    masks = {name: mask for name in ("mask", "style_mask") if (mask := getattr(args, name))}
    if not args.shape and masks:
        option = "--" + next(iter(masks)).replace("_", "-")
        raise UsageError(
            f"{option} is for --shape: add it (--strength {next(iter(masks.values()))} paints a part of the photo)"
        )
    if args.shape and args.style_mask and len(args.style_image) > 1:
        raise UsageError("--style-mask is of one style picture, and there are several: paint them in runs of their own")
    if args.shape and not args.style_mask and (args.style or args.mix or not args.style_image):
        raise UsageError(
            "--shape takes the shape of a style picture: add --style-image, or a mask of one (--style-mask)"
        )
    return {"shape": True, **masks} if args.shape else {}


def refuse_empty(args: argparse.Namespace) -> None:
    """Refuses options that were given without a value, as by a variable of the shell that is not set."""
    for name in TEXTS:
        given = getattr(args, name)
        for value in given if isinstance(given, list) else [given]:
            # of "--style=--" some versions of argparse make an empty list; Path("") is the current folder
            if value == [] or str(value) in ("", "--") or (isinstance(value, Path) and value == Path()):
                option = "--" + name.replace("_", "-")
                raise UsageError(f"{option} has no value: is a variable of the shell not set?")


def mixture(text: str) -> list[tuple[str | Path, float]]:
    """Reads "van gogh:0.7, @wave.jpg:0.3"; names may hold commas, and semicolons may stand between.

    >>> mixture("titian, dark:0.7; @wave.jpg:30%")
    [('titian, dark', 0.7), (PosixPath('wave.jpg'), 0.3)]
    """
    parts = list(PART.finditer(text))
    glued = any(re.search(rf":\s*{NUMBER}", part[1]) for part in parts)
    if not parts or glued or "".join(part.group() for part in parts) != text:
        raise UsageError(f"cannot read the mix {text!r}: write it like 'van gogh:0.7, ukiyo-e:0.3'")
    pairs = [(name_or_file(part[1]), number(part[2])) for part in parts]
    if any(weight < 0 for _, weight in pairs):
        raise UsageError(f"a weight of the mix {text!r} is below 0; weights are 0 or more")
    return pairs


def region(text: str) -> tuple[Path, str | Path]:
    """Reads "mask.png=claude monet"."""
    mask, equals, style = text.rpartition("=")
    if not equals or not mask or not style.strip():
        raise UsageError(f"cannot read the region {text!r}: write it like 'mask.png=claude monet'")
    return Path(mask), name_or_file(style)


def name_or_file(text: str) -> str | Path:
    """A style's name, or the file after an @."""
    return Path(text[1:]) if text.startswith("@") and len(text) > 1 else text
