"""Writes frames of a clip into files: movies as H.264 or VP9 with the colours and the rotation of their source, pictures without loss."""

from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import av.filter
import numpy as np

from txst.images import Pixels
from txst.video.movies import UNKNOWN, Look

MATRICES = {1: "bt709", 4: "fcc", 5: "bt470bg", 6: "smpte170m", 7: "smpte240m", 9: "bt2020", 10: "bt2020"}
USUAL = "bt470bg"  # where nothing is known: as such frames are read
# Rounded to the nearest, and colours at each pixel; else a clip would become darker by a level, and its colours soft
EXACT = "bicubic+accurate_rnd+full_chroma_int+full_chroma_inp"


@dataclass(frozen=True)
class Kind:
    """What a result is made of.

    Args:
        container: ffmpeg's name of it.
        codec: of its frames; png where they are kept without loss until the result is put together.
        options: of the codec. Frames are packets in one order, so that segments can be joined: no frame looks ahead.
        sounds: codecs of sound that it holds; "*" is every one.
    """

    container: str
    codec: str = "png"
    options: dict[str, str] = field(default_factory=dict)
    sounds: tuple[str, ...] = ()

    @property
    def moves(self) -> bool:
        """Whether it is a movie, and no animated picture."""
        return self.codec != "png"

    @property
    def negative(self) -> bool:
        """Whether times may lie before 0, as those of what a decoder of sound is warmed up by."""
        return self.container in ("mp4", "mov")

    def holds(self, codec: str) -> bool:
        """Whether sound of that kind can be copied into it."""
        return "*" in self.sounds or codec in self.sounds


H264 = {"crf": "17", "preset": "medium", "bf": "0"}
VP9 = {"crf": "24", "b": "0", "deadline": "good", "cpu-used": "4", "row-mt": "1", "auto-alt-ref": "0"}
PNG = {"compression_level": "1"}  # they are read once again, and go
MP4_SOUNDS = ("aac", "mp3", "mp3float", "ac3", "eac3", "alac", "opus", "flac")
MOV_SOUNDS = ("aac", "mp3", "mp3float", "ac3", "alac", "pcm_s16le", "pcm_s16be", "pcm_s24le", "pcm_f32le")
KINDS = {
    ".mp4": Kind("mp4", "libx264", H264, MP4_SOUNDS),
    ".mov": Kind("mov", "libx264", H264, MOV_SOUNDS),
    ".mkv": Kind("matroska", "libx264", H264, ("*",)),
    ".webm": Kind("webm", "libvpx-vp9", VP9, ("opus", "vorbis", "libopus", "libvorbis")),
    ".gif": Kind("gif", options=PNG),
    ".webp": Kind("webp", options=PNG),
    ".png": Kind("apng", options=PNG),
}


class Encoder:
    """Writes one file of frames.

    Args:
        path: the file.
        kind: of the result.
        size: width and height of the frames as they are seen.
        look: colours and rotation.
        tick: the unit of times in seconds.
        rate: frames a second, on average.
    """

    def __init__(
        self, path: Path, kind: Kind, size: tuple[int, int], look: Look, tick: Fraction, rate: Fraction
    ) -> None:
        self.kind, self.look, self.tick = kind, look, tick
        self.container = av.open(str(path), "w", format="mp4" if kind.moves else "mov")
        stream: Any = self.container.add_stream(
            kind.codec, rate=rate.limit_denominator(1001), options=dict(kind.options)
        )
        stream.width, stream.height = look.turn.size(*size)
        odd = stream.width % 2 or stream.height % 2
        stream.pix_fmt = "rgba" if not kind.moves else "yuv444p" if odd else "yuv420p"
        context = stream.codec_context
        context.time_base = stream.time_base = tick
        if kind.moves:
            context.colorspace, context.color_range = look.matrix if look.matrix in MATRICES else UNKNOWN, look.range
            context.color_primaries, context.color_trc = look.primaries, look.transfer
            if look.aspect:
                stream.sample_aspect_ratio = look.aspect
            self.scaler = scaler(stream, look)
        self.stream = stream

    def write(self, pixels: Pixels, time: int) -> None:
        """Adds a frame [H, W, 3], or [H, W, 4] of a picture; `time` is in ticks from the file's first frame."""
        stored = self.look.turn.stored(pixels)
        frame: Any
        if not self.kind.moves:
            frame = av.VideoFrame.from_ndarray(with_alpha(stored), format="rgba")
        else:
            self.scaler.push(av.VideoFrame.from_ndarray(stored, format="rgb24"))
            frame = self.scaler.pull()
            frame.color_primaries, frame.color_trc = self.look.primaries, self.look.transfer
        frame.pts, frame.time_base = time, self.tick
        self.container.mux(self.stream.encode(frame))

    def close(self) -> None:
        """Finishes the file."""
        self.container.mux(self.stream.encode(None))
        self.container.close()


def scaler(stream: Any, look: Look) -> "av.filter.Graph":
    """From RGB to the colours of a movie, sampled where they are read: of H.264 at the left of each pair, of VP9 in its middle."""
    graph = av.filter.Graph()
    ways = f"out_color_matrix={MATRICES.get(look.matrix, USUAL)}:out_range={'pc' if look.range == 2 else 'tv'}"
    place = "left" if stream.codec_context.name == "libx264" else "center"
    steps = [
        graph.add_buffer(
            width=stream.width, height=stream.height, format=av.VideoFormat("rgb24"), time_base=Fraction(1, 1000)
        ),
        graph.add("scale", f"{ways}:out_chroma_loc={place}:flags={EXACT}"),
        graph.add("format", stream.pix_fmt),
        graph.add("buffersink"),
    ]
    for one, other in pairwise(steps):
        one.link_to(other)
    graph.configure()
    return graph


def with_alpha(pixels: Pixels) -> Pixels:
    """[H, W, 3 or 4] -> [H, W, 4]."""
    if pixels.shape[2] == 4:
        return pixels
    return np.dstack([pixels, np.full(pixels.shape[:2], 255, np.uint8)])
