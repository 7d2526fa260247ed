"""Paints the frames of a clip one after another, each by the statistics of the whole clip and steadied by the one before."""

from collections.abc import Mapping
from fractions import Fraction
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from txst.images import Pixels
from txst.inference.composing import Settings, painted
from txst.inference.finish import blended, finish, working_scale
from txst.inference.photo import Photo, split
from txst.inference.stylist import Stylist
from txst.video.animations import Animation
from txst.video.joining import Span
from txst.video.movies import Movie
from txst.video.plan import Moment
from txst.video.steady import motion_between

SAMPLES = 5  # frames, spread over a clip, whose statistics are those of all frames
PROBE = 64  # pixels of a side of what shows whether a model has statistics


class FramePainter:
    """Paints frames in their order.

    Args:
        stylist: the model.
        stroke: how much larger than usual strokes are; 0 paints frames of any size in their own.
        reference: the picture by whose statistics all frames are painted; None: each by its own.
    """

    def __init__(self, stylist: Stylist, stroke: float, reference: Photo | None) -> None:
        self.stylist, self.stroke = stylist, stroke
        self.settings = Settings(stroke=stroke, reference=reference, memory=stylist.memory)
        self.before: Pixels | None = None
        self.layers: list[Pixels] = []

    def paint(self, pixels: Pixels, moment: Moment) -> Pixels:
        """A frame [H, W, 3 or 4] -> its painting. Layers are steadied before masks cut them, so that masks may move."""
        photo = Photo(*split(pixels))
        wanted = moment.layers if np.any(moment.strength) else ()
        motion = (
            motion_between(self.before, photo.pixels) if wanted and self.layers and self.before is not None else None
        )
        painting, layers = photo.pixels, []
        for number, (style, mask) in enumerate(wanted):
            layer = painted(self.stylist.painter, photo, style, self.settings)
            if motion is not None and number < len(self.layers):
                layer = motion.steadied(layer, self.layers[number])
            layers.append(layer)
            painting = layer if mask is None else blended(layer, painting, mask)
        self.before, self.layers = photo.pixels, layers
        painting = finish(painting, photo.pixels, moment.colour, moment.detail, self.stroke or 1)
        return photo.with_alpha(blended(painting, photo.stored, moment.strength))

    def state(self) -> dict[str, NDArray[Any]]:
        """All that the next frame wants to know of the latest."""
        layers = {f"layer{number}": layer for number, layer in enumerate(self.layers)}
        return layers if self.before is None else {"before": self.before, **layers}

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Goes on after the frame of that state."""
        self.before = state.get("before")
        self.layers = [state[f"layer{number}"] for number in range(len(state) - 1)]


def reference(stylist: Stylist, clip: Movie | Animation, span: Span, style: Any, stroke: float) -> Photo | None:
    """Frames of a clip side by side along their longer side, so that strokes are as large as on one; None: the model has no statistics.

    Args:
        stylist: the model.
        clip: what is painted.
        span: the part of it.
        style: one that is prepared.
        stroke: see `FramePainter`.
    """
    end = float(span.end) if span.end is not None else max(clip.length, float(span.start))
    area = clip.size[0] * clip.size[1] * working_scale(clip.size, stroke) ** 2
    count = max(1, min(SAMPLES, int(stylist.memory / stylist.painter.bytes_per_pixel(style) / area)))
    step = (Fraction(end) - span.start) / count
    found: list[Pixels] = []
    for number in range(count):
        frame = next(clip.frames(span.start + step * (2 * number + 1) / 2), None)
        if frame is not None:
            found.append(frame.pixels)
    found = found or [frame.pixels for frame in [next(clip.frames(span.start), None)] if frame]
    if not found:
        return None
    seen = [Photo(*split(pixels)).pixels for pixels in found]
    sheet = Photo(np.concatenate(seen, axis=1 if clip.size[0] >= clip.size[1] else 0))
    probe = sheet.scaled(min(1.0, PROBE / sqrt(sheet.size[0] * sheet.size[1])))
    return sheet if stylist.painter.measure(probe.planes(), style) else None
