"""A surface laid out flat: every texel's place on it."""

from dataclasses import dataclass

import numpy as np

from txst.mesh.raster import built, first_hits
from txst.mesh.surface import Floats, Ints, MeshError, Surface

PADDING = 4  # texels between charts, so that the coarser copies that viewers use do not mix them
OVERLAP = 0.02  # share of the area of the charts that may lie on other charts, or be crowded: their borders
CROWDED = 0.02  # texels for an area, as a share of the mean, below which nothing can be painted there


@dataclass
class Atlas:
    """One texture for all of a surface.

    Args:
        vertices: [V, 3], those of the surface, some of them several times.
        faces: [F, 3], in the order of the surface's.
        uv: [V, 2] in [0, 1], v goes up.
        size: texels of a side.
        face: [n] of each texel that lies on a face, row by row.
        share: [n, 3] its barycentric coordinates there.
        index: [n] its number in the texture.
        unwrapped: whether the maps are new.
    """

    vertices: Floats
    faces: Ints
    uv: Floats
    size: int
    face: Ints
    share: Floats
    index: Ints
    unwrapped: bool

    def places(self, face: Ints, share: Floats) -> Floats:
        """(u, v) [n, 2] of places on faces."""
        return np.einsum("nc,ncd->nd", share, self.uv[self.faces[face]]).astype(np.float32)


def atlas_of(surface: Surface, size: int) -> Atlas:
    """The surface's own maps where one texture has room for all of them, or new ones of xatlas.

    Raises:
        MeshError: there is nothing to lay out.
    """
    own = surface.corner_uv
    usable = len(surface.textures) == 1 and (surface.source == 0).all() and own.min() >= 0 and own.max() <= 1
    if usable:
        flat, where = np.unique(
            np.concatenate([surface.vertices[surface.faces], own], 2).reshape(-1, 5), axis=0, return_inverse=True
        )
        atlas = filled(flat[:, :3], where.reshape(-1, 3), flat[:, 3:], size, False)
        if not overlaps(atlas) and not crowded(atlas):
            return atlas
    return filled(*unwrapped(surface, size), size, True)


def unwrapped(surface: Surface, size: int) -> tuple[Floats, Ints, Floats]:
    """Vertices, faces and maps of xatlas."""
    import xatlas

    layout = xatlas.Atlas()
    layout.add_mesh(surface.vertices.astype(np.float32), surface.faces.astype(np.uint32))
    packing = xatlas.PackOptions()
    packing.resolution, packing.padding, packing.bilinear = size, PADDING, True
    layout.generate(xatlas.ChartOptions(), packing)
    if not layout.atlas_count or not layout.chart_count:
        raise MeshError("the mesh has no area to paint")
    if layout.atlas_count > 1:
        packing.resolution = 0  # one sheet of whatever size; it is scaled to ours
        layout.generate(xatlas.ChartOptions(), packing)
    origin, faces, uv = layout[0]
    # a sheet need not be square: a texel has one size across and down
    square = np.array([layout.width, layout.height]) / max(layout.width, layout.height)
    return surface.vertices[origin], faces.astype(np.int64), (uv * square).astype(np.float32)


def filled(vertices: Floats, faces: Ints, uv: Floats, size: int, new: bool) -> Atlas:
    """Finds the face below each texel's middle, by rays down on the charts."""
    y, x = np.indices((size, size), np.float32).reshape(2, -1) + 0.5
    flat = np.concatenate([uv, np.zeros((len(uv), 1))], 1) * size
    down = np.broadcast_to(np.array([0.0, 0.0, -1.0]), (size * size, 3))
    scene = built(flat, faces)
    face, share, _ = first_hits(scene[0], np.stack([x, size - y, np.ones_like(x)], 1), down)
    index = np.flatnonzero(face >= 0)
    return Atlas(vertices, faces, uv.astype(np.float32), size, face[index], share[index], index, new)


def overlaps(atlas: Atlas) -> bool:
    """Whether places of the surface share texels."""
    return bool(areas(atlas.uv[atlas.faces]).sum() > (1 + OVERLAP) * len(atlas.index) / atlas.size**2 + 4 / atlas.size)


def crowded(atlas: Atlas) -> bool:
    """Whether parts of the surface have hardly a texel, as where each face takes its one colour from a palette."""
    flat, real = areas(atlas.uv[atlas.faces]), areas(atlas.vertices[atlas.faces])
    few = flat * real.sum() <= CROWDED * real * flat.sum()
    return bool(real[few].sum() > OVERLAP * real.sum())


def areas(corners: Floats) -> Floats:
    """Areas [F] of triangles [F, 3, 2 or 3]."""
    wide = np.zeros((len(corners), 3, 3))
    wide[..., : corners.shape[2]] = corners
    return np.linalg.norm(np.cross(wide[:, 1] - wide[:, 0], wide[:, 2] - wide[:, 0]), axis=1) / 2
