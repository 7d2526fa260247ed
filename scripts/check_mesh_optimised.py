"""Measures optimised textures beside merged ones, and draws docs/mesh/optimised.jpg: python scripts/check_mesh_optimised.py -o docs.

It gives the drawn room the style of a drawn mosaic both ways, and optimises the two walls of check_mesh.py with strokes of one size on the screen
and of one size on the surface. The table goes into docs/MESH.md, between its two marks. Settings of conf/stylemesh.yaml may follow:
loss_network.weights=FILE.
"""

import argparse
import resource
import time
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import numpy as np
import torch
from check_mesh import FAR, NEAR, PLACES, patch, surface_of, two_walls
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf
from PIL import Image

from txst import Stylist
from txst.files.marked import marked_part
from txst.images import Array, Pixels, contact_sheet, planes, save_picture
from txst.mesh.atlas import atlas_of
from txst.mesh.cameras import looking
from txst.mesh.measure import reprojection_error
from txst.mesh.raster import Raycaster
from txst.mesh.stylise import as_pixels, cameras_for, painter, stylise, textured
from txst.model_folder.folder import build
from txst.models.optimised import Optimised
from txst.models.optimised_texture import optimise_texture
from txst.synthetic.dataset import MANNERS
from txst.synthetic.landscape import valley
from txst.synthetic.room import room

CONF = Path(__file__).resolve().parent.parent / "conf"
CAMERAS, SIZE, TEXELS = 12, 160, 512  # of the room, as in check_mesh.py
WALL_SIZE, WALL_TEXELS, WALL_STEPS = 160, 1024, 100  # of the walls, which one camera sees
SHOWN, CELL, LARGE = (
    (1, 4),
    240,
    1200,
)  # views of the room, and pixels of a picture in the figure and of the view of the walls


def mosaic() -> Pixels:
    """The style picture, [256, 256, 3]."""
    return MANNERS["mosaic"](valley(256), np.random.default_rng(0))


def method(*overrides: str) -> Optimised:
    """Losses, steps and rate."""
    with initialize_config_dir(str(CONF), version_base="1.3"):
        cfg = compose("stylemesh", [*overrides])
    return build(OmegaConf.to_container(cfg.model, resolve=True)).to(memory_format=torch.channels_last)


def stroke_size(square: Array, metres: float) -> float:
    """The mean wavelength of a square [n, n, 3] of a surface, in metres: that of its frequencies, in the geometric mean by their power."""
    grey = square.mean(2) - square.mean()
    window = np.hanning(len(grey))
    power = np.abs(np.fft.fft2(grey * window[:, None] * window)) ** 2
    frequency = np.hypot(np.fft.fftfreq(len(grey))[:, None], np.fft.fftfreq(len(grey))) * len(grey) / metres
    some = frequency > 0
    return float(np.exp(-(power[some] * np.log(frequency[some])).sum() / power[some].sum()))


def rooms(way: Optimised, style: Pixels) -> tuple[list[list[Image.Image]], dict[str, str]]:
    """Pictures of the room, not painted, merged and optimised; and the figures."""
    rays = Raycaster(surface_of(room()))
    atlas, cameras = atlas_of(rays.surface, TEXELS), cameras_for(rays, None, CAMERAS, SIZE)
    begun = time.process_time()
    optimised = optimise_texture(way, rays, atlas, cameras, torch.from_numpy(planes(style)))
    rows = {"processor time": f"| {time.process_time() - begun:.0f} s"}
    rows["memory of the process"] = f"| {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB"
    with NamedTemporaryFile(suffix=".png") as file:  # of a file a style is read once
        Image.fromarray(style).save(file.name)
        merged = stylise(rays, atlas, cameras, painter(Stylist.from_pretrained(), None, file.name))
    errors, unseen = [], []
    for done in (merged, optimised):
        shown = [rays.photograph(camera, textured(atlas, done.texture))[0] for camera in cameras]
        errors.append(f"{reprojection_error(rays, cameras, shown):.3f}")
        unseen.append(f"{done.unseen:.1%}")
    rows["difference between neighbouring views"] = " | ".join(errors)
    rows["texels that no camera saw, and that were filled"] = " | ".join(unseen)
    pictures = [
        [
            Image.fromarray(as_pixels(rays.photograph(camera, colour)[0]))
            for colour in (None, textured(atlas, merged.texture), textured(atlas, optimised.texture))
        ]
        for camera in (cameras[number].scaled(CELL / SIZE) for number in SHOWN)
    ]
    return pictures, rows


def walls(way: Optimised, style: Pixels) -> tuple[list[list[Image.Image]], list[float]]:
    """Pictures of two walls and of squares of them, and how much larger strokes are on the far one."""
    rays, camera = Raycaster(two_walls()), looking((0, 0, 0), (0, 0, -1), WALL_SIZE, WALL_SIZE, 90)
    atlas, large = atlas_of(rays.surface, WALL_TEXELS), looking((0, 0, 0), (0, 0, -1), LARGE, LARGE, 90)
    shown = [rays.photograph(large)[0]]
    for depth in (False, True):
        done = optimise_texture(way, rays, atlas, [camera], torch.from_numpy(planes(style)), depth=depth)
        shown.append(rays.photograph(large, textured(atlas, done.texture))[0])
    squares = [
        {depth: [patch(rays, large, picture, depth, place) for place in PLACES[depth]] for depth in (NEAR, FAR)}
        for picture in shown
    ]
    sizes = [{depth: np.mean([stroke_size(one, 1.6) for one in each]) for depth, each in of.items()} for of in squares]
    beside = [Image.fromarray(as_pixels(np.concatenate([of[NEAR][0], of[FAR][0]], 1))) for of in squares]
    whole = [Image.fromarray(as_pixels(picture)) for picture in shown]
    return [whole, beside], [float(size[FAR] / size[NEAR]) for size in sizes]


def stacked(sheets: list[Image.Image]) -> Image.Image:
    """Sheets one above the other."""
    whole = Image.new("RGB", (max(s.width for s in sheets), sum(s.height for s in sheets)), "white")
    for number, sheet in enumerate(sheets):
        whole.paste(sheet, (0, sum(s.height for s in sheets[:number])))
    return whole


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("overrides", nargs="*", help="NAME=VALUE of conf/stylemesh.yaml")
    parser.add_argument("-o", "--out", type=Path, default=Path("docs"), help="the folder of MESH.md")
    args = parser.parse_intermixed_args()
    style: Any = mosaic()
    pictures, rows = rooms(method(*args.overrides), style)
    flat, ratios = walls(method(*args.overrides, f"task.steps={WALL_STEPS}"), style)
    sides = ["room", "room"], ["two walls", "near, far"]
    top = ["not painted", "merged", "optimised"], ["not painted", "one size on the screen", "one size on the surface"]
    sheets = [contact_sheet(*each) for each in zip((pictures, flat), (CELL, CELL), top, sides, strict=True)]
    save_picture(stacked(sheets), args.out / "mesh/optimised.jpg", quality=64)
    table = "\n".join([
        "| | merged | optimised |", "|---|---|---|", *(f"| {name} | {cells} |" for name, cells in rows.items()),
        f"| strokes on a wall 5 m away to those on one 2 m away, of one size on the screen | | {ratios[1]:.2f} |",
        f"| the same, of one size on the surface | | {ratios[2]:.2f} |", "",
    ])  # fmt: skip
    if part := marked_part(args.out / "MESH.md", "<!-- optimised -->"):
        part.write(table)
    print(table)


if __name__ == "__main__":
    main()
