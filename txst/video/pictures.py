"""Puts the segments of a clip together as an animated GIF, WebP or PNG."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from PIL import Image

from txst.images import Pixels
from txst.video.encoding import Kind
from txst.video.segments import Segment

SAMPLES, SAMPLE = 8, 256  # frames that a GIF's colours are taken from, and pixels of their longer side
CLEAR = 255  # the colour of a GIF that is none
CODECS = {"gif": "gif", "webp": "libwebp_anim", "apng": "apng"}


def join_pictures(path: Path, kind: Kind, segments: Sequence[Segment], tick: Fraction, plays: int) -> bool:
    """Writes an animated picture; returns whether it has transparency.

    Args:
        path: the file.
        kind: of the result.
        segments: one or more, of frames without loss.
        tick: the unit of the segments' times.
        plays: how often it is shown; 0: for ever.
    """
    samples, opaque = survey(segments)
    colours = palette(samples) if kind.container == "gif" else None
    last = float(segments[-1].durations[-1] * tick)
    with av.open(str(path), "w", format=kind.container, container_options=muxing(kind, plays, last)) as out:
        options = {"quality": "90"} if kind.container == "webp" else {}
        stream: Any = out.add_stream(CODECS[kind.container], rate=100, options=options)
        stream.height, stream.width = samples[0].shape[:2]
        unit = Fraction(1, 100 if colours else 1000)
        stream.codec_context.time_base = stream.time_base = unit
        stream.pix_fmt = "pal8" if colours else "bgra" if kind.container == "webp" else "rgb24" if opaque else "rgba"
        before = -1
        for pixels, time in frames(segments):
            frame = in_colours(pixels, colours) if colours else av.VideoFrame.from_ndarray(pixels, format="rgba")
            frame = frame if colours else frame.reformat(format=stream.pix_fmt)
            before = frame.pts = max(before + 1, round(time * tick / unit))
            frame.time_base = unit
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return not opaque


def muxing(kind: Kind, plays: int, last: float) -> dict[str, str]:
    """How often a picture is shown, and for how many seconds its last frame, in each container's own way."""
    if kind.container == "gif":
        return {"loop": str(-1 if plays == 1 else max(0, plays - 1)), "final_delay": str(max(1, round(100 * last)))}
    if kind.container == "apng":
        return {"plays": str(plays), "final_delay": f"{round(1000 * last)}/1000"}
    return {"loop": str(plays)}


def frames(segments: Sequence[Segment]) -> Iterator[tuple[Pixels, int]]:
    """The frames [H, W, 4] of all segments with their times in ticks from the first."""
    first = int(segments[0].times[0])
    for segment in segments:
        with av.open(str(segment.frames)) as container:
            for frame, time in zip(container.decode(video=0), segment.times, strict=True):
                yield np.asarray(frame.to_ndarray(format="rgba")), int(time) - first


def survey(segments: Sequence[Segment]) -> tuple[list[Pixels], bool]:
    """Some frames [H, W, 4] from all over a clip, and whether none has transparency."""
    count = sum(len(segment.times) for segment in segments)
    wanted = set(np.linspace(0, count - 1, SAMPLES).round().astype(int).tolist())
    samples, opaque = [], True
    for number, (pixels, _) in enumerate(frames(segments)):
        opaque = opaque and bool(pixels[..., 3].min() == 255)
        if number in wanted:
            samples.append(pixels)
    return samples, opaque


def palette(samples: Sequence[Pixels]) -> Image.Image:
    """The colours of a GIF: one set for all its frames, so that what stands still keeps its colour."""
    small = [Image.fromarray(pixels[..., :3]) for pixels in samples]
    for image in small:
        image.thumbnail((SAMPLE, SAMPLE))
    sheet = np.concatenate([np.asarray(image).reshape(-1, 1, 3) for image in small])
    return Image.fromarray(sheet).quantize(CLEAR)


def in_colours(pixels: Pixels, colours: Image.Image) -> "av.VideoFrame":
    """A frame [H, W, 4] in these colours; what is less than half opaque is clear."""
    flat = Image.fromarray(np.ascontiguousarray(pixels[..., :3])).quantize(palette=colours, dither=Image.Dither.NONE)
    numbers = np.where(pixels[..., 3] < 128, CLEAR, np.asarray(flat)).astype(np.uint8)
    table = np.zeros((256, 4), np.uint8)  # alpha, red, green, blue
    known = np.array(colours.getpalette(), np.uint8).reshape(-1, 3)[:CLEAR]
    table[: len(known), 1:] = known
    table[:CLEAR, 0] = 255
    return av.VideoFrame.from_ndarray((numbers, table), format="pal8")  # type: ignore[arg-type]
