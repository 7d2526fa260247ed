"""The options of `txst PHOTO...`, and the arguments of `Stylist.paint` that they give."""

import argparse
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import txst
from txst.backends.backend import BACKENDS, PRECISIONS
from txst.commands.errors import UsageError
from txst.data.names import read_templates
from txst.inference.controls import STROKES, between, colour_share

Other = TypeVar("Other")
Add = Callable[..., object]  # adds an option, like `argparse`
NUMBER = r"[-+]?(?:\d+[.,]?\d*|[.,]\d+)(?:e[-+]?\d+)?\s*%?"
PART = re.compile(rf"\s*(.+?)\s*:\s*({NUMBER})\s*(?:[,;]|$)")  # of a mix
TEXTS = ("style", "style_image", "mix", "region", "strength", "colour", "reference_frame", "model")


@dataclass
class RequestedStyle:
    """One of the styles that every photo is painted in.

    Args:
        label: part of the names of the results.
        arguments: of `Stylist.paint`.
    """

    label: str
    arguments: dict[str, Any] = field(default_factory=dict)


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(
        prog="txst",
        description="Paints photos in a style: by its name, or from a picture that shows it. "
        "Without arguments it paints a sample photo. There are also `txst styles`, `txst serve` and `txst fetch`. "
        "docs/CONTROLS.md shows what the controls do.",
        epilog="A model on CLIP puts the name of a style into sentences, most often these: "
        + "; ".join(read_templates("art"))
        + " (txst/encoders/templates.yaml).",
    )
    p.add_argument("--version", action="version", version=f"txst {txst.__version__}")
    p.add_argument(
        "photos", nargs="*", help="photos, folders of photos, patterns like 'photos/**/*.jpg', or - for standard input"
    )
    style_options(p.add_argument_group("styles (repeat an option to paint every photo in several styles)").add_argument)
    control_options(p.add_argument_group("controls").add_argument)
    result_options(p.add_argument_group("results").add_argument)
    model_options(p.add_argument_group("model").add_argument)
    return p


def style_options(add: Add) -> None:
    add(
        "--style",
        action="append",
        default=[],
        help="the name of an artist, a movement or a texture, or words like 'dark'",
    )
    add("--style-image", action="append", default=[], type=Path, help="a picture in the style")
    add(
        "--mix",
        action="append",
        default=[],
        help="several styles with weights: 'van gogh:0.7, ukiyo-e:0.3'; @FILE is a picture",
    )
    add(
        "--variation",
        type=int,
        default=0,
        help="1 paints after another work of the artist, 2 after a third, ... (default: 0)",
    )
    add("--nearest", action="store_true", help="if a style is unknown, paint in the nearest known style")


def control_options(add: Add) -> None:
    add(
        "--strength",
        default="1",
        help="0 (the photo itself) to 1, also 50%%, or a mask picture: white is 1 (default: 1)",
    )
    add(
        "--colour",
        "--color",
        default="1",
        help="content (0, the photo's colours), style (1), or a number between (default: style)",
    )
    add("--stroke", type=number, default=1.0, help="2 makes strokes twice as large, ... (default: 1)")
    add("--detail", type=number, default=0.0, help="how much of the photo's fine detail to keep, 0 to 1 (default: 0)")
    add(
        "--region",
        action="append",
        default=[],
        metavar="MASK=STYLE",
        help="paint the white part of a mask in another style (@FILE: a picture); may be repeated",
    )
    add(
        "--reference-frame",
        type=Path,
        metavar="FRAME",
        help="for the frames of a video: use the feature statistics of this frame for all, so that they do not flicker",
    )
    add("--max-side", type=int, help="shrink photos whose longer side has more pixels than this")
    add("--max-pixels", type=int, help="refuse photos with more pixels than this (default: 179 million)")


def result_options(add: Add) -> None:
    add(
        "-o",
        "--out",
        default="outputs",
        help="a folder; the file, where there is one result; a template like 'out/{stem}_{style}_{n}.{ext}'; "
        "or - for standard output, as PNG (default: outputs)",
    )
    add("--again", action="store_true", help="paint again what was already painted with the same settings")
    add(
        "--overwrite",
        action="store_true",
        help="write over files that txst did not write, or that were changed since; never over a photo of this run",
    )
    add(
        "--strip", action="store_true", help="leave out EXIF, XMP, resolution, colour profile, and what made the result"
    )
    add("--json", action="store_true", help="print a line of JSON for each picture")
    add("--sheet", action="store_true", help="also put all results side by side into sheet.jpg")
    add("--jobs", type=int, default=1, help="how many photos to paint at the same time (default: 1)")


def model_options(add: Add) -> None:
    add("--model", help="a model folder, or org/name on the Hugging Face hub (default: the bundled model)")
    add(
        "--backend",
        choices=BACKENDS,
        default="auto",
        help="library that runs the network (default: onnxruntime if the model has ONNX graphs, otherwise torch)",
    )
    add("--precision", choices=PRECISIONS, default="float32", help="for bf16 and int8 see README, Backends")
    add("--device", default="auto", help="cuda, mps or cpu; all but cpu need torch")


def requested_styles(args: argparse.Namespace) -> Iterator[RequestedStyle]:
    """Every style that was named, shown or mixed. Regions without a style count as one; so does a model's own, where nothing is asked for."""
    common = {"variation": args.variation, "nearest": args.nearest}
    yield from (RequestedStyle(style, {"style": style, **common}) for style in args.style)
    yield from (RequestedStyle(file.stem, {"style_image": file, **common}) for file in args.style_image)
    yield from (RequestedStyle(mix.replace("@", ""), {"mix": mixture(mix), **common}) for mix in args.mix)
    if not (args.style or args.style_image or args.mix):
        yield RequestedStyle("regions" if args.region else "painted", common)


def controls(args: argparse.Namespace) -> dict[str, Any]:
    """The arguments of `Stylist.paint` that are the same for all styles.

    Raises:
        ValueError: a number lies outside its range.
    """
    strength, colour = number_or(Path, args.strength), number_or(str, args.colour)
    if args.max_side is not None and args.max_side < 1:
        raise UsageError(f"--max-side is {args.max_side}; it is 1 or more")
    return {
        "strength": strength if isinstance(strength, Path) else between("strength", strength),
        "colour": colour_share(colour),
        "stroke": between("stroke", args.stroke, *STROKES),
        "detail": between("detail", args.detail),
        "regions": [region(text) for text in args.region],
        "reference_frame": args.reference_frame,
        "max_side": args.max_side,
    }


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


def number(text: str) -> float:
    """Reads 0.5, 0,5 and 50%."""
    share = text.strip().removesuffix("%").replace(",", ".")
    return float(share) / 100 if text.strip().endswith("%") else float(share)


def number_or(kind: Callable[[str], Other], text: str) -> float | Other:
    """A number, or what a word stands for. A file that is named like a number is written ./1."""
    try:
        return number(text)
    except ValueError:
        return kind(text)
