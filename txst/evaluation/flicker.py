"""How much a method's painting flickers where a photo pans: what changes that should only move."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from PIL import Image

FRAMES, STEP = 4, 3  # pixels to the side a frame, of which no stride of a network is a divisor
FACTS = {
    "unit": "root mean square, of pixels from 0 to 1",
    "network": f"none: {FRAMES} frames of a photo that pans by {STEP} pixels a frame, each painted by itself",
    "higher_is_better": False,
}


def flicker(
    method: Any, photos: Sequence[Image.Image], paintings: Sequence[Image.Image], artists: Sequence[str]
) -> float:
    """The difference between neighbouring frames where they show the same place, in the mean over photos; 0 of a photo itself.

    Whole pixels, so that nothing is interpolated: a method that is blind to where it looks has 0.

    Args:
        method: see `methods.py`.
        photos: one for each painting.
        paintings: that they are painted after.
        artists: whose these are.
    """
    errors = []
    for photo, painting, artist in zip(photos, paintings, artists, strict=True):
        width = photo.width - STEP * (FRAMES - 1)
        frames = [photo.crop((STEP * t, 0, STEP * t + width, photo.height)) for t in range(FRAMES)]
        painted = [np.asarray(method(frame, painting, artist).convert("RGB"), np.float64) / 255 for frame in frames]
        errors += [np.square(after[:, :-STEP] - before[:, STEP:]).mean() for before, after in pairwise(painted)]
    return float(np.sqrt(np.mean(errors)))
