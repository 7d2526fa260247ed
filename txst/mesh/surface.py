"""A mesh with its colours, read from any file that trimesh reads, and written with a texture of its own."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from txst.files.encode import write_whole
from txst.images import Pixels
from txst.mesh.reading import parts_of
from txst.pictures.sampling import bilinear

READ = (".glb", ".gltf", ".obj", ".ply", ".stl", ".off")
WRITTEN = (".glb", ".obj")
LINEAR = (".glb", ".gltf")  # factors and colours of corners are linear light; textures are sRGB
Floats = NDArray[np.floating[Any]]  # of 4 bytes on the surface, of 8 where rays begin
Ints = NDArray[np.int64]
LEFT_OUT = ("normalTexture", "emissiveTexture", "occlusionTexture", "metallicRoughnessTexture")


class MeshError(ValueError):
    """A mesh, or what belongs to it, that cannot be used; the message names it and the remedy."""


@dataclass
class Surface:
    """Triangles and their colours.

    Args:
        vertices: [V, 3], y is up.
        faces: [F, 3] numbers of vertices.
        corner_uv: [F, 3, 2] places of the corners in their texture; v goes up, and beyond 0 to 1 the texture repeats.
        corner_colour: [F, 3, 3] in [0, 1], by which the texture is multiplied.
        source: [F] number of the texture; -1: white.
        textures: [H, W, 3] each.
        notices: what of the file is not used.
    """

    vertices: Floats
    faces: Ints
    corner_uv: Floats
    corner_colour: Floats
    source: Ints
    textures: list[Pixels]
    notices: list[str] = field(default_factory=list)

    def colour(self, face: Ints, share: Floats) -> Floats:
        """Colours [n, 3] in [0, 1] of places on faces [n], by their barycentric coordinates [n, 3]."""
        colour = np.einsum("nc,ncd->nd", share, self.corner_colour[face])
        uv = np.einsum("nc,ncd->nd", share, self.corner_uv[face])
        for number, texture in enumerate(self.textures):
            here = self.source[face] == number
            colour[here] *= sampled(texture, uv[here])
        return colour.astype(np.float32)

    def points(self, face: Ints, share: Floats) -> Floats:
        """Places [n, 3] in the scene."""
        return np.einsum("nc,ncd->nd", share, self.vertices[self.faces[face]]).astype(np.float32)

    def normals(self) -> Floats:
        """Unit normals [F, 3] of the faces; zero for a face without area."""
        a, b, c = np.moveaxis(self.vertices[self.faces], 1, 0)
        normal = np.cross(b - a, c - a)
        return normal / np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-12)


def sampled(texture: Pixels, uv: Floats) -> Floats:
    """Bilinear colours [n, 3] in [0, 1] of a texture that repeats, at places [n, 2]."""
    height, width = texture.shape[:2]
    return bilinear(texture, uv[:, 0] * width - 0.5, (1 - uv[:, 1]) * height - 0.5, wrap=True) / np.float32(255)


def read_surface(path: Path) -> Surface:
    """Reads a mesh; its parts are put where the scene has them.

    Raises:
        MeshError: naming the file and the reason.
        ModuleNotFoundError: naming the extra to install.
    """
    import trimesh

    if path.suffix.lower() not in READ:
        raise MeshError(f"{path}: a mesh is one of {', '.join(READ)}")
    if not path.is_file():
        raise MeshError(f"{path}: no such file")
    notices: list[str] = []
    try:
        parts = parts_of(path, notices)
        meshes = [part for part in parts if isinstance(part, trimesh.Trimesh) and len(part.faces)]
        read = [part_of(mesh, path.suffix.lower() in LINEAR) for mesh in meshes]
    except MemoryError:
        raise
    except Exception as error:  # over a damaged file a reader may stumble in any way
        raise MeshError(f"{path}: broken, or no mesh ({error})") from None
    if not read:
        raise MeshError(f"{path}: has no triangles; a cloud of points has to be meshed first")
    surface = joined(read)
    if not np.ptp(surface.vertices, axis=0).any():
        raise MeshError(f"{path}: has all its corners in one place")
    surface.notices += sorted(set(notices))
    if len(meshes) < len(parts):
        surface.notices.append(f"{len(parts) - len(meshes)} parts that are no triangles are left out")
    return surface


def part_of(mesh: Any, linear: bool) -> Surface:
    """One of trimesh's meshes, whose factors and colours of corners are linear light, or sRGB."""
    faces = np.asarray(mesh.faces, np.int64)
    colour = np.ones((len(faces), 3, 3), np.float32)
    uv = np.zeros((len(faces), 3, 2), np.float32)
    textures: list[Pixels] = []
    notices: list[str] = []
    if mesh.visual.kind == "texture":
        material = mesh.visual.material
        image = getattr(material, "baseColorTexture", getattr(material, "image", None))
        factor = getattr(material, "baseColorFactor", None)
        if factor is None and image is None:
            factor = material.main_color
        if factor is not None:
            colour *= as_srgb(as_unit(factor)[:3], linear)
        corners = mesh.visual.vertex_attributes.get("color")
        if corners is not None:
            colour *= as_srgb(as_unit(corners)[faces][..., :3], linear)
        if image is not None and mesh.visual.uv is not None:
            uv = np.asarray(mesh.visual.uv, np.float32)[faces]
            textures.append(np.asarray(image.convert("RGB")))
            if image.mode in ("RGBA", "LA", "PA") and image.convert("RGBA").getextrema()[3][0] < 255:
                notices.append("transparency is left out: every face is painted as if it were solid")
        if any(getattr(material, name, None) is not None for name in LEFT_OUT):
            notices.append("only the base colour is read: maps of normals, roughness and light are left out")
    elif mesh.visual.kind in ("vertex", "face"):
        given = np.asarray(mesh.visual.vertex_colors)[faces] if mesh.visual.kind == "vertex" else None
        colour = as_unit(given if given is not None else np.asarray(mesh.visual.face_colors)[:, None].repeat(3, 1))
        colour = as_srgb(colour[..., :3], linear)
    vertices = np.asarray(mesh.vertices, np.float32)
    return Surface(vertices, faces, uv, colour, np.full(len(faces), len(textures) - 1), textures, notices)


def as_unit(colour: Any) -> Floats:
    """A colour of whole numbers, or of floats, in [0, 1]."""
    values = np.asarray(colour)
    return (values / np.iinfo(values.dtype).max if values.dtype.kind in "iu" else values).astype(np.float32)


def as_srgb(colour: Floats, linear: bool) -> Floats:
    """Colours [..., 3] in [0, 1], which are linear light or already sRGB, as sRGB (IEC 61966-2-1)."""
    if not linear:
        return colour
    return np.where(colour <= 0.0031308, 12.92 * colour, 1.055 * colour ** (1 / 2.4) - 0.055).astype(np.float32)


def joined(parts: list[Surface]) -> Surface:
    """Several surfaces as one."""
    first = np.cumsum([0, *(len(part.vertices) for part in parts)])
    begun = np.cumsum([0, *(len(part.textures) for part in parts)])
    return Surface(
        np.concatenate([part.vertices for part in parts]),
        np.concatenate([part.faces + n for part, n in zip(parts, first, strict=False)]),
        np.concatenate([part.corner_uv for part in parts]),
        np.concatenate([part.corner_colour for part in parts]),
        np.concatenate([np.where(part.source < 0, -1, part.source + n) for part, n in zip(parts, begun, strict=False)]),
        [texture for part in parts for texture in part.textures],
        sorted({notice for part in parts for notice in part.notices}),
    )


def beside_obj(path: Path) -> tuple[Path, Path]:
    """The material and the picture of an .obj; their names have no spaces, at which readers stop."""
    name = re.sub(r"\W", "_", path.stem)
    return path.with_name(f"{name}.mtl"), path.with_name(f"{name}.png")


def check_name(path: Path) -> None:
    """Refuses a name that no textured mesh is written under."""
    if path.suffix.lower() not in WRITTEN:
        raise MeshError(f"{path}: a mesh with a texture is written as {' or '.join(WRITTEN)}: name one (-o)")


def write_surface(path: Path, vertices: Floats, faces: Ints, uv: Floats, texture: Pixels) -> list[Path]:
    """Writes a mesh with one texture, each file whole or not at all.

    Args:
        path: .glb, which holds all; or .obj, with .mtl and .png beside it.
        vertices: [V, 3].
        faces: [F, 3].
        uv: [V, 2] of the vertices, v goes up.
        texture: [H, W, 3].

    Returns:
        The files; the mesh is the last.
    """
    import trimesh
    from trimesh.exchange.obj import export_obj
    from trimesh.visual.material import PBRMaterial, SimpleMaterial

    check_name(path)
    image = Image.fromarray(texture)
    if path.suffix.lower() == ".glb":
        paint: Any = PBRMaterial(baseColorTexture=image, metallicFactor=0.0, roughnessFactor=1.0, doubleSided=True)
    else:
        paint = SimpleMaterial(image=image, name=beside_obj(path)[1].stem)
    visual = trimesh.visual.TextureVisuals(uv=uv, material=paint)
    mesh = trimesh.Trimesh(vertices, faces, visual=visual, process=False)
    if path.suffix.lower() == ".glb":
        files: dict[Path, Any] = {path: mesh.export(file_type="glb")}
    else:
        text, beside = export_obj(mesh, return_texture=True, mtl_name=beside_obj(path)[0].name)
        files = {path.with_name(name): data for name, data in beside.items()} | {path: text.encode()}
    for file, data in files.items():
        write_whole(file, data)
    return list(files)
