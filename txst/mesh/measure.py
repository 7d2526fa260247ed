"""Whether cameras see one place in one colour."""

from collections.abc import Sequence

import numpy as np

from txst.mesh.cameras import Camera
from txst.mesh.raster import Raycaster, interpolated
from txst.mesh.surface import Floats


def reprojection_error(rays: Raycaster, cameras: Sequence[Camera], pictures: Sequence[Floats], apart: int = 1) -> float:
    """How much the colours of a place differ between two pictures of it: root of the mean square, of colours in [0, 1].

    Args:
        rays: at the surface.
        cameras: on a path.
        pictures: [h, w, 3] in [0, 1], one for each.
        apart: how many cameras lie between the two of a pair, plus one; the last is followed by the first.

    Raises:
        ValueError: no place is seen by both cameras of a pair.
    """
    views = [rays.look(camera) for camera in cameras]
    squares: list[Floats] = []
    for number, view in enumerate(views):
        other = (number + apart) % len(views)
        points = rays.surface.points(view.face[view.seen], view.share[view.seen])
        places, _, found = views[other].find(points)
        _, _, clear = view.find(points)  # pixels at the border of a thing show two
        there = interpolated(pictures[other], places[found & clear])
        squares.append((there - pictures[number][view.seen][found & clear]) ** 2)
    every = np.concatenate(squares)
    if not every.size:
        raise ValueError("no place is seen by two cameras of a pair: take more cameras")
    return float(np.sqrt(every.mean()))
