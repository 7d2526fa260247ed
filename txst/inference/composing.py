"""From a photo and styles to the finished picture: layers, stroke, strength, colour, detail; around every model alike."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial, reduce
from typing import Any, cast

import numpy as np
from PIL import Image, ImageChops, ImageFilter

from txst.backends.backend import Backend
from txst.images import Array, PictureError, Pixels
from txst.inference.finish import blended, enlarged, finish, working_scale
from txst.inference.forms import Picture, as_grey
from txst.inference.photo import Photo, resized
from txst.inference.tiles import MEMORY, ByPlace, Progress, paint, pixels_of, shares
from txst.pictures.limits import PictureWarning, most_pixels
from txst.shapes.fields import moved
from txst.shapes.masks import silhouette
from txst.shapes.register import flow_between

FAINT = 0.25  # strength below which a model that fades by itself is blended with the photo, too: it never redraws it exactly
SOFT = 100  # the border of a region is softened over the shorter side over this
# A style as `Styles.encode` gives it, and the mask [H, W] where it is painted; None: everywhere.
Layer = tuple[Any, Pixels | None]


@dataclass(frozen=True)
class Settings:
    """How a photo is painted, beside its styles.

    Args:
        strength: 0 is the photo itself, 1 the full style; or a mask of these [H, W], 255 for 1.
        colour: 1 is the style's, 0 the photo's.
        stroke: how much larger than usual everything is painted; 0 paints a large photo in its own size.
        detail: share of the fine lightness that is the photo's.
        reference: the photo by whose means and deviations it is painted; None: by its own.
        memory: that painting may take at once, in bytes.
        keep_features: whether the photo is painted more than once, so that its features are worth keeping.
        progress: is told what share is done, of a photo that is painted in tiles or enlarged in strips.
    """

    strength: float | Pixels = 1.0
    colour: float = 1.0
    stroke: float = 1.0
    detail: float = 0.0
    reference: Photo | None = None
    memory: float = MEMORY
    keep_features: bool = False
    progress: Progress | None = None


def compose(painter: Backend, photo: Photo, layers: Sequence[Layer], settings: Settings) -> Pixels:
    """Paints a photo: layer by layer, or all in one pass with a model that attends to places of style pictures.

    Args:
        painter: a model on a backend.
        photo: what is painted.
        layers: styles and where they are painted; later ones lie above. The first alone may be painted everywhere.
        settings: the rest.

    Returns:
        [H, W, 3], in the photo's own colours.
    """
    strength, painting = settings.strength, photo.pixels
    if len(layers) > 1 and painter.mixes_by_place:
        layers = [in_one(layers, photo.size)]
    if len(layers) > 1:
        settings = replace(settings, keep_features=True)
    for number, (style, mask) in enumerate(layers if isinstance(strength, np.ndarray) or strength else ()):
        layer = painted(painter, photo, style, settings, (number, len(layers)))
        painting = layer if mask is None else blended(layer, painting, mask)
    return finished(painter, photo, painting, settings)


def in_one(layers: Sequence[Layer], size: tuple[int, int]) -> Layer:
    """Layers on a photo of that size as one: their styles by place, and where any of them is painted."""
    masks = [np.full(size[::-1], 255, np.uint8) if mask is None else mask for _, mask in layers]
    covered = None
    if layers[0][1] is not None:
        covered = np.asarray(reduce(ImageChops.screen, map(Image.fromarray, masks)))
    return ByPlace([style for style, _ in layers], masks), covered


def compose_batch(painter: Backend, photos: Sequence[Photo], style: Any, settings: Settings) -> list[Pixels]:
    """Paints photos of one size in one style at once; each is what `compose` makes of it alone, to rounding.

    Photos that are too large for `settings.memory` one by one are painted so, in tiles.
    """
    scale = working_scale(photos[0].size, settings.stroke)
    refuse_beyond_limit(photos[0].size, scale, settings.stroke)
    copies = [photo.scaled(scale) for photo in photos]
    width, height = copies[0].size
    if width * height * painter.bytes_per_pixel(style) > settings.memory:
        return [compose(painter, photo, [(style, None)], settings) for photo in photos]
    strength = settings.strength if painter.blends == "features" else 1.0
    paintings = painter.paint(np.concatenate([copy.planes() for copy in copies]), style, shares(strength))
    layers = [pixels_of(paintings[n : n + 1], copy.size) for n, copy in enumerate(copies)]
    return [
        finished(painter, photo, in_size_of(photo, layer, copy), settings)
        for photo, layer, copy in zip(photos, layers, copies, strict=True)
    ]


def finished(painter: Backend, photo: Photo, painting: Pixels, settings: Settings) -> Pixels:
    """A painting [H, W, 3] with other colours, detail and strength, in the photo's own colours."""
    strength = settings.strength
    painting = finish(painting, photo.pixels, settings.colour, settings.detail, settings.stroke or 1)
    return blended(
        photo.in_own_colours(painting), photo.stored, faint(strength) if painter.blends == "features" else strength
    )


def painted(painter: Backend, photo: Photo, style: Any, settings: Settings, place: tuple[int, int] = (0, 1)) -> Pixels:
    """One layer [H, W, 3], painted at the scale of its strokes; `place` is its number and that of all layers."""
    strength, reference = settings.strength if painter.blends == "features" else 1.0, settings.reference
    scale = working_scale(photo.size, settings.stroke)
    refuse_beyond_limit(photo.size, scale, settings.stroke)
    small = photo.scaled(scale)
    if isinstance(strength, np.ndarray):
        strength = resized(strength, small.size)
    if isinstance(style, ByPlace):
        style = style.resized(small.size)
    reference = reference and reference.scaled(working_scale(reference.size, settings.stroke))
    number, count = place
    half = 0.5 if is_smaller(small, photo) else 1.0  # the other half of the work is to enlarge it
    told = partial(part_of, settings.progress, number / count, half / count)
    layer = paint(painter, small, style, strength, settings.memory, reference, settings.keep_features, told)
    return in_size_of(photo, layer, small, partial(part_of, settings.progress, (number + half) / count, half / count))


def part_of(progress: Progress | None, begin: float, size: float, share: float) -> None:
    """Tells what share of the whole is done, by that of a part of it."""
    if progress:
        progress(begin + size * share)


def is_smaller(copy: Photo, photo: Photo) -> bool:
    """Whether a copy of the photo was shrunk."""
    return min(copy.size) < min(photo.size)


def in_size_of(photo: Photo, layer: Pixels, copy: Photo, progress: Progress | None = None) -> Pixels:
    """What was painted of a photo's copy, in the photo's size."""
    if is_smaller(copy, photo):
        return enlarged(layer, copy.pixels, photo.pixels, progress)
    return resized(layer, photo.size, Image.Resampling.LANCZOS)


def refuse_beyond_limit(size: tuple[int, int], scale: float, stroke: float) -> None:
    """Refuses fine strokes of which the painting would have more pixels than a picture may."""
    width, height = (round(side * scale) for side in size)
    most = most_pixels()
    if scale > 1 and most and width * height > most:
        raise PictureError(
            f"a stroke of {stroke} takes a painting of {width} x {height} pixels, and {most} at most are painted: "
            "take a larger stroke or a smaller photo (max_side=...), or raise the limit (PIL.Image.MAX_IMAGE_PIXELS)"
        )


def faint(strength: float | Pixels) -> float | Pixels:
    """The share of a painting that is weak already, so that nothing of it is left at 0, without a jump."""
    if isinstance(strength, np.ndarray):
        return (strength / FAINT).round().clip(0, 255).astype(np.uint8)
    return min(1.0, strength / FAINT)


def as_mask(given: Picture, size: tuple[int, int], soft: bool = False, flow: Array | None = None) -> Pixels:
    """A mask [H, W] of that size, of a picture in any form: white is 255, black is 0.

    Args:
        given: of the photo's proportions.
        size: width and height of the photo.
        soft: whether the borders of what is white are softened.
        flow: that the photo was moved by, and the mask with it.
    """
    mask = as_grey(given)
    if not mask.getbbox():
        warnings.warn("a mask is black all over: nothing is painted where it stands", PictureWarning, stacklevel=2)
    pixels = fitted_mask(mask, size, soft)
    return pixels if flow is None else moved(pixels, flow)


def fitted_mask(mask: Image.Image, size: tuple[int, int], soft: bool = False) -> Pixels:
    """A mask in grey as [H, W] of that size."""
    width, height = mask.size
    if abs(width * size[1] - height * size[0]) > 0.02 * width * size[1] + max(*size, width, height):
        raise PictureError(
            f"the mask is {width} x {height} and the photo {size[0]} x {size[1]}: give one of its proportions"
        )
    mask = mask if mask.size == size else mask.resize(size, Image.Resampling.BICUBIC)
    return np.asarray(mask.filter(ImageFilter.GaussianBlur(min(size) / SOFT)) if soft else mask)


def shape_flow(
    photo: Photo, shape: bool, mask: Picture | None, style_image: Picture | None, style_mask: Picture | None
) -> Array | None:
    """The flow by which the thing in a photo takes the shape of that in a style picture; None where it shall not.

    Args:
        photo: with the thing.
        shape: whether it shall.
        mask: white on it; None takes the photo's transparency, or what stands out.
        style_image: a picture with the shape; None where its mask is all that is known of it.
        style_mask: the same of the style picture.
    """
    if not shape:
        if mask is not None or style_mask is not None:
            name = "mask" if mask is not None else "style_mask"
            raise ValueError(f"{name} is looked at for the shape alone: add it (shape=True)")
        return None
    if style_image is None and style_mask is None:
        raise ValueError(
            "a shape is that of a style picture: give one (style_image=...), or a mask of it (style_mask=...)"
        )
    given = None if mask is None else fitted_mask(as_grey(mask), photo.size)
    source = silhouette(photo.pixels, photo.alpha, given, photo.name or "the photo", "mask")
    if style_image is None:
        grey = np.asarray(as_grey(cast("Picture", style_mask)))
        outline: Pixels | None = grey
        style = Photo(np.dstack([grey] * 3))
    else:
        style = Photo.open(style_image)
        outline = None if style_mask is None else fitted_mask(as_grey(style_mask), style.size)
    target = silhouette(style.pixels, style.alpha, outline, style.name or "the style picture", "style_mask")
    return flow_between(source, target)
