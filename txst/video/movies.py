"""Reads movies by PyAV, whose wheels bring ffmpeg: frames upright and in RGB, with their times."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.video.reformatter import Interpolation

from txst.images import PictureError, Pixels
from txst.pictures.limits import check_pixels, most_pixels
from txst.pictures.movies import READ, movie_format
from txst.video.turns import Turn

USUAL_RATE, FASTEST = Fraction(25), 480  # frames a second: of a movie that does not say, and the most that is believed
OWN = (
    "encoder",
    "major_brand",
    "minor_version",
    "compatible_brands",
    "comment",
)  # tags of a file itself; our note is a comment
# See `encoding.EXACT`
EXACT = Interpolation.BICUBIC | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT | Interpolation.FULL_CHR_H_INP
UNKNOWN = 2  # a colour that nothing is said about, in ITU-T H.273 and ffmpeg


@dataclass(frozen=True)
class Frame:
    """A frame of a clip.

    Args:
        pixels: [H, W, 3], or [H, W, 4] with transparency, as it is seen.
        time: seconds from the beginning of the clip's clock.
        duration: seconds until the next.
    """

    pixels: Pixels
    time: Fraction
    duration: Fraction


@dataclass(frozen=True)
class Look:
    """What a movie says of how its numbers are shown; numbers of ITU-T H.273.

    Args:
        matrix: between RGB and YUV.
        range: 1: of 16 to 235, 2: of 0 to 255, 0: unknown.
        primaries: of the colours.
        transfer: from light to numbers.
        aspect: width of a pixel over its height.
        display: the display matrix, None: frames are stored upright.
    """

    matrix: int = 1
    range: int = 1
    primaries: int = 1
    transfer: int = 1
    aspect: Fraction | None = None
    display: tuple[int, ...] | None = None

    @property
    def turn(self) -> Turn:
        return Turn.of(self.display) if self.display else Turn()


@dataclass(frozen=True)
class Movie:
    """A movie that can be painted; it is opened anew for each pass.

    Args:
        path: its file.
        size: width and height as it is seen, shrunk.
        look: colours and rotation.
        tick: the unit of its frames' times in seconds.
        rate: frames a second, on average.
        count: of all frames, about.
        sounds: streams of sound.
        tags: title and so on.
        lost: what of it is not painted, in words.
    """

    path: Path
    size: tuple[int, int]
    look: Look
    tick: Fraction
    rate: Fraction
    count: int
    sounds: int = 0
    tags: Mapping[str, str] = field(default_factory=dict)
    lost: tuple[str, ...] = ()
    plays = 0  # as a picture: for ever

    @classmethod
    def open(cls, path: Path, max_side: int | None = None) -> "Movie":
        """Looks at the first frame.

        Raises:
            PictureError: it is no movie that can be read, and why.
        """
        with opened(path) as (container, stream), told(path):
            first = next(iter(container.decode(stream)), None)
            if first is None:
                raise PictureError(f"{path}: no frame of it can be read")
            look = look_of(first, stream.sample_aspect_ratio)
            size = fitted(look.turn.size(first.width, first.height), max_side)
            rate = next((r for r in (stream.average_rate, stream.guessed_rate) if r and 1 <= r <= FASTEST), USUAL_RATE)
            seconds = (container.duration or 0) / av.time_base
            count = stream.frames or max(1, round(seconds * rate))
            tags = {name: text for name, text in container.metadata.items() if name.lower() not in OWN}
            found = (stream.time_base or 1 / rate, rate, count, len(container.streams.audio), tags)
            return cls(path, size, look, *found, tuple(lost(container, stream)))

    @property
    def length(self) -> float:
        """Seconds, about."""
        return float(self.count / self.rate)

    def frames(self, start: Fraction = Fraction(0)) -> Iterator[Frame]:
        """The frames whose time is `start` or later."""
        at = Fraction(0)
        with opened(self.path) as (container, stream), told(self.path, lambda: at):
            if start:
                container.seek(int(start / self.tick), stream=stream)
            before: Frame | None = None
            for frame in container.decode(stream):
                known = frame.pts if frame.pts is not None else frame.dts
                time = known * self.tick if known is not None else at + (1 / self.rate if before else 0)
                if before is not None:
                    yield replace(before, duration=max(time - before.time, self.tick))
                    before = None
                at = time
                if not start or time >= start:
                    usual = frame.duration * self.tick if frame.duration else 1 / self.rate
                    before = Frame(self.pixels(frame), time, Fraction(usual))
            if before is not None:
                yield before

    def pixels(self, frame: "av.VideoFrame") -> Pixels:
        """[H, W, 3] of a decoded frame, upright."""
        width, height = self.look.turn.size(*self.size)
        rgb = frame.reformat(width, height, "rgb24", interpolation=EXACT)
        return self.look.turn.upright(np.asarray(rgb.to_ndarray()))


@contextmanager
def opened(path: Path) -> Iterator[tuple[Any, Any]]:
    """A movie's container and its pictures' stream; by the demuxer of the allow-list, and without ffmpeg's protocols."""
    kind = movie_format(path)
    if not kind:
        what = "no such file" if not path.exists() else f"not a clip that can be read: {READ} are"
        raise PictureError(f"{path}: {what}")
    # titles in another coding than UTF-8 are common in AVI; what cannot be read of them is replaced
    with path.open("rb") as file, told(path), av.open(file, format=kind, metadata_errors="replace") as container:
        streams = [s for s in container.streams.video if not s.disposition & av.stream.Disposition.attached_pic]
        if not streams:
            raise PictureError(f"{path}: it has no moving pictures, only sound or a cover")
        stream = streams[0]
        if stream.codec_context is None:
            raise PictureError(f"{path}: its pictures are in a coding that cannot be read: convert it to H.264")
        check_pixels(stream.width, stream.height)
        if most := most_pixels():  # a later frame may be larger than the first
            stream.codec_context.options = {"max_pixels": str(most)}
        stream.thread_type = "AUTO"
        yield container, stream


@contextmanager
def told(path: Path, at: Any = None) -> Iterator[None]:
    """Inside, what PyAV finds wrong is said of that file."""
    try:
        yield
    except PictureError as error:
        raise PictureError(str(error) if str(error).startswith(str(path)) else f"{path}: {error}") from None
    except av.FFmpegError as error:
        reason = (error.strerror or str(error)).lower()
        if at is not None and at():
            reason += f"; up to {float(at()):.2f} s it can be painted (end={float(at()):.2f})"
        raise PictureError(f"{path}: broken or cut short ({reason})") from None


def look_of(frame: "av.VideoFrame", aspect: Fraction | None) -> Look:
    """What a frame says of its colours and its rotation; pictures that are stored in RGB become BT.709."""
    known: Any = frame.side_data
    data = next((data for data in known if data.type.name == "DISPLAYMATRIX"), None)
    display = tuple(int(number) for number in np.frombuffer(bytes(data), np.int32)) if data is not None else None
    if frame.format.is_rgb:
        return Look(aspect=aspect, display=display)
    full = 2 if frame.format.name.startswith("yuvj") else frame.color_range
    return Look(frame.colorspace, full, frame.color_primaries, frame.color_trc, aspect, display)


def fitted(size: tuple[int, int], most: int | None) -> tuple[int, int]:
    """A size whose longer side is no longer than that; what is shrunk has even sides, which players like."""
    if most is None or max(size) <= most:
        return size
    width, height = (max(2, round(side * most / max(size) / 2) * 2) for side in size)
    return width, height


def lost(container: Any, stream: Any) -> Iterator[str]:
    """What of a movie is not taken over."""
    if stream.metadata.get("alpha_mode") == "1":
        yield "its transparency is left out"
    if container.streams.subtitles:
        yield "its subtitles are left out"
    if container.chapters():
        yield "its chapters are left out"
    if (stream.format.components[0].bits if stream.format else 8) > 8:
        yield "it is painted in 8 bits a colour"
