"""Fields of displacements, and what is moved by them.

The one convention of this folder: a flow [h, w, 2] stands on the grid of the result, holds (dx, dy) in pixels of its own grid, and says where
each pixel comes from: result(p) = source(p + flow(p)). Pixel centres lie at whole numbers, and beyond the border the last pixels repeat.
The published code of Yang et al., 2022 (https://arxiv.org/abs/2203.12835), subtracts a flow of (rows, columns) where it warps and adds
the same numbers as (x, y) where it looks correlations up.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from txst.images import Array
from txst.pictures.sampling import bilinear

CELLS = 160  # of the mesh by which pictures are moved, along the longer side at most
RIM = 0.01  # pixels from the frame that everything else stays away


def sample(plane: Array, flow: Array) -> Array:
    """[h, w] or [h, w, C] moved by a flow [h, w, 2], bilinearly."""
    height, width = plane.shape[:2]
    y, x = np.indices((height, width), dtype=np.float32)
    return bilinear(plane, x + flow[..., 0], y + flow[..., 1])


def exponential(velocity: Array) -> Array:
    """The flow after unit time along a velocity [h, w, 2] that stands still: smooth, and with a smooth way back.

    Scaling and squaring (Arsigny et al., 2006, https://doi.org/10.1007/11866565_113).
    """
    fastest = float(np.abs(velocity).max())
    halvings = max(0, int(np.ceil(np.log2(max(fastest, 1e-9) / 0.25))))
    flow = velocity / np.float32(2**halvings)
    for _ in range(halvings):
        flow = flow + sample(flow, flow)
    return flow


def areas(points: Array) -> Array:
    """The smallest area of the triangles at the corners of each cell of a mesh, in cells: 1 where nothing moves, 0 or less where it folds.

    Args:
        points: where the corners of the cells come from, [n, m, 2].

    Returns:
        [n - 1, m - 1].
    """
    ring = [points[:-1, :-1], points[:-1, 1:], points[1:, 1:], points[1:, :-1]]
    found = []
    for turn, here in enumerate(ring):
        ahead, back = ring[(turn + 1) % 4] - here, ring[turn - 1] - here
        found.append(ahead[..., 0] * back[..., 1] - ahead[..., 1] * back[..., 0])
    return np.min(found, axis=0)


def areas_of(flow: Array) -> Array:
    """`areas` of a flow [h, w, 2] between the centres of its pixels, [h - 1, w - 1]."""
    y, x = np.indices(flow.shape[:2], dtype=np.float32)
    return areas(np.stack([x, y], -1) + flow)


def moved(pixels: Any, flow: Array) -> Any:
    """A picture of any size, moved by the flow of a small copy of it.

    Args:
        pixels: [H, W] or [H, W, 3] of bytes, or [H, W] of float32.
        flow: [h, w, 2], in pixels of its grid, which has about the picture's proportions.

    Returns:
        The same kind of array. The frame stays where it is.
    """
    height, width = pixels.shape[:2]
    lines = [np.linspace(0, side, 1 + min(side, CELLS)).round().astype(int) for side in (width, height)]
    source = corners(lines, flow)
    done = np.empty_like(pixels)
    for channel in np.ndindex(pixels.shape[2:]):
        plane = Image.fromarray(
            pixels[(..., *channel)].astype(np.float32)
        )  # of bytes Pillow would cut the fractions off
        for i, (top, bottom) in enumerate(pairwise(lines[1].tolist())):
            mesh = [
                (
                    (left, 0, right, bottom - top),
                    (*source[i, j], *source[i + 1, j], *source[i + 1, j + 1], *source[i, j + 1]),
                )
                for j, (left, right) in enumerate(pairwise(lines[0].tolist()))
            ]
            size = (width, bottom - top)
            row = np.asarray(plane.transform(size, Image.Transform.MESH, mesh, Image.Resampling.BICUBIC))
            done[(slice(top, bottom), slice(None), *channel)] = (
                row if pixels.dtype != np.uint8 else row.round().clip(0, 255)
            )
    return done


def corners(lines: Sequence[NDArray[np.int_]], flow: Array) -> NDArray[np.float64]:
    """Where the corners of a mesh come from, [n, m, 2], (x, y) in pixels of the picture, whose frame is at 0 and at its size.

    Args:
        lines: where the mesh has its m columns and n rows.
        flow: of a small copy.
    """
    x, y = np.meshgrid(*(line.astype(np.float64) for line in lines))
    width, height = lines[0][-1], lines[1][-1]
    scale = np.array([flow.shape[1] / width, flow.shape[0] / height])
    shift = bilinear(flow, x * scale[0] - 0.5, y * scale[1] - 0.5) / scale
    free = np.stack([(x > 0) & (x < width), (y > 0) & (y < height)], -1)
    inside = (np.stack([x, y], -1) + shift).clip(RIM, np.array([width, height]) - RIM)
    return np.where(free, inside, np.stack([x, y], -1))
