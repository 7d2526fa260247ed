"""A painted texture for a mesh: every view is painted, and the views become one texture.

After StyleMesh (Hoellein, Johnson and Niessner, 2022, https://arxiv.org/abs/2112.01530): strokes have a size on the surface, so that on the
screen they are smaller far away, and fine detail is taken at good angles. Departs from it: nothing is optimised. A painter paints each view
once for each size of strokes in it, and the depth of each pixel chooses between these.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from tqdm import tqdm

from txst.images import Pixels, open_picture
from txst.mesh.atlas import Atlas
from txst.mesh.cameras import Camera, around, read_poses, within
from txst.mesh.merge import Merge, grown, push_pull
from txst.mesh.raster import Colour, Raycaster, View
from txst.mesh.surface import Floats, MeshError, sampled
from txst.pictures.formats import File

# A picture [h, w, 3], how large its strokes are, and a sheet of all views for the statistics -> a painting of its size
Paint = Callable[[Pixels, float, Pixels], Pixels]
STEPS = 2  # sizes of strokes that are painted, for each doubling
RANGE = (2**-1.5, 4.0)  # of these sizes; at the smallest a painting has eight times the pixels of its view
CROSSING = 3.0  # how much steeper than linear one size goes over into the next, so that little shows both
GUTTER = 4  # texels that go on beyond the border of a chart
SHEET = 640  # pixels of the longer side of the sheet of views


@dataclass
class Stylised:
    """A painted texture.

    Args:
        texture: [size, size, 3].
        unseen: share of the surface's texels that no camera saw, and that were filled.
        views: what each camera saw; those that saw nothing are left out.
        pictures: what was painted for each: [h, w, 3] in [0, 1].
        paintings: the same, painted; none where the texture itself was.
    """

    texture: Pixels
    unseen: float
    views: list[View]
    pictures: list[Floats]
    paintings: list[Floats] = field(default_factory=list)


def stylise(
    rays: Raycaster, atlas: Atlas, cameras: Sequence[Camera], paint: Paint, stroke: float = 1.0, depth: bool = True
) -> Stylised:
    """Paints a surface.

    Args:
        rays: at the surface.
        atlas: of it.
        cameras: that look at it.
        paint: see `Paint`.
        stroke: how much larger than usual strokes are, at the mean depth.
        depth: whether strokes are of one size on the surface; else they are of one size on the screen.

    Raises:
        MeshError: no camera sees any of it, or strokes are of a size in which nothing is painted.
    """
    if not RANGE[0] <= stroke <= RANGE[1]:
        raise MeshError(f"stroke is {stroke}; it lies between {RANGE[0]:.2f} and {RANGE[1]:g}")
    views = views_of(rays, cameras)
    usual = mean_footprint(views)
    points = rays.surface.points(atlas.face, atlas.share)
    merge = Merge(points, rays.normals[atlas.face], usual)
    pictures = [picture_of(rays, view.camera) for view in tqdm(views, "looking", unit="view")]
    sheet = sheet_of(pictures)
    paintings = []
    for view, picture in zip(tqdm(views, "painting", unit="view"), pictures, strict=True):
        size = stroke * usual / view.footprint if depth else np.full(view.depth.shape, stroke)
        paintings.append(painted(picture, np.where(view.seen, size, stroke), lambda p, s: paint(p, s, sheet)))
        merge.add(view, paintings[-1])
    colours, seen = merge.colours()
    own = rays.surface.colour(atlas.face, atlas.share)
    return Stylised(texture_of(atlas, colours, seen, own), float(1 - seen.mean()), views, pictures, paintings)


def views_of(rays: Raycaster, cameras: Sequence[Camera]) -> list[View]:
    """What the cameras see; those that see nothing are left out.

    Raises:
        MeshError: all of them see nothing.
    """
    views = [view for view in map(rays.look, cameras) if view.seen.any()]
    if not views:
        raise MeshError(
            "no camera sees the mesh: poses go from the camera to the scene, and cameras look along -z, with y up"
        )
    return views


def mean_footprint(views: Sequence[View]) -> float:
    """Of all views, in the scene's units: at the depth where it is so, strokes are of their usual size."""
    return float(np.exp(np.mean([np.log(view.footprint[view.seen]).mean() for view in views])))


def painter(
    stylist: Callable[..., Any], style: str | None, style_image: File | None = None, nearest: bool = False
) -> Paint:
    """A `Stylist` that paints views in one style; `nearest`: in the nearest known one, if it knows nothing of the style."""

    def paint(picture: Pixels, stroke: float, sheet: Pixels) -> Pixels:
        return stylist(picture, style, style_image=style_image, stroke=stroke, nearest=nearest, reference_frame=sheet)

    return paint


def picture_of(rays: Raycaster, camera: Camera) -> Floats:
    """The camera's photo, or what it sees of the surface: [h, w, 3] in [0, 1]."""
    if camera.image is None:
        return rays.photograph(camera)[0]
    photo = open_picture(camera.image).convert("RGB")
    return np.asarray(photo.resize((camera.width, camera.height), Image.Resampling.LANCZOS), np.float32) / 255


def sheet_of(pictures: Sequence[Floats]) -> Pixels:
    """All pictures in a grid, small: the means and deviations of the scene, by which every view is painted."""
    across = int(np.ceil(np.sqrt(len(pictures))))
    cell = SHEET // across
    sheet = Image.new("RGB", (cell * across, cell * -(-len(pictures) // across)))
    for number in range(across * (sheet.height // cell)):  # what is left of the last row begins anew
        picture = as_pixels(pictures[number % len(pictures)])
        place = number % across * cell, number // across * cell
        sheet.paste(Image.fromarray(picture).resize((cell, cell), Image.Resampling.BOX), place)
    return np.asarray(sheet)


def painted(picture: Floats, size: Floats, paint: Callable[[Pixels, float], Pixels]) -> Floats:
    """A picture painted with strokes that differ in size from place to place.

    Args:
        picture: [h, w, 3] in [0, 1].
        size: [h, w] of the strokes, 1 is usual.
        paint: a picture and one size -> a painting.

    Returns:
        [h, w, 3] in [0, 1].
    """
    level = STEPS * np.log2(np.clip(size, *RANGE))
    lower = np.floor(level)
    share = np.clip((level - lower - 0.5) * CROSSING + 0.5, 0, 1)
    done = np.zeros_like(picture)
    for number in np.unique(np.concatenate([lower[share < 1], lower[share > 0] + 1])):
        weight = np.where(lower == number, 1 - share, 0) + np.where(lower + 1 == number, share, 0)
        painting = paint(as_pixels(picture), float(2 ** (number / STEPS)))
        done += weight[..., None].astype(np.float32) * (painting / np.float32(255))
    return done


def texture_of(atlas: Atlas, colours: Floats, seen: np.ndarray, own: Floats) -> Pixels:
    """The texture [size, size, 3] of colours [n, 3] of the texels that were seen [n].

    Where nothing was seen, the surface's own colours [n, 3] change as those about them do.
    """
    square = (atlas.size, atlas.size)
    change, known = np.zeros((*square, 3), np.float32), np.zeros(square, bool)
    change.reshape(-1, 3)[atlas.index[seen]] = (colours - own)[seen]
    known.reshape(-1)[atlas.index[seen]] = True
    moved = own + push_pull(change, known).reshape(-1, 3)[atlas.index]
    sheet, covered = np.zeros((*square, 3), np.float32), np.zeros(square, bool)
    sheet.reshape(-1, 3)[atlas.index] = np.where(seen[:, None], colours, moved)
    covered.reshape(-1)[atlas.index] = True
    return as_pixels(push_pull(*grown(sheet, covered, GUTTER)))


def as_pixels(picture: Floats) -> Pixels:
    """[h, w, 3] in [0, 1] -> 8 bits."""
    return (picture.clip(0, 1) * 255).round().astype(np.uint8)


def textured(atlas: Atlas, texture: Pixels) -> Colour:
    """The colours of a surface under a texture, for `Raycaster.photograph`."""
    return lambda face, share: sampled(texture, atlas.places(face, share))


def cameras_for(rays: Raycaster, poses: Path | None, count: int, size: int) -> list[Camera]:
    """Cameras of a file of poses, no larger than `size` pixels; without one they are placed, in a room or about an object."""
    if poses is not None:
        read = read_poses(poses)
        return [camera.scaled(min(1, size / max(camera.width, camera.height))) for camera in read]
    vertices = rays.surface.vertices
    return within(vertices, rays.hit, count, size) if rays.in_room else around(vertices, count, size)


def film(rays: Raycaster, colour: Colour, cameras: Sequence[Camera]) -> list[Image.Image]:
    """What each camera sees of a surface."""
    shown = tqdm(cameras, "filming", unit="view")
    return [Image.fromarray(as_pixels(rays.photograph(camera, colour, ground=1.0)[0])) for camera in shown]
