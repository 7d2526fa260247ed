"""txst PHOTO... --style NAME: paints photos."""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from txst.commands.errors import UsageError
from txst.commands.jobs import SAMPLE, Job, Result, photos_to_paint, planned
from txst.commands.names import Out, read_out
from txst.commands.options import RequestedStyle, controls, parser, refuse_empty, requested_styles
from txst.commands.pictures import PIPE, exists
from txst.commands.records import Guard, is_done, is_unchanged, note_from, read_record, style_key, with_contents
from txst.commands.sheets import refuse_sheets, write_sheets
from txst.commands.wording import in_options
from txst.files.encode import remove_leftovers
from txst.files.metadata import open_header, read_metadata
from txst.files.printable import printable
from txst.images import PictureError
from txst.palette.lookup import Palette
from txst.palette.spelling import fold

if TYPE_CHECKING:  # it imports what painting needs, and errors of the command line come before
    from PIL import Image

    from txst import Photo, Stylist

__all__ = ["SAMPLE", "SAMPLE_STYLES", "limit_pixels", "run", "understood"]
SAMPLE_STYLES = ["claude monet", "vincent van gogh", "katsushika hokusai", "albrecht durer"]
NO_STYLE = 'no style was given: add --style "claude monet" or --style-image painting.jpg'


@dataclass
class Outcome:
    """What became of a photo.

    Args:
        lines: for each result what --json prints of it.
        notices: about the photo.
        errors: for each result that failed, but once where the photo is to blame.
    """

    painted: int = 0
    kept: int = 0  # results that were already there
    lines: list[dict[str, Any]] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


def run(argv: Sequence[str]) -> int:
    """Paints every photo in every style and prints where the results are; returns 0, or 1 if a picture failed."""
    args = parser().parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="txst-") if PIPE in args.photos else nullcontext("") as spool:
        return paint_all(args, Path(spool))


def paint_all(args: argparse.Namespace, spool: Path) -> int:
    """Runs what was asked for; nothing is painted before everything that was typed is understood."""
    refuse_empty(args)
    asked = any((args.style, args.style_image, args.mix, args.region))
    if not asked and args.photos and not args.model:
        raise UsageError(NO_STYLE)
    with typed():
        styles, common, out = list(requested_styles(args)), controls(args), read_out(args.out)
    styles = list({style_key(style.arguments): style for style in reversed(styles)}.values())[::-1]
    if args.jobs < 1:
        raise UsageError(f"--jobs must be 1 or more, not {args.jobs}")
    if out.pipe and sys.stdout.isatty():
        raise UsageError("a picture would be printed to the terminal: add > result.png")
    limit_pixels(args.max_pixels)
    photos, left = photos_to_paint(args.photos, spool)

    from txst import Stylist
    from txst.images import read_picture
    from txst.model_folder.hub import model_folder

    folder = model_folder(args.model)
    stylist = Stylist.from_pretrained(folder, args.device, args.backend, args.precision)
    if not asked and stylist.painter.reads != {"fixed"}:
        if args.photos or "text" not in stylist.painter.reads:
            raise UsageError(NO_STYLE)
        args.style = SAMPLE_STYLES
        styles = list(requested_styles(args))
    jobs = planned(args, out, photos, styles, common, folder)
    masks = [mask for mask, _ in common["regions"]] + [common["strength"]]
    for file in (args.reference_frame, *masks):
        if isinstance(file, Path):
            read_picture(file)  # so that an error is reported once, not for every photo
    guard = guarded(jobs, args.overwrite)
    if args.sheet:
        refuse_sheets(out, len(jobs), guard)
    say = speaker(args.json or out.pipe)
    if left:
        say(f"{left} earlier result{'s are' if left > 1 else ' is'} left out; to paint one again, name it alone")
    for notice in check(stylist, styles, common["regions"]):
        say(notice)
    outcomes = list(worked(stylist, jobs, args, guard, say))
    missing = len(jobs) * len(styles) - sum(outcome.painted + outcome.kept for outcome in outcomes)
    say(summary(outcomes, jobs, out))
    if args.sheet:
        rows = {job.photo.path: [result.path for result in job.results if result.path] for job in jobs}
        for sheet in write_sheets(rows, [style.label for style in styles], out.base):
            say(str(sheet))
    return int(missing > 0)


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
    return f"{painted} of {total} painted{before}: {where}"


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


def check(
    stylist: "Stylist", styles: Sequence[RequestedStyle], regions: Sequence[tuple[Path, str | Path]]
) -> Iterator[str]:
    """Refuses unknown styles, and style pictures that cannot be used, before anything is painted.

    Gives a sentence for each style that is spelled differently.
    """
    common = {key: value for key, value in styles[0].arguments.items() if key in ("variation", "nearest")}
    of_regions = [common | {"style" if isinstance(style, str) else "style_image": style} for _, style in regions]
    for arguments in [*(style.arguments for style in styles), *of_regions]:
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


def understood_of(stylist: "Stylist", arguments: dict[str, Any]) -> str:
    """What was understood of all that a result is painted in."""
    nearest = arguments["nearest"]

    def told(style: str | Path) -> str:
        return style.name if isinstance(style, Path) else stylist.describe(style, nearest)

    whole = [told(arguments[name]) for name in ("style", "style_image") if name in arguments]
    mixed = [f"{weight:g} of {told(part)}" for part, weight in arguments.get("mix") or ()]
    inside = [f"{told(style)} in {mask.name}" for mask, style in arguments["regions"]]
    return "; ".join([*whole, *mixed, *inside])


def limit_pixels(most: int | None) -> None:
    """Sets the most pixels of a picture, for the whole process; Pillow keeps the limit. Its warnings are not for users."""
    import warnings

    from PIL import Image

    warnings.filterwarnings("ignore", module="PIL")
    if most is not None:
        if most < 1:
            raise UsageError(f"--max-pixels must be 1 or more, not {most}")
        Image.MAX_IMAGE_PIXELS = most


def worked(
    stylist: "Stylist", jobs: Sequence[Job], args: argparse.Namespace, guard: Guard, say: Callable[[str], None]
) -> Iterator[Outcome]:
    """The outcomes of all jobs, which are told as they come."""
    from tqdm import tqdm

    for folder in {result.path.parent for job in jobs for result in job.results if result.path}:
        remove_leftovers(folder)
    total = sum(len(job.results) for job in jobs)
    with tqdm(total=total, unit="picture", disable=total == 1) as bar:
        for outcome in run_jobs(jobs, args.jobs, lambda job: work(stylist, job, args, guard, bar.update)):
            for notice in outcome.notices:
                say(notice)
            for error in outcome.errors:
                tqdm.write(printable(f"txst: {error}"), file=sys.stderr)
            for line in outcome.lines if args.json else ():
                tqdm.write(json.dumps(line), file=sys.stderr if args.out == PIPE else sys.stdout)
            yield outcome


def run_jobs(jobs: Sequence[Job], threads: int, do: Callable[[Job], Outcome]) -> Iterator[Outcome]:
    """The outcomes in the order in which jobs finish. After an interruption no further job starts."""
    pool = ThreadPoolExecutor(threads)
    try:
        for finished in as_completed([pool.submit(do, job) for job in jobs]):
            yield finished.result()
    finally:
        pool.shutdown(cancel_futures=True)


def work(
    stylist: "Stylist", job: Job, args: argparse.Namespace, guard: Guard, step: Callable[[int], object]
) -> Outcome:
    """Paints a photo in every style in which it is not painted yet."""
    outcome, photo = Outcome(), None
    for result in job.results:
        begun = time.monotonic()
        line: dict[str, Any] = {"in": str(job.photo.shown), "out": str(result.path or PIPE)}
        try:
            if result.path and is_kept(result, args):
                outcome.kept += 1
                line["kept"] = True
                size = size_of(result.path)
            else:
                refuse(result, guard)
                photo = photo or opened(job, outcome)
                painting = stylist.paint(photo, **result.arguments)
                refuse(result, guard)  # what was put there meanwhile is kept, too
                write(painting, job, result, args.strip)
                outcome.painted += 1
                outcome.notices += flattened(painting, result.path)
                size = painting.size
            line |= {"size": size, "understood": understood_of(stylist, result.arguments)}
        except BrokenPipeError:
            raise
        except (PictureError, OSError, MemoryError) as error:
            line["error"] = reason(error, job, result)
            if line["error"] not in outcome.errors:
                outcome.errors.append(line["error"])
        line["seconds"] = round(time.monotonic() - begun, 3)
        outcome.lines.append(line)
        step(1)
    return outcome


def is_kept(result: Result, args: argparse.Namespace) -> bool:
    """Whether a result is there already; one that was changed since, too, but where it may be written over."""
    if args.again or result.path is None or not is_done(read_record(result.path), result.record, result.files):
        return False
    return not args.overwrite or is_unchanged(result.path)


def refuse(result: Result, guard: Guard) -> None:
    if result.path and (why := guard.refuses(result.path)):
        raise PictureError(why)


def opened(job: Job, outcome: Outcome) -> "Photo | Image.Image":
    """The photo, which is encoded once if it is painted more than once."""
    from txst import Photo
    from txst.images import notices, read_picture

    image = read_picture(job.photo.path)
    outcome.notices += [f"{job.photo.shown}: {notice}" for notice in notices(image)]
    return Photo.open(image, job.results[0].arguments["max_side"]) if len(job.results) > 1 else image


def write(painting: "Image.Image", job: Job, result: Result, strip: bool) -> None:
    """Writes a result with what its photo said, or nothing of it."""
    from txst.images import NO_METADATA, as_file, save_picture, to_srgb

    metadata = NO_METADATA
    if strip:
        painting = to_srgb(painting)
        painting.info.clear()
    else:
        metadata = read_metadata(job.photo.path, painting.size)
    note = note_from(with_contents(result.record, result.files))
    if result.path:
        save_picture(painting, result.path, note=note, metadata=metadata)
    else:
        sys.stdout.buffer.write(as_file(painting, Path("stdout.png"), 0, note, metadata))
        sys.stdout.buffer.flush()


def flattened(painting: "Image.Image", path: Path | None) -> list[str]:
    """A line if a JPEG has lost transparency."""
    if path is None or path.suffix.lower() not in (".jpg", ".jpeg") or painting.mode != "RGBA":
        return []
    if painting.getchannel("A").getextrema()[0] == 255:
        return []
    return [f"{path}: a JPEG has no transparency, so it lies on white; name a .png file (-o) to keep it"]


def size_of(path: Path) -> tuple[int, int] | None:
    """Width and height of a result; None beyond the limit on pixels."""
    from PIL import Image

    try:
        with open_header(path) as image:
            return image.size
    except Image.DecompressionBombError:
        return None


def reason(error: Exception, job: Job, result: Result) -> str:
    """The error of a result, which names the photo or the result."""
    if isinstance(error, MemoryError):
        return f"{job.photo.shown}: too large for the memory of this machine: shrink it (--max-side)"
    text = in_options(str(error)).replace(str(job.photo.path), str(job.photo.shown))
    if isinstance(error, OSError) and error.strerror:
        return f"{result.path or job.photo.shown}: {error.strerror.lower()}"
    named = (str(job.photo.shown), str(result.path))
    return text if any(name in text for name in named) else f"{job.photo.shown}: {text}"
