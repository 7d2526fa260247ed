"""Paints a clip: `paint_clip` is the door."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import count, islice
from pathlib import Path
from typing import Any, NamedTuple

import av
import numpy as np
from PIL import Image

from txst.files.clip_note import seal_file, write_picture_note
from txst.files.encode import part_beside
from txst.files.note import note_of
from txst.images import PictureError, Pixels
from txst.inference.controls import Controls, whole
from txst.inference.photo import Photo
from txst.inference.stylist import Stylist
from txst.painting import made_by
from txst.pictures.transparency import on_white
from txst.video.animations import Animation
from txst.video.encoding import KINDS, Encoder, Kind
from txst.video.frames import FramePainter, reference
from txst.video.joining import Span, join_movie
from txst.video.movies import Frame, Look, Movie
from txst.video.moving import open_clip
from txst.video.pictures import join_pictures
from txst.video.plan import Plan
from txst.video.segments import LENGTH, Segment, Work, locked

Ready = Callable[[], object]
Told = Callable[[int, int], object]  # is called with the frames that are done, and about how many there are


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
        made: differs where anything that makes the result does; None: of these arguments.
        strip: leaves out what the source's file says beside its frames.
        progress: is told of each frame; what it raises ends the call, which goes on from there when it is made again.
        ready: is called when all frames are painted, before the result takes its place.
        controls: of `Stylist`, but that a mask may be the path of a clip, and `keyframes`, as `read_keyframes` gives them. Strength always
            mixes pixels.

    Raises:
        PictureError: for what is no usable clip.
        ValueError: for a control outside its range.
    """
    if unknown := controls.keys() - {*Controls.__annotations__, "keyframes"}:
        raise TypeError(f"there is no control {unknown.pop()!r}; Controls and keyframes are")
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
    made = made or json.dumps([says, strip, source.stat().st_size, source.stat().st_mtime_ns])
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


def write_whole(target: Path, job: "ClipJob", segments: list[Segment], note: str, tags: dict[str, str]) -> None:
    """Writes the result beside and renames it."""
    part = part_beside(target)
    try:
        job.join(part, segments, note, tags)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def checked(start: float, end: float | None) -> Span:
    """The part of a clip that is painted."""
    if start < 0 or (end is not None and end <= start):
        raise ValueError(
            f"the part from {start:g} s to {end:g} s has no frames" if end is not None else f"start is {start:g}"
        )
    return Span(
        Fraction(start).limit_denominator(10**6), None if end is None else Fraction(end).limit_denominator(10**6)
    )


class ClipJob:
    """A clip, and how it is painted.

    Args:
        stylist: the model.
        clip: what is painted.
        kind: of the result.
        span: the part of the clip.
        every: of so many frames one is painted.
        controls: of `Plan`.
    """

    def __init__(
        self, stylist: Stylist, clip: Movie | Animation, kind: Kind, span: Span, every: int, controls: dict[str, Any]
    ) -> None:
        self.clip, self.kind, self.span, self.every = clip, kind, span, every
        self.stylist, self.controls = stylist, controls
        self.look = clip.look if kind.moves else Look()  # pictures are stored upright

    def segments(self, work: Work, done: list[Segment], progress: Told | None) -> Iterator[Segment]:
        """Paints what is not done yet, and gives each segment as it is finished."""
        plan = Plan(self.stylist, self.clip.size, self.controls)
        painter = FramePainter(self.stylist, plan.stroke, self.reference(plan))
        frames = taken(self.clip, self.span, self.every)
        if done:
            painter.restore(work.state(len(done) - 1))
            last = int(done[-1].times[-1]) * self.clip.tick
            frames = islice(taken(self.clip, replace(self.span, start=last), self.every), 1, None)
        painted, total = sum(len(segment.times) for segment in done), self.estimate()

        def told(frame: Frame) -> Frame:
            nonlocal painted
            if progress:
                progress(painted, max(total, painted))
            painted += 1
            return frame

        for number in count(len(done)):
            some = map(told, islice(frames, LENGTH))
            if not (segment := self.segment(work, number, some, painter, plan)):
                break
            yield segment
        if progress:
            progress(painted, painted)

    def segment(
        self, work: Work, number: int, frames: Iterator[Frame], painter: FramePainter, plan: Plan
    ) -> Segment | None:
        """Paints the frames of one segment; None: there are none."""
        clip, encoder = self.clip, None
        times: list[int] = []
        durations: list[int] = []
        for frame in frames:
            painting = painter.paint(frame.pixels, plan.at(frame.time))
            encoder = encoder or Encoder(work.frames(number), self.kind, clip.size, self.look, clip.tick, clip.rate)
            times.append(max(round(frame.time / clip.tick), times[-1] + 1 if times else 0))
            durations.append(max(1, round(frame.duration / clip.tick)))
            encoder.write(opaque(painting) if self.kind.moves else painting, times[-1] - times[0])
        if encoder is None:
            return None
        encoder.close()
        return work.finish(number, times, durations, **painter.state())

    def reference(self, plan: Plan) -> Photo | None:
        """The picture by whose statistics all frames are painted."""
        given = self.controls.get("reference_frame")
        if given is not None:
            return Photo.open(given, self.controls.get("max_side"))
        style = plan.style(float(self.span.start))
        layers = [(style, None)] if style is not None else plan.regions
        return reference(self.stylist, self.clip, self.span, layers[0][0], plan.stroke)

    def estimate(self) -> int:
        """About how many frames are painted."""
        end = self.clip.length if self.span.end is None else min(self.clip.length, float(self.span.end))
        return max(1, round((end - float(self.span.start)) * float(self.clip.rate) / self.every))

    def lost(self) -> Iterator[str]:
        """What of the clip is not in the result, in words."""
        yield from self.clip.lost
        if not self.kind.moves and self.clip.sounds:
            yield "a picture has no sound, so it is left out; name a .mp4 file (-o) to keep it"
        if self.kind.moves and isinstance(self.clip, Animation):
            yield "a movie has no transparency: where there is some, it lies on white" if self.clip.transparent else ""

    def join(self, path: Path, segments: list[Segment], note: str, tags: dict[str, str]) -> None:
        """Writes the result."""
        if self.kind.moves:
            tags = tags | ({"comment": note} if note else {})
            sound = self.clip.path if self.clip.sounds else None
            join_movie(path, self.kind, segments, self.look, self.clip.tick, sound, self.span, tags)
        else:
            clear = join_pictures(path, self.kind, segments, self.clip.tick, self.clip.plays)
            last = round(1000 * int(segments[-1].durations[-1]) * self.clip.tick)
            write_picture_note(path, note, last, clear)
        seal_file(path)


def taken(clip: Movie | Animation, span: Span, every: int) -> Iterator[Frame]:
    """The frames of a part that are painted, each with the time until the next of these."""
    latest: Frame | None = None
    for number, frame in enumerate(clip.frames(span.start)):
        if not span.holds(frame.time):
            break
        if span.end is not None:
            frame = replace(frame, duration=min(frame.duration, span.end - frame.time))
        if number % every and latest is not None:
            latest = replace(latest, duration=latest.duration + frame.duration)
            continue
        if latest is not None:
            yield latest
        latest = frame
    if latest is not None:
        yield latest


def opaque(pixels: Pixels) -> Pixels:
    """[H, W, 3 or 4] -> [H, W, 3], on white."""
    return pixels if pixels.shape[2] == 3 else np.asarray(on_white(Image.fromarray(pixels)))
