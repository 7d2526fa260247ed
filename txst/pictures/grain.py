"""Faint grain in the flat places of what is painted: a network without it repeats one stroke there, row after row."""

import numpy as np
from PIL import Image, ImageChops, ImageFilter

from txst.pictures.transparency import Pixels

STROKE = 3  # pixels of a grain
SPREAD = 0.82  # deviation of noise of deviation 1 that is enlarged by that
ROUGH = 3.0  # levels of fine contrast, of 255, at which a place has half of the grain
FINER = 8  # the contrast is measured in eighths of a level
ROWS = 256  # that are worked on at once


def grained(pixels: Pixels, amount: float) -> Pixels:
    """A picture with grey noise, always the same, which is the fainter the more there is to be seen in a place.

    Args:
        pixels: [H, W, 3].
        amount: deviation of the noise where there is nothing to be seen, of 1.
    """
    height, width = pixels.shape[:2]
    light = Image.fromarray(pixels).convert("L")
    fine = ImageChops.difference(light, light.filter(ImageFilter.GaussianBlur(2)))
    fine = fine.point(lambda level: min(255, level * FINER)).filter(ImageFilter.BoxBlur(4))
    drawn = np.random.default_rng(0).standard_normal((height // STROKE + 1, width // STROKE + 1))
    levels = (128 + 255 * amount / SPREAD * drawn).round().clip(0, 255).astype(np.uint8)
    noise = Image.fromarray(levels).resize((width, height), Image.Resampling.BICUBIC)
    made = np.empty_like(pixels)
    for top in range(0, height, ROWS):
        rows, box = slice(top, top + ROWS), (0, top, width, min(height, top + ROWS))
        contrast, grain = (np.asarray(x.crop(box), np.float32)[..., None] for x in (fine, noise))
        added = (grain - 128) / (1 + (contrast / (FINER * ROUGH)) ** 2)
        made[rows] = (pixels[rows] + added).round().clip(0, 255)
    return made
