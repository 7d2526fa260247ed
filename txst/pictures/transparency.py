"""What is hidden in a picture with transparency, and what a mask means that has some."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]
COARSE = 512  # pixels, longer side of the copy in which colours are spread; hidden pixels need no finer ones
ROWS = 256  # at once
ROUNDING = 2  # levels, times alpha


def has_transparency(image: Image.Image) -> bool:
    return image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info


def filled(pixels: Pixels, alpha: Pixels) -> Pixels:
    """Colours [H, W, 3] in which every hidden pixel, of an alpha [H, W] of 0, has a colour spread from those that can be seen.

    Coarser and coarser copies are averaged over what is visible, and fill what is hidden in the finer ones ('The lumigraph',
    Gortler et al., 1996, https://doi.org/10.1145/237170.237200, section 3.4: pull and push). What the hidden pixels hold has no part.
    """
    if alpha.all():
        return pixels
    seen = Image.fromarray(np.dstack([pixels, alpha])).convert("RGBa")  # colours times alpha: nothing of what is hidden
    width, height = seen.size
    by = max(1, -(-max(seen.size) // COARSE))
    small = as_floats(seen.reduce(by) if by > 1 else seen)
    spread = as_picture(pushed(small[..., :3], small[..., 3:]))
    done = pixels.copy()
    for top in range(0, height, ROWS):
        bottom = min(top + ROWS, height)
        box = (0, top / by, width / by, bottom / by)
        colours = np.asarray(spread.resize((width, bottom - top), Image.Resampling.BILINEAR, box))
        np.copyto(done[top:bottom], colours, where=alpha[top:bottom, :, None] == 0)
    return done


def pushed(colours: Any, weight: Any) -> Any:
    """Colours [h, w, 3] times weights [h, w, 1] -> colours everywhere; grey where nothing has a weight."""
    own = np.divide(colours, weight, out=np.full_like(colours, 0.5), where=weight > 0)
    if min(own.shape[:2]) == 1 or (weight >= 1).all():
        mean = colours.sum((0, 1)) / max(float(weight.sum()), 1e-9) if weight.any() else np.float32(0.5)
        return (own * weight + mean * (1 - weight)).clip(0, 1)
    height, width = own.shape[:2]
    rim = ((0, height % 2), (0, width % 2), (0, 0))
    pairs = [np.pad(x, rim).reshape(-(-height // 2), 2, -(-width // 2), 2, -1).sum((1, 3)) for x in (colours, weight)]
    total = pairs[1].clip(1)  # what is wholly seen weighs no more than 1
    below = pushed(pairs[0] / total, pairs[1] / total)
    wide = as_floats(as_picture(below).resize((width, height), Image.Resampling.BILINEAR))
    return (own * weight + wide * (1 - weight)).clip(0, 1)


def as_floats(image: Image.Image) -> Any:
    return np.asarray(image, np.float32) / 255


def as_picture(colours: Any) -> Image.Image:
    return Image.fromarray((colours * 255).round().astype(np.uint8))


def on_white(image: Image.Image) -> Image.Image:
    """RGB; what is hidden is white."""
    if not has_transparency(image):
        return image if image.mode == "RGB" else image.convert("RGB")
    clear = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", clear.size, "white"), clear).convert("RGB")


def mask_of(image: Image.Image, brushed: bool = False) -> Image.Image:
    """The mask that a picture in sRGB means, in grey: how white it is, times how opaque.

    One whose visible part has one colour everywhere, as a brush leaves it, is as opaque as it is, whatever that colour. A mask of
    0 and 1, as programs that find objects save it, is one of 0 and 255.

    Args:
        image: of any mode with 8 bits.
        brushed: it comes from a brush: where all of it is opaque and of one colour, everything was brushed over.
    """
    mask = image.convert("L")
    if has_transparency(image):
        colours, alpha = np.asarray(image.convert("RGB")), np.asarray(image.convert("RGBA").getchannel("A"))
        if alpha.min() < 255 or brushed:
            grey = np.asarray(mask, np.uint16) * alpha
            mask = Image.fromarray(alpha if one_colour(colours, alpha) else ((grey + 127) // 255).astype(np.uint8))
    return mask.point(lambda level: 255 * level) if mask.getextrema()[1] == 1 else mask


def one_colour(colours: Pixels, alpha: Pixels) -> bool:
    """Whether all that is visible has one colour, but for the rounding of pixels that are hardly visible."""
    own = colours.reshape(-1, 3)[int(alpha.argmax())].astype(np.int16)
    for top in range(0, len(alpha), ROWS):
        rows = slice(top, top + ROWS)
        differs = np.abs(colours[rows] - own).max(-1) * (alpha[rows] / np.float32(255))
        if differs.max(initial=0) > ROUNDING:
            return False
    return True
