"""Puts the segments of a clip together, with the sound of its source and the note of what made it."""

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

from txst.pictures.movies import movie_format
from txst.video.encoding import Kind
from txst.video.movies import Look, opened
from txst.video.segments import Segment

Packets = Iterator[tuple[float, int, Any]]  # seconds, number of the stream, and the packet


@dataclass(frozen=True)
class Span:
    """The part of a clip that is painted, in seconds of its clock; None: to its end."""

    start: Fraction = Fraction(0)
    end: Fraction | None = None

    def holds(self, time: Fraction) -> bool:
        """Whether a frame of that time, which is not before the start, is in it."""
        return self.end is None or time < self.end


def join_movie(
    path: Path,
    kind: Kind,
    segments: Sequence[Segment],
    look: Look,
    tick: Fraction,
    sound: Path | None,
    span: Span,
    tags: dict[str, str],
) -> None:
    """Writes a movie of the segments' packets as they are.

    Args:
        path: the file.
        kind: of the result.
        segments: one or more.
        look: has the rotation.
        tick: the unit of the segments' times.
        sound: the source, whose sound is copied, or encoded anew where the container does not hold its kind; None: there is none.
        span: of the source.
        tags: of the container.
    """
    options = {"write_crc32": "0"} if kind.container in ("matroska", "webm") else {}  # the note is sealed in its place
    with av.open(str(path), "w", format=kind.container, container_options=options) as out:
        out.flags |= int(av.container.Flags.bitexact.value)  # type: ignore[call-overload]  # the same frames give the same file
        out.metadata.update(tags)
        with av.open(str(segments[0].frames)) as first:
            stream: Any = out.add_stream_from_template(first.streams.video[0])
        stream.time_base = tick
        if look.display:
            stream.set_display_matrix(look.display)
        parts: list[Packets] = [
            frames(segments, stream, tick, min(round(span.start / tick), int(segments[0].times[0])))
        ]
        if sound is not None:
            parts += sounds(sound, out, kind, span)
        for _, _, packet in heapq.merge(*parts, key=lambda part: part[:2]):
            out.mux(packet)


def frames(segments: Sequence[Segment], stream: Any, tick: Fraction, begin: int) -> Packets:
    """The packets of all segments, each with its time, which is 0 at `begin`."""
    for segment in segments:
        with av.open(str(segment.frames)) as container:
            packets = (packet for packet in container.demux(video=0) if packet.size)
            for packet, time, duration in zip(packets, segment.times, segment.durations, strict=True):
                packet.stream, packet.time_base = stream, tick
                packet.pts = packet.dts = int(time) - begin
                packet.duration = int(duration)
                yield float(packet.pts * tick), 0, packet


def sounds(path: Path, out: Any, kind: Kind, span: Span) -> list[Packets]:
    """The sound of a movie, stream by stream; each reads the file for itself, as far as the frames are."""
    found: list[Packets] = []
    negative = kind.negative or movie_format(path) == "matroska"  # which says how long a decoder is warmed up
    with opened(path) as (container, _):
        for number, source in enumerate(container.streams.audio):
            if kind.holds(source.codec.name):
                found.append(copied(path, number, out.add_stream_from_template(source), span, negative))
            else:
                stream = out.add_stream(out.default_audio_codec, rate=48_000)
                stream.layout = "stereo" if source.channels > 1 else "mono"
                found.append(encoded(path, number, stream, span))
    return found


def copied(path: Path, number: int, stream: Any, span: Span, negative: bool) -> Packets:
    """The packets of one stream of sound, as they are; those before 0 only where a container can say so, and need not move all times."""
    with opened(path) as (container, _):
        for packet in container.demux(container.streams.audio[number]):
            if packet.pts is None or is_before(packet, span):  # the last one is empty
                continue
            if span.end is not None and packet.pts * packet.time_base >= span.end:
                return
            shift(packet, span)
            if packet.dts is not None:
                packet.dts -= round(span.start / packet.time_base)
            packet.stream = stream
            if negative or packet.pts >= 0:
                yield float(packet.pts * packet.time_base), 1 + number, packet


def encoded(path: Path, number: int, stream: Any, span: Span) -> Packets:
    """The packets of one stream of sound, encoded anew."""

    def frames() -> Iterator[Any]:
        with opened(path) as (container, _):
            for frame in container.decode(container.streams.audio[number]):
                if frame.pts is None or is_before(frame, span):
                    continue
                if span.end is not None and frame.pts * frame.time_base >= span.end:
                    break
                shift(frame, span)
                yield frame
        yield None

    for frame in frames():
        for packet in stream.encode(frame):
            yield float(packet.pts * packet.time_base), 1 + number, packet


def is_before(part: Any, span: Span) -> bool:
    """Whether a packet or a frame lies before what is painted; what a sound begins with before 0 belongs to it."""
    return bool(span.start) and part.pts * part.time_base < span.start


def shift(part: Any, span: Span) -> None:
    """Sets the time of a packet or a frame to that of the result."""
    part.pts -= round(span.start / part.time_base)
