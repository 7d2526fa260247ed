"""From a photo and styles to the finished picture: layers, scale, strength, colour, detail; around every model alike."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from PIL import Image, ImageFilter

from txst.backends.backend import Backend
from txst.images import PictureError, through_profile, to_srgb
from txst.inference.finish import blended, finish
from txst.inference.forms import Picture, as_image, scaled
from txst.inference.tiles import MEMORY, Seen, paint

FAINT = 0.25  # strength below which a model that fades by itself is blended with the photo, too: it never redraws it exactly
SOFT = 100  # the border of a region is softened over the shorter side over this


@dataclass
class Wishes:
    """How a picture shall be painted.

    Args:
        strength: 0 is the photo itself, 1 the full style; or a mask of these, mode L, of the photo's size.
        colour: 1 is the style's, 0 the photo's.
        stroke: how much larger than usual everything is painted.
        detail: share of the fine lightness that is the photo's.
        steady: RGB, by whose means and deviations it is painted; None: by its own.
        memory: that painting may take at once, in bytes.
        seen: kept of the photo for other styles; None: it has one alone.
    """

    strength: float | Image.Image = 1.0
    colour: float = 1.0
    stroke: float = 1.0
    detail: float = 0.0
    steady: Image.Image | None = None
    memory: float = MEMORY
    seen: Seen | None = None


def compose(
    painter: Backend, image: Image.Image, layers: Sequence[tuple[Any, Image.Image | None]], wishes: Wishes
) -> Image.Image:
    """Paints a picture.

    Args:
        painter: a model on a backend.
        image: as it is stored, turned.
        layers: styles as `encode` gives them, each with the mask where it is painted (mode L, of the picture's size) or None
            for everywhere; later ones lie above.
        wishes: the rest.

    Returns:
        RGB, or RGBA with the picture's transparency; in the picture's colour profile where it is one of RGB.
    """
    plain = to_srgb(image)
    photo = plain if plain.mode == "RGB" else plain.convert("RGB")
    painting = photo
    if wishes.seen is None and len(layers) > 1:
        wishes = replace(wishes, seen={})
    for style, mask in layers if wishes.strength != 0 else ():
        layer = painted(painter, photo, style, wishes)
        painting = Image.composite(layer, painting, mask) if mask else layer
    painting = finish(painting, photo, wishes.colour, wishes.detail, wishes.stroke)
    profile = image.info.get("icc_profile") if image.mode in ("RGB", "RGBA") else None
    if profile:
        painting, photo = through_profile(painting, profile, back=True), image.convert("RGB")
    result = blended(painting, photo, faint(wishes.strength) if painter.blends == "features" else wishes.strength)
    if plain.mode == "RGBA":
        result.putalpha(plain.getchannel("A"))
    result.info = {"icc_profile": profile} if profile else {}
    return result


def painted(painter: Backend, photo: Image.Image, style: Any, wishes: Wishes) -> Image.Image:
    """One layer, painted at the scale of its strokes."""
    strength, steady = wishes.strength if painter.blends == "features" else 1.0, wishes.steady
    if wishes.stroke == 1:
        return paint(painter, photo, style, strength, wishes.memory, steady, wishes.seen)
    width, height = (round(side / wishes.stroke) for side in photo.size)
    most = Image.MAX_IMAGE_PIXELS
    if wishes.stroke < 1 and most and width * height > most:
        raise PictureError(
            f"a stroke of {wishes.stroke} takes a painting of {width} x {height} pixels, and {most} at most are painted: "
            "take a larger stroke or a smaller photo (--max-side; the limit: --max-pixels)"
        )
    small = scaled(photo, 1 / wishes.stroke)
    if isinstance(strength, Image.Image):
        strength = strength.resize(small.size)
    steady = steady and scaled(steady, 1 / wishes.stroke)
    layer = paint(painter, small, style, strength, wishes.memory, steady, wishes.seen)
    return layer.resize(photo.size, Image.Resampling.LANCZOS)


def faint(strength: float | Image.Image) -> float | Image.Image:
    """The share of a painting that is weak already, so that nothing of it is left at 0, without a jump."""
    if isinstance(strength, Image.Image):
        return strength.point(lambda share: min(255, round(share / FAINT)))
    return min(1.0, strength / FAINT)


def as_mask(given: Picture, size: tuple[int, int], soft: bool = False) -> Image.Image:
    """A mask of that size, mode L, of a picture in any form: white is 1, black is 0.

    Args:
        given: of the photo's proportions.
        size: of the photo.
        soft: whether the borders of what is white are softened.
    """
    mask = to_srgb(as_image(given)).convert("L")
    width, height = mask.size
    if abs(width * size[1] - height * size[0]) > 0.02 * width * size[1] + max(*size, width, height):
        raise PictureError(
            f"the mask is {width} x {height} and the photo {size[0]} x {size[1]}: give one of its proportions"
        )
    mask = mask if mask.size == size else mask.resize(size, Image.Resampling.BICUBIC)
    return mask.filter(ImageFilter.GaussianBlur(min(size) / SOFT)) if soft else mask
