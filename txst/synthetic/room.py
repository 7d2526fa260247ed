"""A drawn room with furniture: a scene for the demo and the tests, with walls near and far."""

from typing import Any, NamedTuple

import numpy as np
from scipy.ndimage import gaussian_filter

from txst.synthetic.drawing import Array, Pixels, noise, to_pixels
from txst.synthetic.landscape import valley

Box = tuple[tuple[float, float, float], tuple[float, float, float], tuple[float, float, float]]  # corners, colour
SIZE = (6.0, 3.0, 4.0)  # metres; y is up, and the floor is at 0
SIDES = ("left", "right", "floor", "ceiling", "back", "front")
FURNITURE: tuple[Box, ...] = (
    ((1.0, 0.68, -0.6), (2.6, 0.75, 0.6), (0.55, 0.34, 0.18)),  # a table, with four legs
    *(
        ((x, 0.0, z), (x + 0.08, 0.68, z + 0.08), (0.42, 0.25, 0.13))
        for x in (1.05, 2.47)
        for z in (-0.55, 0.47)
    ),
    ((-2.95, 0.0, -1.9), (-1.1, 0.45, -1.0), (0.62, 0.16, 0.15)),  # a sofa and its back
    ((-2.95, 0.45, -1.9), (-1.1, 0.95, -1.65), (0.68, 0.2, 0.18)),
    ((-2.9, 0.0, 1.3), (-2.3, 1.9, 1.95), (0.2, 0.3, 0.42)),  # a cupboard
    ((1.6, 0.75, -0.15), (1.9, 1.1, 0.15), (0.85, 0.72, 0.3)),  # a vase
)  # fmt: skip


class Room(NamedTuple):
    """A mesh with one picture for each side of each box."""

    vertices: Array  # [V, 3]
    faces: Any  # [F, 3]
    uv: Array  # [V, 2], v goes up
    texture: Pixels  # [H, W, 3]


def room(texels: int = 48, seed: int = 0) -> Room:
    """The room; the same for the same seed.

    Args:
        texels: a metre.
        seed: of the grain of its walls.
    """
    rng = np.random.default_rng(seed)
    half = SIZE[0] / 2, SIZE[2] / 2
    sides = box((-half[0], 0, -half[1]), (half[0], SIZE[1], half[1]), inside=True)
    named = [
        (corners, kind)
        for corners, kind in zip(sides, ["left", "right", "floor", "ceiling", "back", "front"], strict=True)
    ]
    drawn = [(corners, wall(kind, corners, texels, rng)) for corners, kind in named]
    for low, high, colour in FURNITURE:
        drawn += [(corners, board(corners, colour, texels, rng)) for corners in box(low, high)]
    return packed(drawn)


def box(low: Any, high: Any, inside: bool = False) -> list[Array]:
    """Corners [4, 3] of the six sides of a box, each anticlockwise from its lower left, as seen from outside or inside."""
    (x, y, z), (X, Y, Z) = low, high
    sides = [
        [(x, y, z), (x, y, Z), (x, Y, Z), (x, Y, z)], [(X, y, Z), (X, y, z), (X, Y, z), (X, Y, Z)],
        [(x, y, z), (X, y, z), (X, y, Z), (x, y, Z)], [(x, Y, Z), (X, Y, Z), (X, Y, z), (x, Y, z)],
        [(X, y, z), (x, y, z), (x, Y, z), (X, Y, z)], [(x, y, Z), (X, y, Z), (X, Y, Z), (x, Y, Z)],
    ]  # fmt: skip
    turned = [[side[1], side[0], side[3], side[2]] for side in sides] if inside else sides
    return [np.array(side, float) for side in turned]


def lengths(corners: Array) -> tuple[float, float]:
    """Across and up, in metres."""
    return float(np.linalg.norm(corners[1] - corners[0])), float(np.linalg.norm(corners[3] - corners[0]))


def wall(kind: str, corners: Array, texels: int, rng: np.random.Generator) -> Array:
    """A side of the room [h, w, 3]: boards, plaster, stripes, or plaster with a picture or a window."""
    across, up = lengths(corners)
    y, x = np.indices((max(4, round(up * texels)), max(4, round(across * texels)))) / texels
    plain = {"left": (0.75, 0.71, 0.55), "right": (0.62, 0.7, 0.66), "back": (0.74, 0.66, 0.58)}
    colour = np.full((*x.shape, 3), plain.get(kind, (0.85, 0.84, 0.8)))
    if kind == "floor":
        plank = np.floor(y / 0.2)
        tone = 0.8 + 0.2 * np.modf(np.abs(np.sin(12.9 * plank + 78.2 * np.floor(x / 1.5 + 0.37 * plank))) * 43.7)[0]
        colour = np.array([0.6, 0.4, 0.24]) * tone[..., None]
    elif kind == "front":
        colour = np.where((np.floor(x / 0.25) % 2 == 0)[..., None], (0.45, 0.55, 0.68), (0.78, 0.76, 0.68))
    elif kind in ("back", "right", "left"):
        hung(colour, {"back": (0.3, 0.62, 0.6), "right": (0.5, 0.5, 0.62), "left": (0.55, 0.5, 0.45)}[kind])
    low = (np.minimum(y, 3 - y) < 0.12) if kind not in ("floor", "ceiling") else np.zeros(x.shape, bool)
    colour = np.where(low[..., None], (0.38, 0.28, 0.2), colour)
    # light from the ceiling's middle, baked
    near = 1.1 - 0.45 * (((x / across - 0.5) * 2) ** 2 + ((y / up - 0.4) * 1.4) ** 2) / 2
    grain = 1 + 0.05 * noise(x.shape, texels / 16, rng)
    return colour * (near * grain)[..., None]


def hung(colour: Array, place: tuple[float, float, float]) -> None:
    """Hangs a landscape on a wall: (x, y) of its middle and its height, as shares of the wall's height and width."""
    height, width = colour.shape[:2]
    side = round(place[2] * height)
    top, left = round((1 - place[1]) * height - side / 2), round(place[0] * width - side / 2)
    frame = max(2, side // 16)
    colour[top - frame : top + side + frame, left - frame : left + side + frame] = (0.55, 0.42, 0.15)
    colour[top : top + side, left : left + side] = valley(side) / 255


def board(corners: Array, tint: tuple[float, float, float], texels: int, rng: np.random.Generator) -> Array:
    """A side of a piece of furniture [h, w, 3], with grain along it."""
    across, up = lengths(corners)
    shape = max(4, round(up * texels)), max(4, round(across * texels))
    grain = gaussian_filter(rng.standard_normal(shape), (0.5, texels / 8), mode="wrap")
    normal = np.cross(corners[1] - corners[0], corners[3] - corners[0])
    light = 0.75 + 0.3 * normal[1] / np.linalg.norm(normal) + 0.1 * normal[0] / np.linalg.norm(normal)
    return np.array(tint) * (light * (1 + 0.1 * grain / max(grain.std(), 1e-6)))[..., None]


def packed(drawn: list[tuple[Array, Array]], gap: int = 4) -> Room:
    """Lays the sides' pictures in rows in one square texture; their borders go on round them."""
    order = sorted(range(len(drawn)), key=lambda n: -drawn[n][1].shape[0])
    area = sum((p.shape[0] + 2 * gap) * (p.shape[1] + 2 * gap) for _, p in drawn)
    widest = max(p.shape[1] for _, p in drawn) + 2 * gap
    side = max(widest, int(area**0.5))
    while (places := rows(drawn, order, side, gap)) is None:  # the least square in which they find room
        side += 8
    sheet, vertices, faces, uv = np.full((side, side, 3), 0.5), [], [], []
    for number, (corners, picture) in enumerate(drawn):
        top, left = places[number]
        h, w = picture.shape[:2]
        sheet[top - gap : top + h + gap, left - gap : left + w + gap] = np.pad(
            picture, ((gap, gap), (gap, gap), (0, 0)), "edge"
        )
        vertices.append(corners)
        faces += [[4 * number, 4 * number + 1, 4 * number + 2], [4 * number, 4 * number + 2, 4 * number + 3]]
        uv += [(left, top + h), (left + w, top + h), (left + w, top), (left, top)]
    maps = np.array(uv) / side
    maps[:, 1] = 1 - maps[:, 1]
    return Room(np.concatenate(vertices), np.array(faces), maps, to_pixels(sheet))


def rows(drawn: list[Any], order: list[int], side: int, gap: int) -> dict[int, tuple[int, int]] | None:
    """Top and left of each picture, the tallest first; None where the square is too small."""
    places, top, left, tall = {}, gap, gap, 0
    for number in order:
        h, w = drawn[number][1].shape[:2]
        if left + w + gap > side:
            top, left, tall = top + tall + 2 * gap, gap, 0
        places[number], left, tall = (top, left), left + w + 2 * gap, max(tall, h)
    return places if top + tall + gap <= side else None
