"""txst PHOTO... --style NAME: paints photos."""

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from txst.commands.options import RequestedStyle, controls, parser, requested_styles
from txst.commands.pictures import find_photos, has_note, settings_note, target
from txst.commands.wording import in_options
from txst.palette.lookup import Palette
from txst.palette.spelling import fold

if TYPE_CHECKING:  # it imports what painting needs, and errors of the command line come before
    from txst import Stylist

SAMPLE = Path(__file__).parent.parent / "sample.jpg"
SAMPLE_STYLES = ["claude monet", "vincent van gogh", "katsushika hokusai", "albrecht durer"]
NO_STYLE = 'no style was given: add --style "claude monet" or --style-image painting.jpg'


@dataclass
class Job:
    """A photo, and the file of each style that it is painted in."""

    photo: Path
    results: dict[Path, RequestedStyle]


@dataclass
class Outcome:
    """The result of a job."""

    painted: int = 0
    kept: int = 0  # results that were already there
    notice: str = ""  # about the photo
    error: str = ""


def run(argv: Sequence[str]) -> int:
    """Paints every photo in every style and prints where the results are; returns 0, or 1 if a picture failed."""
    args = parser().parse_args(argv)
    asked = any((args.style, args.style_image, args.mix, args.region))
    if not asked and args.photos and not args.model:
        raise ValueError(NO_STYLE)
    styles, common = list(requested_styles(args)), controls(args)
    if args.jobs < 1:
        raise ValueError(f"--jobs must be 1 or more, not {args.jobs}")
    jobs = list(planned(args, styles))

    from tqdm import tqdm

    from txst import Stylist
    from txst.images import read_picture

    limit_pixels(args.max_pixels)
    masks = [mask for mask, _ in common["regions"]] + [common["strength"]]
    for file in (args.reference_frame, *masks):
        if isinstance(file, Path):
            read_picture(file)  # so that an error is reported once, not for every photo
    stylist = Stylist.from_pretrained(args.model, args.device, args.backend, args.precision)
    if not asked and stylist.painter.reads != {"fixed"}:
        if args.photos or "text" not in stylist.painter.reads:
            raise ValueError(NO_STYLE)
        args.style = SAMPLE_STYLES
        styles = list(requested_styles(args))
        jobs = list(planned(args, styles))
    for notice in check(stylist, styles, common["regions"]):
        tqdm.write(notice)
    total, outcomes = len(jobs) * len(styles), []
    with tqdm(total=total, unit="picture", disable=total == 1) as bar:
        for outcome in run_jobs(jobs, args.jobs, lambda job: work(stylist, job, common, args, bar.update)):
            outcomes.append(outcome)
            if outcome.notice:
                tqdm.write(outcome.notice)
            if outcome.error:
                tqdm.write(f"txst: {outcome.error}", file=sys.stderr)
    painted, kept = sum(o.painted for o in outcomes), sum(o.kept for o in outcomes)
    before = f", {kept} were already there" if kept else ""
    where = next(iter(jobs[0].results)) if painted == total == 1 else f"{args.out}/"
    tqdm.write(f"{painted} of {total} painted{before}: {where}")
    if args.sheet:
        from txst.commands.sheets import write_sheets

        rows = {job.photo: list(job.results) for job in jobs}
        for sheet in write_sheets(rows, [style.label for style in styles], args.out):
            tqdm.write(str(sheet))
    return int(painted + kept < total)


def planned(args: argparse.Namespace, styles: Sequence[RequestedStyle]) -> Iterator[Job]:
    """A job for each photo.

    Raises:
        ValueError: there are no photos, or two results would have the same file name.
    """
    photos = dict(find_photos(args.photos, args.out)) if args.photos else {SAMPLE: Path()}
    if not photos:
        raise ValueError(f"found no pictures in {', '.join(map(str, args.photos))}")
    jobs = [
        Job(photo, {target(args.out / folder, photo, style.label): style for style in styles})
        for photo, folder in photos.items()
    ]
    if len({path for job in jobs for path in job.results}) < len(jobs) * len(styles):
        raise ValueError("two results would have the same file name: paint them in separate runs, or rename a photo")
    yield from jobs


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


def limit_pixels(most: int | None) -> None:
    """Sets the most pixels of a picture, for the whole process; Pillow keeps the limit. Its warnings are not for users."""
    import warnings

    from PIL import Image

    warnings.filterwarnings("ignore", module="PIL")
    if most is not None:
        if most < 1:
            raise ValueError(f"--max-pixels must be 1 or more, not {most}")
        Image.MAX_IMAGE_PIXELS = most


def run_jobs(jobs: Sequence[Job], threads: int, do: Callable[[Job], Outcome]) -> Iterator[Outcome]:
    """The outcomes in the order in which jobs finish. After an interruption no further job starts."""
    pool = ThreadPoolExecutor(threads)
    try:
        for finished in as_completed([pool.submit(do, job) for job in jobs]):
            yield finished.result()
    finally:
        pool.shutdown(cancel_futures=True)


def work(
    stylist: "Stylist", job: Job, common: dict[str, Any], args: argparse.Namespace, step: Callable[[int], object]
) -> Outcome:
    """Paints a photo in every style in which it is not painted yet."""
    from txst import Photo
    from txst.images import PictureError, notices, read_picture, save_picture

    outcome, photo = Outcome(), None
    try:
        for path, style in job.results.items():
            arguments = common | style.arguments
            note = settings_note(job.photo, arguments, stylist.folder, args.precision)
            if not args.again and has_note(path, note):
                outcome.kept += 1
            else:
                if photo is None:
                    image = read_picture(job.photo)
                    outcome.notice = "; ".join(f"{job.photo}: {notice}" for notice in notices(image))
                    photo = Photo.open(image, common["max_side"]) if len(job.results) > 1 else image
                save_picture(stylist.paint(photo, **arguments), path, note=note)
                outcome.painted += 1
            step(1)
    except (PictureError, OSError, MemoryError) as error:
        memory = "too large for the memory of this machine: shrink it (--max-side)"
        reason = memory if isinstance(error, MemoryError) else in_options(str(error))
        outcome.error = reason if str(job.photo) in reason else f"{job.photo}: {reason}"
        step(len(job.results) - outcome.painted - outcome.kept)
    return outcome
