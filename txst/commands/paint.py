"""txst PHOTO... --style NAME: paints photos."""

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from txst.commands.arguments import RequestedStyle, controls, refuse_empty, requested_styles
from txst.commands.clips import clip_controls, keyframe_styles, left_out, look_at_clip, with_clips
from txst.commands.errors import UsageError
from txst.commands.jobs import SAMPLE, Job, photos_to_paint, planned
from txst.commands.names import Out, read_out
from txst.commands.options import parser
from txst.commands.pictures import PIPE, exists
from txst.commands.records import Guard, style_key
from txst.commands.sheets import refuse_sheets, write_sheets
from txst.commands.wording import in_options
from txst.commands.working import Outcome, worked
from txst.files.printable import printable
from txst.images import PictureError
from txst.palette.lookup import Palette
from txst.palette.spelling import fold
from txst.video.keyframes import refuse_twice

if TYPE_CHECKING:  # it imports what painting needs, and errors of the command line come before
    from txst import Stylist

__all__ = ["SAMPLE", "SAMPLE_STYLES", "limit_pixels", "run", "understood"]
SAMPLE_STYLES = ["claude monet", "vincent van gogh", "katsushika hokusai", "albrecht durer"]
NO_STYLE = 'no style was given: add --style "claude monet" or --style-image painting.jpg'


def run(argv: Sequence[str]) -> int:
    """Paints every photo in every style and prints where the results are; returns 0, or 1 if a picture failed."""
    args = parser().parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="txst-") if PIPE in args.photos else nullcontext("") as spool:
        return paint_all(args, Path(spool))


def no_style(photos: Sequence[str]) -> str:
    """That a style is missing; what is no file may have been meant for one."""
    meant = next((p for p in photos if not Path(p).suffix and p != PIPE and not Path(p).exists()), None)
    return NO_STYLE + (f"; {meant!r} is taken for a photo" if meant else "")


def paint_all(args: argparse.Namespace, spool: Path) -> int:
    """Runs what was asked for; nothing is painted before everything that was typed is understood."""
    if not named(args) and args.photos and not args.model and not args.keyframes:
        raise UsageError(no_style(args.photos))
    styles, common, out = read_options(args)
    asked = named(args) or bool(keyframe_styles(args.clip))
    if not asked and args.photos and not args.model:
        raise UsageError(no_style(args.photos))
    limit_pixels(args.max_pixels)
    movies = left_out(args.photos)
    photos, left = photos_to_paint(args.photos, spool, movies)
    photos = with_clips(photos, out, args.clip)

    from txst import Stylist
    from txst.model_folder.hub import model_folder

    folder = model_folder(args.model)
    stylist = Stylist.from_pretrained(folder, args.device, args.backend, args.precision)
    if not asked and stylist.painter.reads != {"fixed"}:
        if args.photos or "text" not in stylist.painter.reads:
            raise UsageError(NO_STYLE)
        args.style = SAMPLE_STYLES
        styles = list(requested_styles(args))
    jobs = planned(args, out, photos, styles, common, folder)
    clips = any(photo.clip for photo in photos)
    if clips and args.shape:
        raise UsageError("--shape is for photos, and there is a clip: paint it in a run of its own, without --shape")
    if clips and args.fineness is not None:
        raise UsageError(
            "--fineness is for photos, and there is a clip: paint it in a run of its own, without --fineness"
        )
    masks = [common.get("fineness"), args.mask, args.style_mask, *(mask for mask, _ in common["regions"])]
    look_at([args.reference_frame, common["strength"], *masks], clips)
    guard = guarded(jobs, args.overwrite)
    if args.sheet:
        if clips:
            raise UsageError("--sheet shows photos side by side, and there is a clip: paint it in a run of its own")
        refuse_sheets(out, len(jobs), guard)
    say = speaker(args.json or out.pipe)
    if left:
        say(f"{left} earlier result{'s are' if left > 1 else ' is'} left out; to paint one again, name it alone")
    if movies:
        say(movies)
    for notice in check(stylist, styles, [*(style for _, style in common["regions"]), *keyframe_styles(args.clip)]):
        say(notice)
    outcomes = list(worked(stylist, jobs, args, guard, say))
    missing = len(jobs) * len(styles) - sum(outcome.painted + outcome.kept for outcome in outcomes)
    say(summary(outcomes, jobs, out))
    if args.sheet:
        rows = {job.photo.path: [result.path for result in job.results if result.path] for job in jobs}
        for sheet in write_sheets(rows, [style.label for style in styles], out.base):
            say(str(sheet))
    return int(missing > 0)


def named(args: argparse.Namespace) -> bool:
    """Whether the command says in what to paint."""
    return any((args.style, args.style_image, args.mix, args.region))


def read_options(args: argparse.Namespace) -> tuple[list[RequestedStyle], dict[str, Any], Out]:
    """The styles, each once; the controls that they share; and where results go.

    Raises:
        UsageError: something cannot be meant.
    """
    refuse_empty(args)
    with typed():
        args.clip = clip_controls(args)
        styles, common, out = list(requested_styles(args)), controls(args), read_out(args.out)
        for style in styles:
            refuse_twice(args.clip.get("keyframes", []), common | style.arguments)
    if args.jobs < 1:
        raise UsageError(f"--jobs must be 1 or more, not {args.jobs}")
    if out.pipe and sys.stdout.isatty():
        raise UsageError("a picture would be printed to the terminal: add > result.png")
    return list({style_key(style.arguments): style for style in reversed(styles)}.values())[::-1], common, out


def look_at(controls: Sequence[object], clips: bool) -> None:
    """Reads those that are files, so that an error is told once, and not for every photo; for clips they may be clips."""
    from txst.images import read_picture

    for control in controls:
        if isinstance(control, Path) and not (clips and look_at_clip(control)):
            read_picture(control)


def guarded(jobs: Sequence[Job], overwrite: bool) -> Guard:
    """Keeps the photos, and the masks, style pictures and frames, which have to be there."""
    photos = [job.photo.path for job in jobs]
    others = [file for result in jobs[0].results for file in result.files[1:]]
    for file in others:
        if not exists(file):
            raise PictureError(f"{file}: no such file")
    return Guard([*photos, *others], overwrite)


def summary(outcomes: Sequence[Outcome], jobs: Sequence[Job], out: Out) -> str:
    """How many are painted, and where they are."""
    painted, kept = sum(outcome.painted for outcome in outcomes), sum(outcome.kept for outcome in outcomes)
    total = sum(len(job.results) for job in jobs)
    before = f", {kept} were already there" if kept else ""
    where = "standard output" if out.pipe else jobs[0].results[0].path if total == 1 else f"{out.base}/"
    return f"{painted} of {total} painted{before}" + (f": {where}" if painted or kept else "")


@contextmanager
def typed() -> Iterator[None]:
    """Inside, what is wrong was typed wrongly."""
    try:
        yield
    except PictureError:
        raise
    except ValueError as error:
        raise UsageError(in_options(str(error))) from error


def speaker(aside: bool) -> Callable[[str], None]:
    """Prints lines between the bars of progress; on stderr if something else is printed on stdout."""
    from tqdm import tqdm

    return lambda line: tqdm.write(printable(line, lines=False), file=sys.stderr if aside else sys.stdout)


def check(stylist: "Stylist", styles: Sequence[RequestedStyle], inside: Sequence[str | Path]) -> Iterator[str]:
    """Refuses unknown styles, and style pictures that cannot be used, before anything is painted; `inside` are those of regions and key frames.

    Gives a sentence for each style that is spelled differently.
    """
    common = {key: value for key, value in styles[0].arguments.items() if key in ("variation", "nearest")}
    others = [common | {"style" if isinstance(style, str) else "style_image": style} for style in inside]
    for arguments in [*(style.arguments for style in styles), *others]:
        if {"style", "style_image", "mix"} & arguments.keys():
            given = dict(arguments)
            text = given.pop("style", None)
            stylist.styles.encode(text, given.pop("style_image", None), **given)
            for named in [text] if text else [part for part, _ in given.get("mix", ()) if isinstance(part, str)]:
                if notice := understood(named, stylist.painter.palette, given.get("nearest", False)):
                    yield notice


def understood(style: str, palette: Palette | None, nearest: bool = False) -> str | None:
    """A line on what was understood of a style, and what in it is not used; None if it is the name itself."""
    if palette is None or fold(style) in map(fold, palette.known):
        return None
    return f"{style!r} understood: {palette.describe(style, nearest)}"


def limit_pixels(most: int | None) -> None:
    """Sets the most pixels of a picture, for the whole process; Pillow keeps the limit. Its warnings are not for users."""
    import warnings

    from PIL import Image

    warnings.filterwarnings("ignore", module="PIL")
    if most is not None:
        if most < 1:
            raise UsageError(f"--max-pixels must be 1 or more, not {most}")
        Image.MAX_IMAGE_PIXELS = most
