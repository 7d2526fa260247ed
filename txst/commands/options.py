"""What `txst PHOTO...` can be asked for, and what of it a `Stylist` is told."""

import argparse
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import txst
from txst.backends.backend import BACKENDS, PRECISIONS
from txst.data.names import read_templates

Add = Callable[..., Any]  # adds an option, as `argparse` does
PART = re.compile(r"\s*(.+?)\s*:\s*([\d.]+(?:e-?\d+)?)\s*(?:,|$)")  # of a mix


@dataclass
class Asked:
    """One of the ways in which every photo is painted.

    Args:
        label: that results are named after.
        how: what `Stylist.paint` is told of the style.
    """

    label: str
    how: dict[str, Any] = field(default_factory=dict)


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(
        prog="txst",
        description="Paints photos in a style named by a text or shown by a picture. "
        "Without arguments it paints a sample photo. There are also `txst styles`, `txst serve` and `txst fetch`. "
        "docs/CONTROLS.md shows what the controls do.",
        epilog="A model on CLIP reads a style in sentences, most in these: "
        + "; ".join(read_templates("art"))
        + " (txst/encoders/templates.yaml).",
    )
    p.add_argument("--version", action="version", version=f"txst {txst.__version__}")
    p.add_argument("photos", nargs="*", help="photos, folders of photos, or patterns like 'photos/**/*.jpg'")
    style_options(p.add_argument_group("styles; each may be repeated, and every photo is painted in all").add_argument)
    control_options(p.add_argument_group("controls").add_argument)
    result_options(p.add_argument_group("results").add_argument)
    model_options(p.add_argument_group("model").add_argument)
    return p


def style_options(add: Add) -> None:
    add("--style", action="append", default=[], help="an artist, a movement, a texture, words for a look")
    add("--style-image", action="append", default=[], type=Path, help="a picture in the style")
    add("--mix", action="append", default=[], help="'van gogh:0.7, ukiyo-e:0.3'; @FILE is a picture")
    add("--variation", type=int, default=0, help="1 paints after the artist's next work, ... (default: 0)")
    add("--anyway", action="store_true", help="paint what comes nearest to a style that is unknown")


def control_options(add: Add) -> None:
    add("--strength", default="1", help="0 (the photo itself) to 1, or a mask, white for 1 (default: 1)")
    add("--colour", default="1", help="style, content, or between: 1 to 0 (default: style)")
    add("--stroke", type=float, default=1.0, help="2 paints everything twice as large, ... (default: 1)")
    add("--detail", type=float, default=0.0, help="share of the photo's fine detail, 0 to 1 (default: 0)")
    add(
        "--region",
        action="append",
        default=[],
        metavar="MASK=STYLE",
        help="paint where the mask is white in another style (@FILE: a picture); may be repeated",
    )
    add("--steady", type=Path, metavar="FRAME", help="of a film, the first: paints all by its means and deviations")
    add("--max-side", type=int, help="shrink photos whose longer side is longer, in pixels")
    add("--max-pixels", type=int, help="refuse photos with more (default: Pillow's limit, 89 million)")


def result_options(add: Add) -> None:
    add("-o", "--out", type=Path, default=Path("outputs"), help="folder (default: outputs)")
    add("--again", action="store_true", help="paint what lies there painted in the same way, too")
    add("--sheet", action="store_true", help="lay all results side by side, too: sheet.jpg")
    add("--jobs", type=int, default=1, help="photos at the same time (default: 1)")


def model_options(add: Add) -> None:
    add("--model", help="a model folder, or org/name of the hub (default: the bundled model)")
    add(
        "--backend",
        choices=BACKENDS,
        default="auto",
        help="what computes (default: onnxruntime where the model has graphs, else torch)",
    )
    add("--precision", choices=PRECISIONS, default="float32", help="bf16 and int8: README, Backends")
    add("--device", default="auto", help="cuda, mps, cpu: other than cpu means torch")


def asked(args: argparse.Namespace) -> Iterator[Asked]:
    """Every style that was named, shown or mixed; regions alone are one, too."""
    told = {"variation": args.variation, "anyway": args.anyway}
    yield from (Asked(style, {"style": style, **told}) for style in args.style)
    yield from (Asked(shown.stem, {"style_image": shown, **told}) for shown in args.style_image)
    yield from (Asked(mix.replace("@", ""), {"mix": mixture(mix), **told}) for mix in args.mix)
    if args.region and not (args.style or args.style_image or args.mix):
        yield Asked("regions", told)


def controls(args: argparse.Namespace) -> dict[str, Any]:
    """What holds for all styles."""
    return {
        "strength": number_or(Path, args.strength),
        "colour": number_or(str, args.colour),
        "stroke": args.stroke,
        "detail": args.detail,
        "regions": [region(text) for text in args.region],
        "steady": args.steady,
        "max_side": args.max_side,
    }


def mixture(text: str) -> list[tuple[str | Path, float]]:
    """Reads "van gogh:0.7, @wave.jpg:0.3"; names may hold commas.

    >>> mixture("titian, dark:0.7, @wave.jpg:0.3")
    [('titian, dark', 0.7), (PosixPath('wave.jpg'), 0.3)]
    """
    parts = list(PART.finditer(text))
    if not parts or "".join(part.group() for part in parts) != text:
        raise ValueError(f"the mix {text!r} is not like 'van gogh:0.7, ukiyo-e:0.3'")
    try:
        return [(named_or_shown(part[1]), float(part[2])) for part in parts]
    except ValueError:
        raise ValueError(f"the mix {text!r} has a weight that is no number") from None


def region(text: str) -> tuple[Path, str | Path]:
    """Reads "mask.png=claude monet"."""
    mask, equals, style = text.rpartition("=")
    if not equals or not mask or not style.strip():
        raise ValueError(f"the region {text!r} is not like 'mask.png=claude monet'")
    return Path(mask), named_or_shown(style)


def named_or_shown(text: str) -> str | Path:
    """A style's name, or the file after an @."""
    return Path(text[1:]) if text.startswith("@") and len(text) > 1 else text


def number_or(kind: Any, text: str) -> Any:
    try:
        return float(text)
    except ValueError:
        return kind(text)
