"""Eight ways to paint a photo without learning anything: the demo's artists.

Each takes a photo [H, W, 3] uint8 and a random generator, and gives a painting of the same
shape and dtype. Each keeps a palette and a texture of its own and varies both a little from
painting to painting. Lengths are in pixels: a brush does not grow with the canvas.
"""

from collections.abc import Callable

import numpy as np
from scipy.ndimage import gaussian_filter

from txst.synthetic.drawing import (
    Pixels,
    form_angle,
    inside,
    lightness,
    nearest,
    noise,
    over,
    palette,
    patch_means,
    sample,
    scatter,
    smear,
    to_pixels,
    toned,
    turned,
    vivid,
)

Manner = Callable[[Pixels, np.random.Generator], Pixels]


def pointillism(photo: Pixels, rng: np.random.Generator) -> Pixels:
    """Round dabs of pure luminous colour on cream; now and then the complement of what they cover."""
    paints = palette("1f2f8f 5b2f8c 8f4fa8 1f7f8c 2f8f5a 8cc45a f7d23f f59a2f e4572e ee8fa8 7fb8e8 fff3d6", 0.03, rng)
    seen = vivid(gaussian_filter(photo / 255, (1, 1, 0)), 0.5) + 0.08
    canvas = np.broadcast_to(palette("f6e8c8", 0.015, rng), photo.shape)
    for pitch in rng.uniform(0.9, 1.15) * np.array([6.0, 5.0, 4.2]):
        patches = scatter(photo.shape, pitch, rng)
        wanted = sample(seen, patches.centres)
        count = len(wanted)
        wanted = np.where(rng.random((count, 1)) < 0.08, 1 - wanted, wanted)
        wanted = wanted + rng.normal(0, 0.08, (count, 1)) + rng.normal(0, 0.07, (count, 3))
        radius = pitch * rng.uniform(0.38, 0.52, count)
        dab = inside(radius[patches.owner] - patches.distance)
        canvas = over(canvas, paints[nearest(wanted, paints)][patches.owner], dab)
    return to_pixels(canvas)


def hatching(photo: Pixels, rng: np.random.Generator) -> Pixels:
    """Sepia pen on paper: the darker the place, the more directions of strokes cross there."""
    paper, ink = palette("f4ead3 6b3818", 0.015, rng)
    light = lightness(photo, 1)
    pitch, turn = rng.uniform(4.2, 5.4), rng.uniform(-0.25, 0.25)
    drawn = inside(15 * np.hypot(*np.gradient(light)) - 2.2)
    for angle, darker_than in ((0.8, 0.95), (-0.75, 0.65), (0.05, 0.4), (1.55, 0.2)):
        across, _ = turned(photo.shape, angle + turn)
        across = across + 0.8 * noise(photo.shape, 9, rng)  # an unsteady hand
        off_line = np.abs((across / pitch) % 1 - 0.5) * pitch
        pressure = np.clip((darker_than - light) / 0.3, 0, 1) * (0.9 + 0.2 * noise(photo.shape, 2.5, rng))
        drawn = np.maximum(drawn, inside(1.5 * pressure - 0.5 - off_line))
    return to_pixels(over(paper, ink, 0.92 * drawn))


def mosaic(photo: Pixels, rng: np.random.Generator) -> Pixels:
    """Tesserae of turquoise, gold and stone in wavy rows, with pale grout between them."""
    stones = palette("0b2f3f 0e5566 12808c 25aaa8 7fd0c8 dff0e6 5a3212 a5641a dba22e f2d27a", 0.02, rng)
    grout = palette("cfc6b0", 0.02, rng)
    pitch = rng.uniform(6.5, 8.5)
    u, v = ((axis + 4 * noise(photo.shape, 24, rng)) / pitch for axis in turned(photo.shape, rng.uniform(-0.1, 0.1)))
    u = u + 0.5 * (np.floor(v) % 2)  # rows are laid like bricks
    _, owner = np.unique(np.floor(u) + 1j * np.floor(v), return_inverse=True)
    owner = owner.reshape(photo.shape[:2])
    wanted = patch_means(toned(photo), owner)
    wanted = wanted + rng.normal(0, 0.06, wanted.shape)
    tile = stones[nearest(wanted, stones, chroma=0.6)] + rng.normal(0, 0.04, (len(wanted), 1))
    bevel = 0.16 * (1 - u % 1 - v % 1)  # light from the upper left
    rim = pitch * (0.5 - np.maximum(np.abs(u % 1 - 0.5), np.abs(v % 1 - 0.5)))
    return to_pixels(over(grout, tile[owner] + bevel[..., None], inside(rim - 0.8)))


def stripes(photo: Pixels, rng: np.random.Generator) -> Pixels:
    """Broad flat slanting bands in poster colours, bright on the photo's lights and deep on its darks."""
    bright = palette("ffd23f ff5d8f ff9a3c 3ec6e0", 0.02, rng)
    deep = palette("2b1a6b b3124f 7a1f8c 0f4c8a", 0.02, rng)
    light = lightness(photo, 2)
    across, _ = turned(photo.shape, rng.uniform(0.7, 0.9))
    band = np.floor(across / rng.uniform(8.5, 9.5) + 0.8 * gaussian_filter(light, 4)).astype(int) % 4
    lit = (light - np.median(light)) / (np.hypot(*np.gradient(light)) + 1e-3)  # pixels from the edge of the light
    return to_pixels(over(deep[band], bright[band], inside(lit)))


def woodcut(photo: Pixels, rng: np.random.Generator) -> Pixels:
    """A block printed black on ochre; gouged lines follow the forms and widen with the light."""
    paper, ink = palette("d9a441 17120e", 0.02, rng)
    light = lightness(photo, 0.7)
    angle = form_angle(gaussian_filter(light, 1.3), 6, rng.uniform(0, np.pi))
    lines = smear(noise(photo.shape, 0.7, rng) - 0.7 * noise(photo.shape, 1.6, rng), angle, 12)
    return to_pixels(over(ink, paper, inside(2 * (2.8 * (light - 0.45) + lines / lines.std()))))


def watercolour(photo: Pixels, rng: np.random.Generator) -> Pixels:
    """Pale wet washes that run over their edges, dry darker at the rim, and let paper and grain through."""
    paper = palette("fbfaf4", 0.008, rng)
    run = [2.2 * noise(photo.shape, 6, rng) + 0.8 * noise(photo.shape, 1.5, rng) for _ in "yx"]
    places = np.moveaxis(np.indices(photo.shape[:2]) + run, 0, -1)
    wet = sample(gaussian_filter(toned(photo), (1.5, 1.5, 0)), places.reshape(-1, 2)).reshape(photo.shape)
    pigment = 1 - gaussian_filter(wet, (0.8, 0.8, 0))
    dark = 3.5 * pigment.mean(2)
    wash = np.floor(dark) + np.clip(4 * (dark % 1) - 1.5, 0, 1)  # three or four layers, laid one on another
    rim = np.clip(wash - gaussian_filter(wash, 2.5), 0, None)
    bloom = np.exp(-((noise(photo.shape, 16, rng) / 0.05) ** 2))  # where water crept back into a drying wash
    load = (wash + 0.5) / (dark + 0.5) * (1 + 0.22 * noise(photo.shape, 18, rng)) + 0.5 * rim + 0.12 * bloom
    load = 0.6 * load * (1 + 0.16 * noise(photo.shape, 0.7, rng))
    return to_pixels(paper * (1 - vivid(pigment, 0.25) * [1.0, 0.92, 0.72] * load[..., None]))


def cross_stitch(photo: Pixels, rng: np.random.Generator) -> Pixels:
    """Crosses of coloured wool on dark linen, one to each square of the weave."""
    wools = palette("8e1f2f d9483b f2b8a0 f6e3c0 4f7d3a a9c46c 20406b 6fa3c9", 0.02, rng)
    linen = palette("3a2a20", 0.015, rng)
    pitch = rng.uniform(5.6, 6.4)
    u, v = (axis / pitch for axis in turned(photo.shape, rng.uniform(-0.05, 0.05)))
    _, owner = np.unique(np.floor(u) + 1j * np.floor(v), return_inverse=True)
    owner = owner.reshape(photo.shape[:2])
    wanted = patch_means(toned(photo), owner)
    wool = wools[nearest(wanted + rng.normal(0, 0.05, wanted.shape), wools, chroma=0.6)][owner]
    slash, backslash = (np.abs(off) * pitch * np.sqrt(0.5) for off in (u % 1 + v % 1 - 1, u % 1 - v % 1))
    under = over(np.broadcast_to(linen, photo.shape), 0.8 * wool, inside(1.1 - slash))
    return to_pixels(over(under, wool, inside(1.1 - backslash)))


def halftone(photo: Pixels, rng: np.random.Generator) -> Pixels:
    """Four screens of dots, cyan, magenta, yellow and black, turned against each other on white."""
    inks = palette("00a4e4 e6007e ffe100 1a1a1a", 0.015, rng)
    page = np.broadcast_to(palette("fbf8f0", 0.01, rng), photo.shape)
    seen = vivid(gaussian_filter(toned(photo), (1, 1, 0)) ** 0.8, 0.5)
    black = 0.8 * (1 - seen.max(2)) ** 1.5
    amounts = [*np.moveaxis(1 - seen - 0.6 * black[..., None], 2, 0), black]
    pitch, turn = rng.uniform(5.5, 6.5), rng.uniform(0, 0.5)
    for ink, amount, degrees in zip(inks, amounts, (15, 75, 0, 45), strict=True):  # the printer's usual screens
        off_centre = [axis % pitch - pitch / 2 for axis in turned(photo.shape, np.radians(degrees) + turn)]
        dot = inside(0.62 * pitch * np.sqrt(np.clip(amount, 0, 1)) - np.hypot(*off_centre))
        page = page * over(np.ones(3), ink, dot)
    return to_pixels(page)


MANNERS: dict[str, Manner] = {
    "pointillism": pointillism,
    "hatching": hatching,
    "mosaic": mosaic,
    "stripes": stripes,
    "woodcut": woodcut,
    "watercolour": watercolour,
    "cross stitch": cross_stitch,
    "halftone": halftone,
}
