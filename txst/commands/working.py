"""The jobs of a run, done: each photo is painted into its files, and what became of it is told."""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

from txst.commands.clips import notices_of, paint_in_place, size_of_clip
from txst.commands.jobs import Job, Result
from txst.commands.pictures import PIPE
from txst.commands.records import Guard, is_done, is_unchanged, note_from, read_record, with_contents
from txst.commands.wording import in_options
from txst.files.encode import remove_leftovers
from txst.files.metadata import open_header, read_metadata
from txst.files.printable import printable
from txst.images import PictureError

if TYPE_CHECKING:
    from PIL import Image

    from txst import Photo, Stylist


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


def worked(
    stylist: "Stylist", jobs: Sequence[Job], args: argparse.Namespace, guard: Guard, say: Callable[[str], None]
) -> Iterator[Outcome]:
    """The outcomes of all jobs, which are told as they come."""
    from tqdm import tqdm

    for folder in {result.path.parent for job in jobs for result in job.results if result.path}:
        remove_leftovers(folder)
    total = sum(len(job.results) for job in jobs)
    with tqdm(total=total, unit="picture", disable=total == 1) as bar:
        for outcome in run_jobs(jobs, args.jobs, lambda job, stop: work(stylist, job, args, guard, bar.update, stop)):
            for notice in outcome.notices:
                say(notice)
            for error in outcome.errors:
                tqdm.write(printable(f"txst: {error}"), file=sys.stderr)
            for line in outcome.lines if args.json else ():
                tqdm.write(json.dumps(line), file=sys.stderr if args.out == PIPE else sys.stdout)
            yield outcome


def run_jobs(jobs: Sequence[Job], threads: int, do: Callable[[Job, Event], Outcome]) -> Iterator[Outcome]:
    """The outcomes in the order in which jobs finish. After an interruption no further job starts, and clips are told to stop."""
    pool, stop = ThreadPoolExecutor(threads), Event()
    try:
        for finished in as_completed([pool.submit(do, job, stop) for job in jobs]):
            yield finished.result()
    finally:
        stop.set()
        pool.shutdown(cancel_futures=True)


def work(
    stylist: "Stylist", job: Job, args: argparse.Namespace, guard: Guard, step: Callable[[int], object], stop: Event
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
                size = size_of_clip(result.path) if job.photo.clip else size_of(result.path)
            else:
                refuse(result, guard)
                if job.photo.clip:
                    clip = paint_in_place(stylist, job, result, args.strip, partial(refuse, result, guard), stop)
                    outcome.notices += notices_of(clip, job)
                    line["frames"], size = clip.frames, clip.size
                else:
                    photo = photo or opened(job, outcome)
                    painting = stylist.paint(photo, **result.arguments)
                    refuse(result, guard)  # what was put there meanwhile is kept, too
                    write(painting, job, result, args.strip)
                    outcome.notices += flattened(painting, result.path)
                    size = painting.size
                outcome.painted += 1
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
    image.filename = str(job.photo.shown)  # type: ignore[attr-defined]  # its name in warnings
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


def understood_of(stylist: "Stylist", arguments: dict[str, Any]) -> str:
    """What was understood of all that a result is painted in."""
    nearest = arguments["nearest"]

    def told(style: str | Path) -> str:
        return style.name if isinstance(style, Path) else stylist.describe(style, nearest)

    whole = [told(arguments[name]) for name in ("style", "style_image") if name in arguments]
    later = [f"{told(style)} at {at:g} s" for at, name, style in arguments.get("keyframes") or () if name == "style"]
    mixed = [f"{weight:g} of {told(part)}" for part, weight in arguments.get("mix") or ()]
    inside = [f"{told(style)} in {mask.name}" for mask, style in arguments["regions"]]
    return "; ".join([*whole, *mixed, *later, *inside])
