"""A drawn landscape, for galleries: clouds, hills, a lake and trees, with no photo to ask anybody for."""

import numpy as np
from scipy.ndimage import gaussian_filter

from txst.synthetic.drawing import Array, Pixels, inside, noise, over, to_pixels

SHORE = 0.66  # of the height
HILLS = (  # height, roughness and colour of each range, the farthest first
    (0.42, 0.10, (0.52, 0.58, 0.72)),
    (0.50, 0.07, (0.38, 0.47, 0.55)),
    (0.58, 0.05, (0.26, 0.38, 0.30)),
)
TREES = ((0.16, 0.92, 0.5), (0.28, 0.88, 0.3), (0.83, 0.95, 0.42))  # x, foot and height of each


def valley(size: int = 512, seed: int = 0) -> Pixels:
    """A square picture [size, size, 3]; lengths are parts of its side, so that it is the same at any size."""
    rng = np.random.default_rng(seed)
    y, x = np.indices((size, size)) / size
    picture = sky(y, rng)
    for height, rough, colour in HILLS:
        below = y - (height + rough * ridge(size, rng))
        shade = 1 + 0.12 * noise(y.shape, size / 256, rng) + 0.5 * below
        picture = over(picture, np.clip(np.array(colour) * shade[..., None], 0, 1), inside(size * below))
    picture = lake(picture, y, rng)
    picture = meadow(picture, y, x, rng)
    for place in TREES:
        picture = tree(picture, y, x, place, rng)
    return to_pixels(picture)


def sky(y: Array, rng: np.random.Generator) -> Array:
    size = len(y)
    blue, glow = np.array([0.35, 0.55, 0.85]), np.array([0.95, 0.82, 0.68])
    clouds = sum(
        (blur * noise(y.shape, (0.35 * blur, blur), rng) for blur in (size / 12, size / 30, size / 80)),
        np.zeros_like(y),
    )
    cover = np.clip(0.5 * (clouds / clouds.std() - 0.3), 0, 1) * np.clip(1.2 - 2 * y, 0, 1)
    return over(blue + (glow - blue) * np.clip(2.1 * y, 0, 1)[..., None], np.array([1, 0.97, 0.94]), cover)


def ridge(size: int, rng: np.random.Generator) -> Array:
    """The outline of hills, [size], of deviation of about 1."""
    line = np.zeros(size)
    for waves in (6, 14, 40, 120):
        rough = gaussian_filter(rng.standard_normal(size), size / waves, mode="wrap")
        line += rough / rough.std() * 3 / waves
    return line


def lake(picture: Array, y: Array, rng: np.random.Generator) -> Array:
    """What lies above the shore, upside down and rippled."""
    size = len(y)
    rows = SHORE - 1.6 * (y - SHORE) + noise(y.shape, (size / 700, size / 60), rng) / 256
    mirrored = picture[np.clip(size * rows, 0, size - 1).astype(int), np.arange(size)]
    return over(picture, 0.8 * mirrored + 0.02, inside(size * (y - SHORE)))


def meadow(picture: Array, y: Array, x: Array, rng: np.random.Generator) -> Array:
    size = len(y)
    bank = 0.84 + 0.04 * np.sin(5 * x) + 0.02 * noise(y.shape, (size / 170, size / 25), rng)
    blades = 1 + 0.25 * noise(y.shape, (size / 170, size / 640), rng)
    near = np.clip(3 * (y - 0.84), 0, 1)
    grass = np.array([0.35, 0.42, 0.15]) * blades[..., None] + np.array([0.15, 0.1, 0]) * near[..., None]
    return over(picture, np.clip(grass, 0, 1), inside(size / 2 * (y - bank)))


def tree(picture: Array, y: Array, x: Array, place: tuple[float, float, float], rng: np.random.Generator) -> Array:
    size = len(y)
    middle, foot, height = place
    up = (foot - y) / height
    width = 0.02 * height * (1.3 - up) - np.abs(x - middle - 0.02 * np.sin(9 * (foot - y)))
    trunk = inside(size * width) * ((up > 0) & (up < 0.9))
    picture = over(picture, np.array([0.22, 0.15, 0.1]), trunk)
    across, above = (x - middle) / (0.28 * height), (up - 0.75) / 0.36
    ragged = 0.35 * noise(y.shape, size / 60, rng) + 0.2 * noise(y.shape, size / 200, rng)
    crown = np.clip(6 * (1 - across**2 - above**2 - ragged), 0, 1)
    lit = 0.75 + 0.35 * np.clip(above - across, -1, 1) + 0.2 * noise(y.shape, size / 170, rng)
    return over(picture, np.clip(np.array([0.28, 0.42, 0.14]) * lit[..., None], 0, 1), crown)
