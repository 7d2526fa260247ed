"""What losses look at where a texture is optimised: each view at several sizes, and which of its pixels count at each.

After StyleMesh (Höllein, Johnson and Nießner, 2022, https://arxiv.org/abs/2112.01530): a loss network sees strokes of one size in pixels, so that a far
place is shown large and a near one small. Departs from it: sizes are octaves about the mean depth, not steps of 176 pixels; the share of
a size and the angle weigh in the loss's masks, where the published code weighs the gradients.
"""

from dataclasses import dataclass

import numpy as np

from txst.mesh.atlas import Atlas
from txst.mesh.cameras import Camera
from txst.mesh.raster import FINER, Raycaster, View
from txst.mesh.stylise import picture_of
from txst.mesh.surface import Floats, MeshError

OCTAVES = (-1, 2)  # of a view's size that it is shown in: twice as large, to a quarter
LEAST_SIDE = 40  # pixels: a loss network wants 33
ABOUT = 16  # pixels about what counts, that a loss network sees, too
LEAST_SHARE = 0.01  # of a view's weight that a size is worth a look for
FRONT = 0.766  # cosine of 40 degrees: published for Matterport's rooms; nearer to the front small strokes are looked for, too


@dataclass
class Screen:
    """A view at one size, as arrays whose axes are those of torch.

    Args:
        uv: [1, n h, n w, 2] where each ray meets the texture, -1 to 1 from its left and upper border to the opposite ones.
        cover: [1, 1, n h, n w], 1 where it meets it.
        picture: [1, 3, h, w] in [0, 1], what is to be painted.
        weight: [1, 1, h, w] in [0, 1], how much each pixel counts at this size.
        front: [1, 1, h, w], the same of what is seen from the front.
        share: mean weight of the whole view, of which this may be a part.
    """

    uv: Floats
    cover: Floats
    picture: Floats
    weight: Floats
    front: Floats
    share: float


def screens_of(rays: Raycaster, atlas: Atlas, camera: Camera, stroke: float, usual: float | None) -> list[Screen]:
    """A view at all sizes at which it counts.

    Args:
        rays: at the surface.
        atlas: of it.
        camera: that looks.
        stroke: how much larger than usual strokes are.
        usual: footprint (see `View`) of a pixel that is seen at the view's own size; None: all are, whatever their depth.

    Raises:
        MeshError: strokes are of a size that is not looked for.
    """
    last = int(np.clip(np.log2(min(camera.width, camera.height) / LEAST_SIDE), *OCTAVES))
    if not OCTAVES[0] <= np.log2(stroke) <= last:
        sides = f"{camera.width} x {camera.height}"
        raise MeshError(f"stroke is {stroke}; in views of {sides} it lies between {2.0 ** OCTAVES[0]:g} and {2**last}")
    found = []
    for octave in range(OCTAVES[0], last + 1):
        at = camera.scaled(2.0**-octave)
        view = rays.look(at.scaled(FINER))
        size = stroke if usual is None else stroke * usual / (view.footprint * FINER * 2.0**-octave)
        wanted = np.log2(np.broadcast_to(size, view.depth.shape).clip(1e-6)).clip(OCTAVES[0], last)
        weight = np.clip(1 - np.abs(wanted - octave), 0, 1) * view.cosine
        if weight.mean() <= LEAST_SHARE * view.cosine.mean():
            continue
        picture = np.ascontiguousarray(picture_of(rays, at).transpose(2, 0, 1)[None])
        found.append(screen_of(atlas, view, weight, picture))
    return found


def screen_of(atlas: Atlas, view: View, weight: Floats, picture: Floats) -> Screen:
    """One size of a view, cut to what counts.

    Args:
        atlas: of the surface.
        view: by several rays to a pixel.
        weight: [n h, n w] of each ray.
        picture: [1, 3, h, w].
    """
    uv = np.zeros((*view.face.shape, 2), np.float32)
    uv[view.seen] = atlas.places(view.face[view.seen], view.share[view.seen]) * (2, -2) + (-1, 1)
    front = weight * (view.cosine >= FRONT)
    rows, columns = (counting(weight.sum(axis)) for axis in (1, 0))
    part = tuple(slice(FINER * pixels.start, FINER * pixels.stop) for pixels in (rows, columns))
    planes = (plane[part].astype(np.float32)[None, None] for plane in (view.seen, weight, front))
    cover, near, facing = planes
    there = np.ascontiguousarray(picture[..., rows, columns])
    return Screen(uv[part][None].copy(), cover, there, pooled(near), pooled(facing), float(weight.mean()))


def counting(used: Floats) -> slice:
    """The pixels of a side, of several rays each, from the first that counts to the last, and some about them."""
    first, last = np.flatnonzero(used)[[0, -1]] // FINER
    side = len(used) // FINER
    low, high = max(0, first - ABOUT), min(side, last + 1 + ABOUT)
    high = min(side, max(high, low + LEAST_SIDE))
    return slice(max(0, min(low, high - LEAST_SIDE)), high)


def pooled(plane: Floats) -> Floats:
    """Of rays [1, 1, n h, n w] the means of pixels."""
    *_, height, width = plane.shape
    return plane.reshape(1, 1, height // FINER, FINER, width // FINER, FINER).mean((3, 5))
