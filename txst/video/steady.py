"""Still parts of a clip stay still: each painting is blended with the one before, moved along the motion between the photos.

The motion is the optical flow of Kroeger et al., 2016 (https://arxiv.org/abs/1603.03590, OpenCV's DIS). It is not trusted where forward and
backward flow disagree (Sundaram et al., 2010, https://doi.org/10.1007/978-3-642-15549-9_32), nor where the photos differ after it.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from PIL import Image

from txst.images import Array, Pixels

KEEP = 0.8  # share of the painting before, where the motion is trusted; docs/VIDEO.md has the measurement
FLOW_SIDE = 360  # pixels of the shorter side in which motion is found
LEAST, THINNEST = 16, 16  # pixels of a side, and longer side over shorter: beyond them DIS fails, or ends the process
DIFFERENCE = 12.0  # of 255: photos that differ by so much after the motion are hardly trusted
CUT = 0.25  # mean trust below which another scene begins: of unlike pictures it is below 0.1, of neighbouring frames above 0.7


@dataclass(frozen=True)
class Motion:
    """Where each pixel was in the frame before, and how sure that is.

    Args:
        places: [H, W, 2], x and y.
        trust: [H, W, 1], 0 to 1.
    """

    places: Array
    trust: Array

    def carry(self, before: Pixels) -> Array:
        """A picture [H, W, 3] of the frame before, moved along."""
        cv2 = opencv()

        moved = cv2.remap(before, self.places, None, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
        return moved.astype(np.float32)

    def steadied(self, painting: Pixels, before: Pixels) -> Pixels:
        """The painting [H, W, 3] of this frame, blended with the one before where that is trusted."""
        now: Array = painting.astype(np.float32)
        now += KEEP * self.trust * (self.carry(before) - now)
        return now.round().clip(0, 255).astype(np.uint8)


def motion_between(before: Pixels, now: Pixels) -> Motion | None:
    """The motion from one frame [H, W, 3] to the next; None where a cut lies between."""
    cv2 = opencv()

    height, width = now.shape[:2]
    scale = min(1.0, FLOW_SIDE / min(width, height))
    least = max(LEAST, round(max(width, height) * scale / THINNEST))
    size = (max(least, round(width * scale)), max(least, round(height * scale)))
    was, is_now = (resized(frame, size) for frame in (before, now))
    back, forth = flow(is_now, was), flow(was, is_now)
    trust = agreement(back, forth) * likeness(was, is_now, back)
    if float(trust.mean()) < CUT:
        return None
    factor = np.array([width / size[0], height / size[1]], np.float32)
    moved = cv2.resize(back, (width, height), interpolation=cv2.INTER_LINEAR) * factor
    trust = cv2.resize(cv2.erode(trust, np.ones((3, 3), np.uint8)), (width, height), interpolation=cv2.INTER_LINEAR)
    return Motion(grid(width, height) + moved, trust[..., None])


def opencv() -> Any:
    """OpenCV, whose types say less than it takes."""
    import cv2

    return cv2


def resized(frame: Pixels, size: tuple[int, int]) -> Pixels:
    if (frame.shape[1], frame.shape[0]) == size:
        return frame
    return np.asarray(Image.fromarray(frame).resize(size, Image.Resampling.BOX))


def flow(start: Pixels, end: Pixels) -> Array:
    """[h, w, 2]: how far each pixel of the first has moved in the second."""
    cv2 = opencv()

    grey = [cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in (start, end)]
    dis = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    return np.asarray(dis.calc(*grey, None), np.float32)


def agreement(back: Array, forth: Array) -> Array:
    """[h, w]: 1 where both flows tell the same, 0 where something was hidden."""
    cv2 = opencv()

    height, width = back.shape[:2]
    places = grid(width, height) + back
    returned = cv2.remap(forth, places, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    gap = ((back + returned) ** 2).sum(-1)
    length = (back**2).sum(-1) + (returned**2).sum(-1)
    inside = ((places >= 0) & (places <= np.array([width - 1, height - 1]))).all(-1)
    return ((gap < 0.01 * length + 0.5) & inside).astype(np.float32)


def likeness(was: Pixels, now: Pixels, back: Array) -> Array:
    """[h, w]: 1 where the photos are alike after the motion, towards 0 where they are not."""
    cv2 = opencv()

    places = grid(back.shape[1], back.shape[0]) + back
    moved = cv2.remap(was, places, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    apart = cv2.blur(cv2.absdiff(moved, now), (3, 3)).max(-1).astype(np.float32)  # grain is not to count
    return np.exp(-((apart / DIFFERENCE) ** 2)).astype(np.float32)


@lru_cache(maxsize=4)
def grid(width: int, height: int) -> Any:
    """[H, W, 2]: the place of each pixel, x and y."""
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    places = np.stack([x, y], -1)
    places.setflags(write=False)
    return places
