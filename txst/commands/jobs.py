"""Which pictures a run paints, and into which files."""

import argparse
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from txst.commands.arguments import RequestedStyle
from txst.commands.errors import UsageError
from txst.commands.names import (
    Out,
    clip_words,
    control_words,
    cut,
    extension,
    folders_and_stems,
    joined,
    key,
    short,
    slug,
    usual_name,
)
from txst.commands.pictures import PIPE, Found, find_photos, without_results
from txst.commands.records import Record, files_in, is_same_picture, read_record, record_of
from txst.images import PictureError

SAMPLE = Path(__file__).parent.parent / "sample.jpg"


@dataclass
class Result:
    """A picture to be painted.

    Args:
        path: its file; None for standard output.
        style: that it is painted in.
        arguments: of `Stylist.paint`.
        record: what makes it.
        files: the photo, and other pictures that it is made of.
    """

    path: Path | None
    style: RequestedStyle
    arguments: dict[str, Any]
    record: Record
    files: list[Path]


@dataclass
class Job:
    """A photo, and its results."""

    photo: Found
    results: list[Result] = field(default_factory=list)


def photos_to_paint(given: Sequence[str], spool: Path, movies: str | None = None) -> tuple[list[Found], int]:
    """The photos of a run, of which one may come through a pipe, and how many earlier results are left out.

    Args:
        given: files, folders, patterns and "-".
        spool: folder for what came through the pipe.
        movies: a line on those that are left out.
    """
    if not given:
        return [Found(SAMPLE, named=True, shown=Path(SAMPLE.name))], 0
    photos, left = without_results(find_photos(name for name in given if name != PIPE))
    if PIPE in given:
        photos.append(Found(from_pipe(spool), named=True, shown=Path(PIPE)))
    if not photos:
        results = f"; {left} there are results of txst: name them to paint them again" if left else ""
        raise PictureError(f"found no pictures in {', '.join(given)}{results}{f'; {movies}' if movies else ''}")
    return photos, left


def from_pipe(spool: Path) -> Path:
    """Writes standard input into a file."""
    import shutil
    import sys

    file = spool / "stdin"
    with file.open("wb") as opened:
        shutil.copyfileobj(sys.stdin.buffer, opened)
    if not file.stat().st_size:
        raise PictureError("-: standard input is empty")
    return file


def planned(
    args: argparse.Namespace,
    out: Out,
    photos: Sequence[Found],
    styles: Sequence[RequestedStyle],
    controls: Mapping[str, Any],
    model: Path,
) -> list[Job]:
    """A job for each photo.

    Raises:
        UsageError: two results would have one file.
    """
    jobs = [Job(photo) for photo in photos]
    for job in jobs:
        for style in styles:
            arguments = {**controls, **style.arguments, **(args.clip if job.photo.clip else {})}
            record = record_of(job.photo, arguments, model, args)
            files = [job.photo.path, *files_in(arguments.values())]
            job.results.append(Result(None, style, arguments, record, files))
    several = len(photos) * len(styles) > 1
    if several and (out.file or out.pipe):
        count, where = len(photos) * len(styles), out.file or "standard output"
        raise UsageError(
            f"{where} takes one result, and there are {count}: name a folder with -o, or {{stem}}_{{style}}.png"
        )
    if not out.pipe:
        name_results(jobs, out, controls, args.precision)
    return jobs


def name_results(jobs: Sequence[Job], out: Out, controls: Mapping[str, Any], precision: str) -> None:
    """Gives every result its file."""
    taken: dict[str, Found] = {}
    number = 0
    for job, (below, stem) in zip(jobs, folders_and_stems([job.photo for job in jobs]), strict=True):
        stem = "stdin" if str(job.photo.shown) == PIPE else stem
        for result in job.results:
            number += 1
            words = control_words(controls, result.style.arguments, precision) + clip_words(result.arguments)
            if out.template:
                fields = {
                    "stem": cut(stem) if stem.strip(".") else "photo",
                    "style": slug(result.style.label),
                    "controls": joined(words),
                    "n": number,
                }
                path = Path(out.template.format(**fields, ext=extension(job.photo), folder=below))
                refuse_clash(path, job.photo, taken)
            elif out.file:
                path = out.file
            else:
                folder = (out.folder or Path()) / below
                path = free_name(folder / usual_name(job.photo, stem, result.style.label, words), result, taken)
            taken[key(path)] = job.photo
            result.path = path


def refuse_clash(path: Path, photo: Found, taken: Mapping[str, Found]) -> None:
    """Names both photos whose results would be one file."""
    if other := taken.get(key(path)):
        raise UsageError(
            f"{other.shown} and {photo.shown} would both be painted into {path}: "
            "put {stem}, {style}, {folder} or {n} into the template"
        )


def free_name(path: Path, result: Result, taken: Mapping[str, Found]) -> Path:
    """That path; if another picture has it, now or from an earlier run of txst, one with some digits that tell them apart."""
    record, earlier = result.record, read_record(path) if os.path.lexists(path) else None
    if key(path) not in taken and (not earlier or is_same_picture(earlier, record, result.files)):
        return path
    return path.with_name(f"{path.stem}-{short(str((record['made'], record['files'])))}{path.suffix}")
