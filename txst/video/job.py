"""A clip that is painted, in segments, and what becomes of them."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count, islice
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from txst.files.clip_note import seal_file, write_picture_note
from txst.images import Pixels
from txst.inference.photo import Photo
from txst.inference.stylist import Stylist
from txst.pictures.transparency import on_white
from txst.video.animations import Animation
from txst.video.encoding import Encoder, Kind
from txst.video.frames import FramePainter, reference
from txst.video.joining import Span, join_movie
from txst.video.movies import Frame, Look, Movie
from txst.video.pictures import join_pictures
from txst.video.plan import Plan
from txst.video.segments import Segment, Work

LENGTH = 25  # frames of a segment
Told = Callable[[int, int], object]  # is called with the frames that are done, and about how many there are


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
