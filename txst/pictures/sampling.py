"""Values between the pixels of a picture."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]


def bilinear(values: NDArray[Any], x: Floats, y: Floats, wrap: bool = False) -> Floats:
    """The values of [h, w] or [h, w, C] at places of any shape, bilinearly.

    Args:
        values: bytes or floats; what is found of bytes is of 4 bytes, too.
        x: in pixels, whose centres lie at whole numbers.
        y: the same.
        wrap: beyond the border the picture begins anew; else its last pixels repeat.

    Returns:
        x's shape, and C.
    """
    height, width = values.shape[:2]
    if not wrap:
        x, y = x.clip(0, width - 1), y.clip(0, height - 1)
    left, top = (np.floor(place).astype(np.intp) for place in (x, y))
    kind = np.result_type(values.dtype, np.float32)
    across, down = ((place - first).astype(kind) for place, first in ((x, left), (y, top)))
    if values.ndim == 3:
        across, down = across[..., None], down[..., None]
    if wrap:
        left, right, top, low = left % width, (left + 1) % width, top % height, (top + 1) % height
    else:
        right, low = np.minimum(left + 1, width - 1), np.minimum(top + 1, height - 1)
    upper = values[top, left] * (1 - across) + values[top, right] * across
    lower = values[low, left] * (1 - across) + values[low, right] * across
    return upper * (1 - down) + lower * down
