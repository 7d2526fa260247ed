"""What a camera sees of a surface: Embree's first hits, as faces, barycentric coordinates, depths and angles."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from txst.images import Array
from txst.mesh.cameras import Camera
from txst.mesh.surface import Ints, Surface

CHUNK = 1 << 19  # rays at once


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
    share: Array
    depth: Array
    cosine: Array

    @property
    def seen(self) -> np.ndarray:
        """[h, w] whether there is a surface."""
        return self.face >= 0


class Raycaster:
    """Casts rays at a surface."""

    def __init__(self, surface: Surface) -> None:
        self.surface = surface
        self.normals = surface.normals()

    @cached_property
    def scene(self) -> tuple[object, object]:
        """Embree's scene, and the mesh in it, which has to be kept."""
        return built(self.surface.vertices, self.surface.faces)

    def hit(self, origins: Array, directions: Array) -> tuple[Ints, Array, Array]:
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

    def photograph(self, camera: Camera, colour: "object" = None, finer: int = 2) -> tuple[Array, np.ndarray]:
        """The surface as the camera sees it.

        Args:
            camera: its place and size.
            colour: (face [n], barycentric coordinates [n, 3]) -> [n, 3] in [0, 1]; None: the surface's own.
            finer: rays along each side of a pixel, whose mean is taken.

        Returns:
            Colours [h, w, 3] in [0, 1], and whether anything is there [h, w]; where nothing is, the mean colour stands, which
            draws no edge of its own.
        """
        view = self.look(camera.scaled(finer))
        paint = colour or self.surface.colour
        flat = np.zeros((*view.face.shape, 3), np.float32)
        flat[view.seen] = paint(view.face[view.seen], view.share[view.seen])  # type: ignore[operator]
        sides = (camera.height, finer, camera.width, finer)
        cover = view.seen.reshape(sides).mean((1, 3))
        summed = flat.reshape(*sides, 3).mean((1, 3))
        mean = summed.sum((0, 1)) / max(cover.sum(), 1e-6) if cover.any() else np.full(3, 0.5)
        return (summed + (1 - cover)[..., None] * mean).astype(np.float32), cover > 0


def built(vertices: Array, faces: Ints) -> tuple[object, object]:
    """A scene of Embree, and its mesh."""
    from embreex.mesh_construction import TriangleMesh
    from embreex.rtcore_scene import EmbreeScene

    scene = EmbreeScene()
    return scene, TriangleMesh(scene, np.ascontiguousarray(vertices, np.float32), np.asarray(faces, np.int32))


def first_hits(scene: object, origins: Array, directions: Array) -> tuple[Ints, Array, Array]:
    """See `Raycaster.hit`."""
    parts = []
    for start in range(0, len(origins), CHUNK):
        rays = slice(start, start + CHUNK)
        found = scene.run(  # type: ignore[attr-defined]
            np.ascontiguousarray(origins[rays], np.float32), np.ascontiguousarray(directions[rays], np.float32), output=1
        )
        u, v = found["u"], found["v"]
        missed = found["primID"] < 0
        far = np.where(missed, np.float32(np.inf), found["tfar"])
        parts.append((found["primID"].astype(np.int64), np.stack([1 - u - v, u, v], 1), far))
    face, share, far = (np.concatenate(part) for part in zip(*parts, strict=True))
    return face, share, far
