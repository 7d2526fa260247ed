"""Paints a clip: `paint_clip` is the door."""

import hashlib
import json
import os
import secrets
from collections.abc import Callable, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import av

from txst.files.encode import part_beside
from txst.files.note import note_of
from txst.images import PictureError
from txst.inference.controls import Controls, is_number, whole
from txst.inference.stylist import Stylist
from txst.model_folder.config import WEIGHTS
from txst.painting import made_by
from txst.video.encoding import KINDS
from txst.video.job import LENGTH, ClipJob, Told
from txst.video.joining import Span
from txst.video.moving import open_clip
from txst.video.segments import Segment, Work, locked

OF_PHOTOS = {"shape", "mask", "style_mask", "fineness"}  # controls that clips have not
Ready = Callable[[], object]


class PaintedClip(NamedTuple):
    """What became of a clip."""

    size: tuple[int, int]  # width and height as it is seen
    frames: int
    kept: int  # frames that an earlier run had painted
    notices: list[str]  # what of the clip is not taken over


def paint_clip(
    stylist: Stylist,
    source: str | Path,
    target: str | Path,
    style: str | None = None,
    *,
    start: float = 0,
    end: float | None = None,
    every: int = 1,
    note: str | None = None,
    made: str | None = None,
    strip: bool = False,
    progress: Told | None = None,
    ready: Ready | None = None,
    **controls: Any,
) -> PaintedClip:
    """Paints a movie or an animated picture into a file that is whole or absent; after a kill the same call goes on.

    Args:
        stylist: the model.
        source: MP4, MOV, WebM, MKV, AVI, or an animated GIF, WebP or PNG.
        target: its ending names the format: .mp4, .mov, .webm, .mkv, .gif, .webp or .png.
        style: its name; or in `controls` a style_image or a mix.
        start: seconds of the clip's clock from which it is painted.
        end: to which it is.
        every: 2 takes every second frame alone, ...; each is shown until the next.
        note: says in the file what made it; None: this call does.
        made: differs where anything that makes the result does; None: of these arguments and their files. A picture that is neither a path nor
            a file's name equals none, so that the clip begins anew.
        strip: leaves out what the source's file says beside its frames.
        progress: is told of each frame; what it raises ends the call, which goes on from there when it is made again.
        ready: is called when all frames are painted, before the result takes its place.
        controls: of `Stylist`, but that a mask may be the path of a clip, and `keyframes`, as `read_keyframes` gives them. Strength always
            mixes pixels.

    Raises:
        PictureError: for what is no usable clip.
        ValueError: for a control outside its range, or if the target is the source.
    """
    known = {*Controls.__annotations__, "keyframes"} - OF_PHOTOS
    if unknown := controls.keys() - known:
        raise TypeError(f"clips have no control {min(unknown)!r}; they have {', '.join(sorted(known))}")
    source, target = Path(source), Path(target)
    kind = KINDS.get(target.suffix.lower())
    if kind is None:
        raise ValueError(
            f"{target}: clips are not written as {target.suffix or 'this'}; take one of {', '.join(KINDS)}"
        )
    span, every = checked(start, end), whole("every", every, 1)
    says = made_by(source.name, stylist.name, style, {**controls, "start": start, "end": end, "every": every})
    note = note_of(says) if note is None else note
    clip = open_clip(source, controls.get("max_side"))
    if target.exists() and target.samefile(source):
        raise ValueError(f"{target} is the clip itself: name another file for its painting")
    parts = {"style": style, **controls, "model": stylist.folder / WEIGHTS}
    made = made or json.dumps([says, strip, source.stat().st_size, source.stat().st_mtime_ns, contents(parts)])
    job = ClipJob(stylist, clip, kind, span, every, {"style": style, **controls})
    work = Work(target, f"{made} {kind} {clip.size} {LENGTH}")
    try:
        with locked(work):
            done = work.begin()
            segments = [*done, *job.segments(work, done, progress)]
            if not segments:
                raise PictureError(f"{source}: no frame lies in the part that is painted; it has {clip.length:.2f} s")
            if ready:
                ready()
            write_whole(target, job, segments, note, {} if strip else dict(clip.tags))
            work.forget()
    except av.FFmpegError as error:
        raise PictureError(f"{target}: cannot be written ({error.strerror})") from None
    kept, frames = (sum(len(segment.times) for segment in some) for some in (done, segments))
    return PaintedClip(clip.size, frames, kept, [notice for notice in job.lost() if notice])


def write_whole(target: Path, job: ClipJob, segments: list[Segment], note: str, tags: dict[str, str]) -> None:
    """Writes the result beside and renames it."""
    part = part_beside(target)
    try:
        job.join(part, segments, note, tags)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def contents(value: Any) -> Any:
    """A control as plain data that tells it from others: files by what is in them; pixels equal none."""
    if value is None or is_number(value):
        return value if value is None else float(value)
    if isinstance(value, Mapping):
        return contents(list(value.items()))
    if isinstance(value, (list, tuple)):
        return [contents(part) for part in value]
    if not isinstance(value, (str, os.PathLike)):
        return secrets.token_hex()
    if not os.path.isfile(value):
        return str(value)
    with open(value, "rb") as file:
        return [str(value), hashlib.file_digest(file, "sha256").hexdigest()]


def checked(start: float, end: float | None) -> Span:
    """The part of a clip that is painted."""
    if start < 0 or (end is not None and end <= start):
        raise ValueError(
            f"the part from {start:g} s to {end:g} s has no frames" if end is not None else f"start is {start:g}"
        )
    return Span(
        Fraction(start).limit_denominator(10**6), None if end is None else Fraction(end).limit_denominator(10**6)
    )
