"""What a camera sees of a surface: Embree's first hits, as faces, barycentric coordinates, depths and angles."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from txst.mesh.cameras import Camera, sphere
from txst.mesh.surface import Floats, Ints, Surface
from txst.pictures.sampling import bilinear

Colour = Callable[[Ints, Floats], Floats]  # places on faces -> [n, 3] in [0, 1]
CHUNK = 1 << 19  # rays at once
FINER = 2  # rays along each side of a pixel of a photograph
HIDDEN = 0.02  # share of its depth by which a place may lie behind what is seen there


@dataclass
class View:
    """What a camera sees, pixel by pixel.

    Args:
        camera: that looked.
        face: [h, w] number of the face; -1 where there is none.
        share: [h, w, 3] barycentric coordinates.
        depth: [h, w] along the camera's axis, in the scene's units; infinite where there is nothing.
        cosine: [h, w] of the angle between ray and normal, 0 to 1; faces have two sides.
    """

    camera: Camera
    face: Ints
    share: Floats
    depth: Floats
    cosine: Floats

    @property
    def seen(self) -> np.ndarray:
        """[h, w] whether there is a surface."""
        return self.face >= 0

    @property
    def footprint(self) -> Floats:
        """[h, w] side of a pixel on a surface that faces the camera, in the scene's units."""
        return self.depth / self.camera.focal[0]

    def find(self, points: Floats) -> tuple[Floats, Floats, np.ndarray]:
        """Where it sees places of the scene.

        Args:
            points: [n, 3].

        Returns:
            (x, y) in pixels [n, 2], depth [n], and whether nothing stands before them and they are in the picture [n]. The inverse of
            depth is linear along a flat face on the screen, so that it is exact between pixels; at the border of a thing it is not, and
            what lies there counts as hidden.
        """
        places, depth = self.camera.project(points)
        inside = (depth > 0) & (places >= 0).all(1) & (places < (self.camera.width, self.camera.height)).all(1)
        found = np.zeros(len(points), bool)
        inverse = interpolated((1 / self.depth)[..., None], places[inside])[:, 0]
        found[inside] = np.abs(depth[inside] * inverse - 1) < HIDDEN
        return places, depth, found


class Raycaster:
    """Casts rays at a surface."""

    def __init__(self, surface: Surface) -> None:
        self.surface = surface
        self.normals = surface.normals()

    @cached_property
    def scene(self) -> tuple[object, object]:
        """Embree's scene, and the mesh in it, which has to be kept."""
        return built(self.surface.vertices, self.surface.faces)

    @cached_property
    def in_room(self) -> bool:
        """Whether nearly all that is seen from the middle turns its front there."""
        middle = (self.surface.vertices.min(0) + self.surface.vertices.max(0)) / 2
        directions = sphere(400)
        face, _, _ = self.hit(np.broadcast_to(middle, directions.shape), directions)
        towards = (self.normals[face] * directions).sum(1) < 0
        return bool(((face >= 0) & towards).mean() > 0.8)

    def hit(self, origins: Floats, directions: Floats) -> tuple[Ints, Floats, Floats]:
        """First hits of rays [n, 3]: face [n], barycentric coordinates [n, 3], and distance [n] in lengths of the direction."""
        return first_hits(self.scene[0], origins, directions)

    def look(self, camera: Camera) -> View:
        """What a camera sees through the middle of its pixels."""
        origins, directions = camera.rays()
        face, share, depth = self.hit(origins, directions)
        unit = directions / np.linalg.norm(directions, axis=1, keepdims=True)
        cosine = np.abs((self.normals[face] * unit).sum(1)).clip(0, 1) * (face >= 0)
        shape = camera.height, camera.width
        return View(camera, face.reshape(shape), share.reshape(*shape, 3), depth.reshape(shape), cosine.reshape(shape))

    def photograph(
        self, camera: Camera, colour: Colour | None = None, ground: float | None = None
    ) -> tuple[Floats, np.ndarray]:
        """The surface as the camera sees it.

        Args:
            camera: its place and size.
            colour: (face [n], barycentric coordinates [n, 3]) -> [n, 3] in [0, 1]; None: the surface's own.
            ground: grey where nothing is, 0 to 1; None: the mean colour of what is there, which draws no edge of its own.

        Returns:
            Colours [h, w, 3] in [0, 1], each the mean of several rays, and whether anything is there [h, w].
        """
        view = self.look(camera.scaled(FINER))
        paint = colour or self.surface.colour
        flat = np.zeros((*view.face.shape, 3), np.float32)
        flat[view.seen] = paint(view.face[view.seen], view.share[view.seen])
        sides = (camera.height, FINER, camera.width, FINER)
        cover = view.seen.reshape(sides).mean((1, 3))
        summed = flat.reshape(*sides, 3).mean((1, 3))
        below = summed.sum((0, 1)) / max(cover.sum(), 1e-6) if ground is None else ground
        return (summed + (1 - cover)[..., None] * below).astype(np.float32), cover > 0


def interpolated(picture: Floats, places: Floats) -> Floats:
    """Bilinear values [n, C] of a picture [h, w, C] at (x, y) in pixels [n, 2]; its border goes on."""
    return bilinear(picture, places[:, 0] - 0.5, places[:, 1] - 0.5)


def built(vertices: Floats, faces: Ints) -> tuple[object, object]:
    """A scene of Embree, and its mesh."""
    from embreex.mesh_construction import TriangleMesh
    from embreex.rtcore_scene import EmbreeScene

    scene = EmbreeScene()
    return scene, TriangleMesh(scene, np.ascontiguousarray(vertices, np.float32), np.asarray(faces, np.int32))


def first_hits(scene: object, origins: Floats, directions: Floats) -> tuple[Ints, Floats, Floats]:
    """See `Raycaster.hit`."""
    parts = []
    for start in range(0, len(origins), CHUNK):
        rays = slice(start, start + CHUNK)
        found = scene.run(  # type: ignore[attr-defined]
            np.ascontiguousarray(origins[rays], np.float32),
            np.ascontiguousarray(directions[rays], np.float32),
            output=1,
        )
        u, v = found["u"], found["v"]
        missed = found["primID"] < 0
        far = np.where(missed, np.float32(np.inf), found["tfar"])
        parts.append((found["primID"].astype(np.int64), np.stack([1 - u - v, u, v], 1), far))
    face, share, far = (np.concatenate(part) for part in zip(*parts, strict=True))
    return face, share, far
