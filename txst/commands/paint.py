"""txst PHOTO... --style NAME: paints photos."""

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from txst.commands.options import Asked, asked, controls, parser
from txst.commands.pictures import found, mark, marked, target
from txst.palette.lookup import Palette
from txst.palette.spelling import fold

SAMPLE = Path(__file__).parent.parent / "sample.jpg"
SAMPLE_STYLES = ["claude monet", "vincent van gogh", "katsushika hokusai", "albrecht durer"]


@dataclass
class Job:
    """A photo, and what is to be made of it: a file for each way in which it is painted."""

    photo: Path
    results: dict[Path, Asked]


@dataclass
class Outcome:
    """What became of a job."""

    painted: int = 0
    kept: int = 0  # results that lay there already
    said: str = ""  # on the photo
    error: str = ""


def run(argv: Sequence[str]) -> int:
    """Paints every photo in every style and says where the results lie; 0, or 1 where any picture failed."""
    args = parser().parse_args(argv)
    if not args.photos and not any((args.style, args.style_image, args.mix, args.region)):
        args.style = SAMPLE_STYLES
    ways, told = list(asked(args)), controls(args)
    if not ways:
        raise ValueError('which style? Add --style "claude monet", or --style-image painting.jpg')
    if args.jobs < 1:
        raise ValueError(f"--jobs is {args.jobs}; one photo at a time is the least")
    jobs = list(planned(args, ways))

    from tqdm import tqdm

    from txst import Stylist
    from txst.images import read_picture

    limit_pixels(args.max_pixels)
    if args.steady:
        read_picture(args.steady)  # what is wrong with it is said once
    stylist = Stylist.from_pretrained(args.model, args.device, args.backend, args.precision)
    for said in check(stylist, ways, told["regions"]):
        tqdm.write(said)
    total, outcomes = len(jobs) * len(ways), []
    with tqdm(total=total, unit="picture", disable=total == 1) as bar:
        for outcome in done(jobs, args.jobs, lambda job: work(stylist, job, told, args, bar.update)):
            outcomes.append(outcome)
            if outcome.said:
                tqdm.write(outcome.said)
            if outcome.error:
                tqdm.write(f"txst: {outcome.error}", file=sys.stderr)
    painted, kept = sum(o.painted for o in outcomes), sum(o.kept for o in outcomes)
    before = f", {kept} lay there already" if kept else ""
    where = next(iter(jobs[0].results)) if painted == total == 1 else f"{args.out}/"
    tqdm.write(f"{painted} of {total} painted{before}, in {where}")
    if args.sheet:
        from txst.commands.sheets import write_sheets

        rows = {job.photo: list(job.results) for job in jobs}
        for sheet in write_sheets(rows, [way.label for way in ways], args.out):
            tqdm.write(str(sheet))
    return int(painted + kept < total)


def planned(args: argparse.Namespace, ways: Sequence[Asked]) -> Iterator[Job]:
    """A job for each photo.

    Raises:
        ValueError: there is none, or two results would be one file.
    """
    photos = dict(found(args.photos, args.out)) if args.photos else {SAMPLE: Path()}
    if not photos:
        raise ValueError(f"no pictures in {', '.join(map(str, args.photos))}")
    jobs = [
        Job(photo, {target(args.out / folder, photo, way.label): way for way in ways})
        for photo, folder in photos.items()
    ]
    if len({path for job in jobs for path in job.results}) < len(jobs) * len(ways):
        raise ValueError("two of the results would have the same name: paint them one at a time, or rename a photo")
    yield from jobs


def check(stylist: Any, ways: Sequence[Asked], regions: Sequence[tuple[Any, Any]]) -> Iterator[str]:
    """Refuses what is unknown before anything is painted; gives a sentence on each style that is spelled otherwise."""
    named = [{"style": style} for _, style in regions if isinstance(style, str)]
    told = {key: value for key, value in ways[0].how.items() if key in ("variation", "anyway")}
    for how in [*(way.how for way in ways), *({**told, **how} for how in named)]:
        if {"style", "mix"} & how.keys():
            given = dict(how)
            text = given.pop("style", None)
            stylist.styles.encode(text, **given)
            if text and (said := taken_for(text, stylist.painter.palette)):
                yield said


def taken_for(style: str, palette: Palette | None) -> str | None:
    """A sentence on the name that a style is taken for, where it is spelled otherwise."""
    name = palette.named(style) if palette else None
    return f"{style!r} is taken for {name!r}" if name and fold(name) not in fold(style) else None


def limit_pixels(most: int | None) -> None:
    """Refuses larger pictures. Pillow keeps the limit, for the process; what it warns of besides is no line for a user."""
    import warnings

    from PIL import Image

    warnings.filterwarnings("ignore", module="PIL")
    if most is not None:
        if most < 1:
            raise ValueError(f"--max-pixels is {most}; a picture has one at least")
        Image.MAX_IMAGE_PIXELS = most


def done(jobs: Sequence[Job], threads: int, do: Callable[[Job], Outcome]) -> Iterator[Outcome]:
    """The outcomes, as they come; what has not begun when something stops it is left."""
    pool = ThreadPoolExecutor(threads)
    try:
        for finished in as_completed([pool.submit(do, job) for job in jobs]):
            yield finished.result()
    finally:
        pool.shutdown(cancel_futures=True)


def work(stylist: Any, job: Job, told: dict[str, Any], args: argparse.Namespace, step: Callable[[int], Any]) -> Outcome:
    """Paints a photo in all ways in which it is not painted yet."""
    from txst import Photo
    from txst.images import PictureError, read_picture, save_picture

    outcome, photo = Outcome(), None
    try:
        for path, way in job.results.items():
            how = {**told, **way.how}
            wanted = mark(job.photo, how, stylist.folder, args.precision)
            if not args.again and marked(path, wanted):
                outcome.kept += 1
            else:
                if photo is None:
                    image = read_picture(job.photo)
                    frames = image.info.get("frames", 1)
                    outcome.said = f"{job.photo}: the first of {frames} frames" if frames > 1 else ""
                    photo = Photo.open(image, told["max_side"]) if len(job.results) > 1 else image
                save_picture(stylist.paint(photo, **how), path, note=wanted)
                outcome.painted += 1
            step(1)
    except (PictureError, OSError, MemoryError) as error:
        what = "too large for the memory here: shrink it (--max-side)"
        said = what if isinstance(error, MemoryError) else str(error)
        outcome.error = said if str(job.photo) in said else f"{job.photo}: {said}"
        step(len(job.results) - outcome.painted - outcome.kept)
    return outcome
