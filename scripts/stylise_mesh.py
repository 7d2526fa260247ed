"""Paints the texture of a mesh, in strokes that are as large far away as near.

python scripts/stylise_mesh.py scene.glb --style "claude monet" -o painted.glb
python scripts/stylise_mesh.py scene.obj --poses transforms.json --style-image painting.jpg -o painted.obj

Beside the mesh lie a film of it (.gif) and views before and after (_views.jpg). Needs pip install '.[mesh]'.
"""

import argparse
import sys
from pathlib import Path

INSTALL = "the extra mesh is not installed: pip install '.[mesh]'"


def options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scene", type=Path, help=".glb, .gltf, .obj, .ply, .stl or .off")
    style = parser.add_mutually_exclusive_group(required=True)
    style.add_argument("--style", help="a text")
    style.add_argument("--style-image", type=Path, help="a picture in the style")
    parser.add_argument(
        "--nearest", action="store_true", help="if a style is unknown, paint in the nearest known style"
    )
    parser.add_argument("-o", "--out", type=Path, required=True, help=".glb or .obj")
    parser.add_argument("--poses", type=Path, help="a transforms.json with cameras, and with photos if there are any")
    parser.add_argument("--cameras", type=int, default=24, help="that are placed where no poses are given (24)")
    parser.add_argument("--size", type=int, default=384, help="pixels of the longer side of a view (384)")
    parser.add_argument("--texture", type=int, default=1024, help="texels of a side of the texture (1024)")
    parser.add_argument("--stroke", type=float, default=1.0, help="how much larger than usual strokes are (1)")
    parser.add_argument("--flat", action="store_true", help="strokes of one size on the screen, whatever the depth")
    parser.add_argument("--frames", type=int, default=24, help="of the film; 0: none (24)")
    parser.add_argument("--model", help="a model folder, or the name of a bundled model")
    parser.add_argument("--overwrite", action="store_true", help="write over results that are there")
    return parser


def main() -> None:
    parser = options()
    args = parser.parse_args()
    ranges = {"cameras": (1, 1000), "size": (16, 4096), "texture": (16, 8192), "frames": (0, 1000)}
    for name, (low, high) in ranges.items():
        if not low <= getattr(args, name) <= high:
            parser.error(f"--{name} is {getattr(args, name)}; it lies between {low} and {high}")
    try:
        run(args)
    except ModuleNotFoundError as error:
        sys.exit(f"stylise_mesh: {INSTALL if error.name in ('trimesh', 'embreex', 'xatlas') else error}")
    except KeyboardInterrupt:
        print("stylise_mesh: stopped", file=sys.stderr)
        sys.exit(130)
    except MemoryError:
        sys.exit(
            f"stylise_mesh: {args.scene}: too large for the memory of this machine: give a smaller mesh, or less --texture and --size"
        )
    except (ValueError, OSError) as error:
        sys.exit(f"stylise_mesh: {error}")


def run(args: argparse.Namespace) -> None:
    from txst import Stylist
    from txst.mesh.atlas import atlas_of
    from txst.mesh.raster import Raycaster
    from txst.mesh.results import names_of, write_results
    from txst.mesh.stylise import cameras_for, painter, stylise
    from txst.mesh.surface import read_surface
    from txst.pictures.formats import forget_other_formats

    given = [file for file in (args.scene, args.poses, args.style_image) if file]
    names_of(args.out, given, bool(args.frames), args.overwrite)  # before any work is done
    forget_other_formats()  # trimesh has Pillow open textures of any format
    surface = read_surface(args.scene)
    print(*surface.notices, sep="\n", end="\n" * bool(surface.notices), file=sys.stderr)  # before what takes long
    rays = Raycaster(surface)
    cameras = cameras_for(rays, args.poses, args.cameras, args.size)
    atlas = atlas_of(surface, args.texture)
    paint = painter(Stylist.from_pretrained(args.model), args.style, args.style_image, args.nearest)
    done = stylise(rays, atlas, cameras, paint, args.stroke, not args.flat)
    told = [
        "the maps are new" if atlas.unwrapped else "the maps are the mesh's own",
        f"{len(done.views)} views; {done.unseen:.1%} of the surface was seen by none and is filled",
    ]
    if blind := len(cameras) - len(done.views):
        told.append(f"{blind} of {len(cameras)} cameras see nothing of the mesh, and are left out")
    print(*told, sep="\n", file=sys.stderr)
    for file in write_results(args.out, rays, atlas, done, args.frames, args.size):
        print(file)


if __name__ == "__main__":
    main()
