"""The options of `txst PHOTO...`, and how numbers are typed."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import txst
from txst.backends.backend import BACKENDS, PRECISIONS
from txst.data.names import read_templates

Other = TypeVar("Other")
Add = Callable[..., object]  # adds an option, like `argparse`
NUMBER = r"[-+]?(?:\d+[.,]?\d*|[.,]\d+)(?:e[-+]?\d+)?\s*%?"


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(
        prog="txst",
        description="Paints photos in a style: by its name, or from a picture that shows it. "
        "It paints movies and animated pictures, too: docs/VIDEO.md. "
        "Without arguments it paints a sample photo. There are also `txst styles`, `txst show`, `txst serve` and `txst fetch`. "
        "docs/CONTROLS.md shows what the controls do.",
        epilog="A model on CLIP puts the name of a style into sentences, most often these: "
        + "; ".join(read_templates("art"))
        + " (txst/encoders/templates.yaml).",
    )
    p.add_argument("--version", action="version", version=f"txst {txst.__version__}")
    p.add_argument(
        "photos",
        nargs="*",
        help="photos, clips, folders of photos, patterns like 'photos/**/*.jpg', or - for standard input",
    )
    style_options(p.add_argument_group("styles (repeat an option to paint every photo in several styles)").add_argument)
    control_options(p.add_argument_group("controls").add_argument)
    clip_options(p.add_argument_group("clips").add_argument)
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
    add(
        "--stroke",
        type=number,
        default=1.0,
        help="2 makes strokes twice as large, ...; 0 paints a large photo in its own size (default: 1)",
    )
    add(
        "--fineness",
        metavar="NUMBER|MASK",
        help="of a model that chooses strokes by place (AAMS): 0 (broad) to 1 (fine) everywhere, or a mask picture: white is fine "
        "(default: fine where its attention lies)",
    )
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
        help="use the feature statistics of this picture for all photos, or for all frames of a clip in place of its own",
    )
    add("--shape", action="store_true", help="the thing in the photo also takes the shape of that in the style picture")
    add(
        "--mask",
        type=Path,
        help="with --shape: white on the thing in the photo (default: its transparency, or what stands out)",
    )
    add("--style-mask", type=Path, help="with --shape: the same of the style picture")
    add("--max-side", type=int, help="shrink photos whose longer side has more pixels than this")
    add("--max-pixels", type=int, help="refuse photos with more pixels than this (default: 179 million)")


def clip_options(add: Add) -> None:
    add("--start", metavar="TIME", help="paint a clip from here: seconds, or 1:30")
    add("--end", metavar="TIME", help="... to here")
    add(
        "--every",
        type=int,
        default=1,
        metavar="N",
        help="paint every Nth frame alone; it stays until the next (default: 1)",
    )
    add(
        "--keyframes",
        type=Path,
        metavar="FILE",
        help="styles and strengths that change over time, as docs/VIDEO.md shows; masks (--strength, --region) may be clips",
    )


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
    add("--model", help="painter (the default), small, a model folder, or org/name on the Hugging Face hub")
    add(
        "--backend",
        choices=BACKENDS,
        default="auto",
        help="library that runs the network (default: onnxruntime if the model has ONNX graphs, otherwise torch)",
    )
    add("--precision", choices=PRECISIONS, default="float32", help="for bf16 and int8 see README, Backends")
    add("--device", default="auto", help="cuda, mps or cpu; all but cpu need torch")


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
