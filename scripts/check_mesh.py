"""Measures painted meshes, and draws docs/mesh/strokes.jpg: python scripts/check_mesh.py -o docs.

It paints the drawn room, and two walls of which one is two and a half times as far away as the other, with strokes of one size on the screen and of
one size on the surface. The table goes into docs/MESH.md, between its two marks.
"""

import argparse
import resource
import time
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from txst import Stylist
from txst.files.marked import marked_part
from txst.images import Array, contact_sheet, save_picture
from txst.mesh.atlas import atlas_of
from txst.mesh.cameras import Camera, looking
from txst.mesh.measure import reprojection_error
from txst.mesh.merge import resized
from txst.mesh.raster import Raycaster, interpolated
from txst.mesh.stylise import as_pixels, cameras_for, painter, stylise, textured
from txst.mesh.surface import Surface, joined
from txst.synthetic.drawing import to_pixels
from txst.synthetic.room import Room, room

NEAR, FAR, PATCH, TEXELS = 2.0, 5.0, 1.6, 96  # metres: of the two walls, and of the side of a patch of them
PLACES = {  # middles of these patches, (x, y) in metres; the plaster repeats every 4 metres, so that they show the same
    NEAR: [(-1.0, y) for y in (0.0, -1.1, 1.1)],
    FAR: [(3.0, y) for y in (0.0, -1.1, 1.1)],
}
WALLS = 256  # pixels of a side of the view of them
COARSE = 32  # pixels of a side of a patch, as the far wall shows it


def surface_of(drawn: Room) -> Surface:
    """A drawn mesh, as it would be read."""
    count = len(drawn.faces)
    white = np.ones((count, 3, 3), np.float32)
    return Surface(
        drawn.vertices.astype(np.float32), drawn.faces, drawn.uv.astype(np.float32)[drawn.faces], white,
        np.zeros(count, np.int64), [drawn.texture],
    )  # fmt: skip


def clouds(side: int, rng: np.random.Generator) -> Array:
    """Noise [side, side] of unit deviation that looks the same at any distance: its amplitude falls as its frequency rises."""
    frequency = np.hypot(np.fft.fftfreq(side)[:, None], np.fft.fftfreq(side))
    frequency[0, 0] = np.inf
    rough = np.fft.ifft2(np.fft.fft2(rng.standard_normal((side, side))) / np.maximum(frequency, 4 / side)).real
    return rough / rough.std()


def two_walls() -> Surface:
    """Two walls with one plaster, that face a camera in the middle: the left one is near, the right one far."""
    plaster = to_pixels(np.array([0.62, 0.6, 0.55]) + 0.06 * clouds(512, np.random.default_rng(0))[..., None])
    sides = []
    for depth, left, right in ((NEAR, -1.3, -0.01), (FAR, -0.03, 1.3)):  # as parts of the depth
        flat = np.array([(left, -1.3), (right, -1.3), (right, 1.3), (left, 1.3)]) * depth
        corners = np.concatenate([flat, np.full((4, 1), -depth)], 1)
        sides.append(surface_of(Room(corners, np.array([[0, 1, 2], [0, 2, 3]]), flat / 4, plaster)))
    return joined(sides)


def patch(rays: Raycaster, camera: Camera, picture: Array, depth: float, middle: tuple[float, float]) -> Array:
    """A square of a wall about a place (x, y) as a picture shows it, [n, n, 3], at one scale for both walls."""
    y, x = (np.indices((TEXELS, TEXELS)) + 0.5) / TEXELS * PATCH - PATCH / 2
    points = np.stack([x + middle[0], middle[1] - y, np.full_like(x, -depth)], 2).reshape(-1, 3)
    return interpolated(picture, rays.look(camera).find(points)[0]).reshape(TEXELS, TEXELS, 3)


def likeness(near: list[Array], far: list[Array]) -> float:
    """Correlation of squares of one plaster that were painted from near and from far, at what is seen from far."""
    one, other = (
        np.array([resized(square, (COARSE, COARSE), Image.Resampling.BOX) for square in squares]).astype(float)
        for squares in (near, far)
    )
    one, other = (x - x.mean((1, 2), keepdims=True) for x in (one, other))
    return float((one * other).sum() / np.sqrt((one**2).sum() * (other**2).sum()))


def walls(paint: Any, size: int) -> tuple[list[Image.Image], list[Image.Image], dict[str, float]]:
    """Pictures of two walls, of their patches, and how much alike one plaster is painted on them."""
    surface = two_walls()
    rays, camera = Raycaster(surface), looking((0, 0, 0), (0, 0, -1), size, size, 90)
    done = [stylise(rays, atlas_of(surface, 256), [camera], paint, depth=depth) for depth in (False, True)]
    pictures = [done[0].pictures[0], *(one.paintings[0] for one in done)]
    squares = [
        [[patch(rays, camera, picture, depth, place) for place in places] for depth, places in PLACES.items()]
        for picture in pictures
    ]
    ratios = [likeness(near, far) for near, far in squares]
    beside = [Image.fromarray(as_pixels(np.concatenate([near[0], far[0]], 1))) for near, far in squares]
    shown = [Image.fromarray(as_pixels(picture)) for picture in pictures]
    return (
        shown,
        beside,
        dict(
            zip(
                ("not painted", "strokes of one size on the screen", "strokes of one size on the surface"),
                ratios,
                strict=True,
            )
        ),
    )


def rooms(
    paint: Any, alone: Any, count: int, size: int, texels: int
) -> tuple[list[Image.Image], dict[str, float], float]:
    """Pictures of the room, reprojection errors, and the share that was not seen."""
    surface = surface_of(room())
    rays, atlas = Raycaster(surface), atlas_of(surface, texels)
    cameras = cameras_for(rays, None, count, size)
    flat, done = (stylise(rays, atlas, cameras, paint, depth=depth) for depth in (False, True))
    shown = [rays.photograph(camera, textured(atlas, done.texture))[0] for camera in cameras]
    single = [alone(as_pixels(picture)) / np.float32(255) for picture in done.pictures]
    errors = {
        "not painted": done.pictures,
        "each view painted by itself": single,
        "each by the means of all": flat.paintings,
        "each by the means of all, strokes by depth": done.paintings,
        "one painted texture": shown,
    }
    view = 1
    pictures = [done.pictures[view], rays.photograph(cameras[view], textured(atlas, flat.texture))[0], shown[view]]
    figures = {name: reprojection_error(rays, cameras, each) for name, each in errors.items()}
    return [Image.fromarray(as_pixels(picture)) for picture in pictures], figures, done.unseen


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--style", default="paul signac")
    parser.add_argument("--cameras", type=int, default=12)
    parser.add_argument("--size", type=int, default=160, help="pixels of a side of a view of the room (160)")
    parser.add_argument("--texture", type=int, default=512)
    parser.add_argument("-o", "--out", type=Path, default=Path("docs"), help="the folder of MESH.md")
    args = parser.parse_args()
    begun, stylist = time.process_time(), Stylist.from_pretrained()
    paint = painter(stylist, args.style)
    pictures, errors, unseen = rooms(
        paint, lambda picture: stylist(picture, args.style), args.cameras, args.size, args.texture
    )
    shown, beside, ratios = walls(paint, WALLS)
    top = ["not painted", "one size on the screen", "one size on the surface"]
    sheet = contact_sheet([pictures, shown, beside], 272, top, ["room", "two walls", "near, far"])
    save_picture(sheet, args.out / "mesh/strokes.jpg", quality=76)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    table = "\n".join([
        "| | |", "|---|---|",
        *(f"| difference between neighbouring views, {name} | {error:.3f} |" for name, error in errors.items()),
        *(f"| correlation of one plaster seen from 2 m and from 5 m, {name} | {ratio:.2f} |" for name, ratio in ratios.items()),
        f"| texels that no camera saw, and that were filled | {unseen:.1%} |",
        f"| memory, with all of these pictures | {peak:.0f} MiB |",
        f"| processor time of all of this | {time.process_time() - begun:.0f} s |", "",
    ])  # fmt: skip
    if part := marked_part(args.out / "MESH.md", "<!-- figures -->"):
        part.write(table)
    print(table)


if __name__ == "__main__":
    main()
