"""What a painted mesh leaves: the mesh, a film of it, and views before and after."""

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from txst.files.encode import write_whole
from txst.images import contact_sheet, save_picture
from txst.mesh.atlas import Atlas
from txst.mesh.cameras import turntable
from txst.mesh.raster import Raycaster
from txst.mesh.stylise import Stylised, as_pixels, film, textured
from txst.mesh.surface import MeshError, beside_obj, check_name, write_surface

SHOWN = 4  # views before and after
CELL = 256  # pixels of one
SPEED = 120  # milliseconds of a picture of the film


def names_of(out: Path, given: Sequence[Path], filmed: bool, overwrite: bool) -> tuple[Path, Path]:
    """The film and the sheet of views beside a mesh.

    Raises:
        MeshError: the name cannot be used, or something is there already.
    """
    check_name(out)
    gif, views = out.with_suffix(".gif"), out.with_name(f"{out.stem}_views.jpg")
    beside = [*beside_obj(out)] if out.suffix.lower() == ".obj" else []
    there = [file for file in (out, *beside, views, *([gif] if filmed else [])) if file.exists()]
    for file in there:
        if any(other.exists() and file.samefile(other) for other in given):
            raise MeshError(f"{file}: is read by this run, and nothing is written over it: name another file (-o)")
    if there and not overwrite:
        raise MeshError(f"{there[0]}: is there already: name another file (-o), or give --overwrite")
    return gif, views


def write_results(out: Path, rays: Raycaster, atlas: Atlas, done: Stylised, frames: int, size: int) -> list[Path]:
    """Writes all of it, each file whole or not at all.

    Args:
        out: the mesh.
        rays: at the surface.
        atlas: of it.
        done: its painted texture.
        frames: of the film; 0: none.
        size: pixels of a side of the film.
    """
    colour = textured(atlas, done.texture)
    files = [*write_surface(out, atlas.vertices, atlas.faces, atlas.uv, done.texture)]
    count = len(done.views)
    chosen = sorted({round(number) for number in np.linspace(0, count - 1, min(SHOWN, count))})
    cameras = [done.views[number].camera for number in chosen]
    own = film(rays, rays.surface.colour, cameras)
    before = [
        Image.fromarray(as_pixels(done.pictures[number])) if camera.image else picture
        for number, camera, picture in zip(chosen, cameras, own, strict=True)
    ]
    after = film(rays, colour, cameras)
    sheet = contact_sheet([before, after], CELL, [""] * len(chosen), ["before", "after"])
    views = out.with_name(f"{out.stem}_views.jpg")
    save_picture(sheet, views, quality=88)
    files.append(views)
    if frames:
        cameras = turntable(rays.surface.vertices, rays.in_room, frames, size)
        files.append(out.with_suffix(".gif"))
        write_whole(files[-1], as_gif(film(rays, colour, cameras)))
    return files


def as_gif(pictures: Sequence[Image.Image]) -> bytes:
    """The bytes of an endless film."""
    held = io.BytesIO()
    pictures[0].save(held, "GIF", save_all=True, append_images=pictures[1:], duration=SPEED, loop=0)
    return held.getvalue()
