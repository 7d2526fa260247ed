"""Clips on the command line: which of the files that were named are some, what is asked of them, and how one is painted."""

import argparse
import json
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from txst.commands.errors import Stopped, UsageError
from txst.commands.jobs import Job, Result
from txst.commands.names import Out
from txst.commands.pictures import Found
from txst.commands.records import note_from, with_contents
from txst.files.encode import FORMATS
from txst.pictures.movies import CLIPS, MOVIES, can_read_clips, is_animated, is_movie
from txst.video.keyframes import read_keyframes, seconds

if TYPE_CHECKING:  # it imports what painting needs
    from txst import Stylist
    from txst.video.painting import PaintedClip, Ready


def clip_controls(args: argparse.Namespace) -> dict[str, Any]:
    """What is asked of clips alone: arguments of `paint_clip`.

    Raises:
        ValueError: something cannot be meant.
    """
    start, end = (seconds(text) if text is not None else None for text in (args.start, args.end))
    if end is not None and end <= (start or 0):
        raise ValueError(f"--end {args.end} does not lie behind --start {args.start or 0}")
    if args.every < 1:
        raise ValueError(f"--every is {args.every}; it is 1 or more")
    try:
        keyframes = read_keyframes(args.keyframes) if args.keyframes else None
    except OSError as error:
        raise UsageError(f"--keyframes {args.keyframes}: {str(error.strerror).lower()}") from error
    given = {"start": start, "end": end, "every": args.every if args.every > 1 else None, "keyframes": keyframes}
    return {name: value for name, value in given.items() if value is not None}


def keyframe_styles(clip: dict[str, Any]) -> list[str | Path]:
    """The styles that key frames name."""
    return [value for _, name, value in clip.get("keyframes") or () if name == "style"]


def with_clips(photos: Sequence[Found], out: Out, asked: dict[str, Any]) -> list[Found]:
    """The photos, of which some are clips; animated pictures are, unless their result is a still one.

    Raises:
        UsageError: a clip's result, or what is asked of clips, does not fit.
        ModuleNotFoundError: something is missing to paint clips with.
    """
    ending = (out.file or Path(out.template)).suffix.lower()
    still = out.pipe or (ending in FORMATS and ending not in CLIPS)
    moves = ending in CLIPS and ending not in FORMATS
    found = []
    for photo in photos:
        movie = is_movie(photo.path)
        clip = movie or (not still and is_animated(photo.path) and can_read_clips())
        if movie and still:
            where = "standard output takes" if out.pipe else f"{out.file or out.template} is"
            raise UsageError(
                f"{where} a picture, and {photo.shown} is a clip: name a file that ends in one of {', '.join(CLIPS)}"
            )
        if not clip and (moves or asked):
            what = (
                f"{out.file or out.template}: photos are not written as {ending}"
                if moves
                else f"--{next(iter(asked))} is for clips"
            )
            raise UsageError(f"{what}, and {photo.shown} is a photo")
        found.append(replace(photo, clip=clip))
    if any(photo.clip for photo in found):
        import av  # noqa: F401
        import cv2  # noqa: F401
    return found


def left_out(given: Sequence[str]) -> str | None:
    """A line on the movies in folders, which are painted by their names alone: they take long."""
    folders = [Path(name) for name in given if Path(name).is_dir()]
    found = (file for folder in folders for file in folder.rglob("*") if not is_hidden(file.relative_to(folder)))
    count = sum(file.suffix.lower() in MOVIES and file.is_file() for file in found)
    if not count:
        return None
    return f"{count} movie{'s are' if count > 1 else ' is'} left out: in a folder movies are painted if they are named, like 'folder/*.mp4'"


def is_hidden(path: Path) -> bool:
    """Whether its name or that of a folder above begins with a dot, as of those in which clips are being painted."""
    return any(part.startswith(".") for part in path.parts)


def look_at_clip(path: Path) -> bool:
    """Reads the first frame of what is a clip, so that an error is told once; False: it is none."""
    if not is_movie(path) and not is_animated(path):
        return False
    from txst.video.moving import open_clip

    open_clip(path)
    return True


def size_of_clip(path: Path) -> tuple[int, int]:
    """Width and height of a result."""
    from txst.video.moving import open_clip

    return open_clip(path).size


def paint_in_place(
    stylist: "Stylist", job: Job, result: Result, strip: bool, ready: "Ready", stop: threading.Event
) -> "PaintedClip":
    """Paints a clip into its file, with a bar of its frames.

    Args:
        stylist: the model.
        job: whose photo is the clip.
        result: where it goes, and how.
        strip: leaves out what the source says beside its frames.
        ready: is called before the result is written.
        stop: is set where the run was interrupted.
    """
    from tqdm import tqdm

    from txst.video.painting import paint_clip

    record, arguments, path = result.record, dict(result.arguments), result.path or Path()
    with tqdm(unit="frame", desc=path.name, leave=False, dynamic_ncols=True) as bar:

        def told(done: int, total: int) -> None:
            if stop.is_set():
                raise Stopped
            if bar.total is None:
                bar.initial = bar.n = done  # what an earlier run has painted says nothing of the speed
            bar.total = total
            bar.update(done - bar.n)

        return paint_clip(
            stylist,
            job.photo.path,
            path,
            arguments.pop("style", None),
            **arguments,
            note=note_from(with_contents(record, result.files)),
            made=json.dumps([record["made"], record["state"], record["files"]]),
            strip=strip,
            progress=told,
            ready=ready,
        )


def notices_of(painted: "PaintedClip", job: Job) -> list[str]:
    """What a reader wants to know of a clip that was painted."""
    before = [f"{painted.kept} frames were painted by an earlier run"] if painted.kept else []
    return [f"{job.photo.shown}: {notice}" for notice in [*before, *painted.notices]]
