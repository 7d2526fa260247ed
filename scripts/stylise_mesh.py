"""Paints the texture of a mesh, in strokes that are as large far away as near.

python scripts/stylise_mesh.py scene.glb --style "claude monet" -o painted.glb
python scripts/stylise_mesh.py scene.obj --poses transforms.json --style-image painting.jpg -o painted.obj
python scripts/stylise_mesh.py scene.glb --style-image painting.jpg --optimise -o painted.glb    # in minutes, under losses
python scripts/stylise_mesh.py scene.glb --style-image painting.jpg --optimise -o painted.glb loss_network=vgg16 task.steps=600

Beside the mesh lie a film of it (.gif) and views before and after (_views.jpg). Needs pip install '.[mesh]', and --optimise '.[mesh,train]'.
"""

import argparse
import signal
import sys
from pathlib import Path
from typing import Any

INSTALL = "the extra {0} is not installed: pip install '.[{0}]'"
CONF = Path(__file__).resolve().parent.parent / "conf"
MESH, TRAIN = ("trimesh", "embreex", "xatlas"), ("torch", "hydra", "omegaconf")
SIDE, SIDE_OPTIMISED = 384, 256  # pixels of a view; losses look at it many times
STYLE_SIDE = 256  # pixels of the longer side of a style picture


def options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scene", type=Path, help=".glb, .gltf, .obj, .ply, .stl or .off")
    parser.add_argument("overrides", nargs="*", help="with --optimise: NAME=VALUE of conf/stylemesh.yaml")
    style = parser.add_mutually_exclusive_group(required=True)
    style.add_argument("--style", help="a text")
    style.add_argument("--style-image", type=Path, help="a picture in the style")
    parser.add_argument(
        "--nearest", action="store_true", help="if a style is unknown, paint in the nearest known style"
    )
    parser.add_argument("-o", "--out", type=Path, required=True, help=".glb or .obj")
    parser.add_argument("--optimise", action="store_true", help="optimise the texture under losses, in minutes")
    parser.add_argument("--poses", type=Path, help="a transforms.json with cameras, and with photos if there are any")
    parser.add_argument("--cameras", type=int, default=24, help="that are placed where no poses are given (24)")
    sizes = f"{SIDE}; with --optimise {SIDE_OPTIMISED}"
    parser.add_argument("--size", type=int, help=f"pixels of the longer side of a view ({sizes})")
    parser.add_argument("--texture", type=int, default=1024, help="texels of a side of the texture (1024)")
    parser.add_argument("--stroke", type=float, default=1.0, help="how much larger than usual strokes are (1)")
    parser.add_argument("--flat", action="store_true", help="strokes of one size on the screen, whatever the depth")
    parser.add_argument("--frames", type=int, default=24, help="of the film; 0: none (24)")
    parser.add_argument("--model", help="a model folder, or the name of a bundled model")
    parser.add_argument("--device", default="auto", help="of --optimise")
    parser.add_argument("--overwrite", action="store_true", help="write over results that are there")
    return parser


def checked(parser: argparse.ArgumentParser) -> argparse.Namespace:
    """The options, if they go together."""
    args = parser.parse_intermixed_args()
    if args.size is None:
        args.size = SIDE_OPTIMISED if args.optimise else SIDE
    ranges = {"cameras": (1, 1000), "size": (16, 4096), "texture": (16, 8192), "frames": (0, 1000)}
    for name, (low, high) in ranges.items():
        if not low <= getattr(args, name) <= high:
            parser.error(f"--{name} is {getattr(args, name)}; it lies between {low} and {high}")
    if args.overrides and not args.optimise:
        parser.error(f"{args.overrides[0]}: settings of losses want --optimise")
    if args.optimise and not args.style_image:
        parser.error("--optimise goes by a picture and not by a text: give --style-image")
    if args.optimise and args.model:
        parser.error("--optimise paints by losses and by no model: leave --model out")
    return args


def main() -> None:
    args = checked(options())
    try:
        finished = run(args)
    except ModuleNotFoundError as error:
        extra = {**dict.fromkeys(MESH, "mesh"), **dict.fromkeys(TRAIN, "train")}.get(str(error.name))
        sys.exit(f"stylise_mesh: {INSTALL.format(extra) if extra else error}")
    except KeyboardInterrupt:
        print("stylise_mesh: stopped", file=sys.stderr)
        sys.exit(130)
    except MemoryError:
        sys.exit(
            f"stylise_mesh: {args.scene}: too large for the memory of this machine: give a smaller mesh, or less --texture and --size"
        )
    except (ValueError, OSError) as error:
        sys.exit(f"stylise_mesh: {error}")
    if not finished:
        sys.exit(130)


def run(args: argparse.Namespace) -> bool:
    """Paints; whether it was not stopped before its end."""
    from txst import Stylist
    from txst.mesh.atlas import atlas_of
    from txst.mesh.raster import Raycaster
    from txst.mesh.results import names_of, write_results
    from txst.mesh.stylise import cameras_for, painter, stylise
    from txst.mesh.surface import read_surface
    from txst.pictures.formats import forget_other_formats

    given = [file for file in (args.scene, args.poses, args.style_image) if file]
    names_of(args.out, given, bool(args.frames), args.overwrite)  # before any work is done
    descent = Descending(args) if args.optimise else None
    forget_other_formats()  # trimesh has Pillow open textures of any format
    surface = read_surface(args.scene)
    print(*surface.notices, sep="\n", end="\n" * bool(surface.notices), file=sys.stderr)  # before what takes long
    rays = Raycaster(surface)
    cameras = cameras_for(rays, args.poses, args.cameras, args.size)
    atlas = atlas_of(surface, args.texture)
    if descent is not None:
        done = descent.optimised(rays, atlas, cameras)
    else:
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
    return descent is None or not descent.stopped


class Descending:
    """The texture under the losses of conf/stylemesh.yaml.

    Args:
        args: those of the command.

    Raises:
        ValueError: a setting, a weight file or the style picture cannot be used.
    """

    def __init__(self, args: argparse.Namespace) -> None:
        import torch
        from hydra import compose, initialize_config_dir
        from hydra.errors import HydraException
        from omegaconf import OmegaConf

        from txst.backends.pytorch import best_device, usable_device
        from txst.inference.styles import style_picture
        from txst.model_folder.folder import build

        try:
            with initialize_config_dir(str(CONF), version_base="1.3"):
                cfg = compose("stylemesh", args.overrides)
            if not isinstance(cfg.task.steps, int) or cfg.task.steps < 1:
                raise ValueError(f"task.steps is {cfg.task.steps}; it is a whole number, 1 or more")
            method = build(OmegaConf.to_container(cfg.model, resolve=True))
        except HydraException as error:
            raise ValueError(str(error)) from error
        device = best_device() if args.device == "auto" else usable_device(args.device)
        self.method: Any = method.to(device).to(memory_format=torch.channels_last)
        self.style = torch.from_numpy(style_picture(args.style_image, STYLE_SIDE)).to(device)
        self.stroke, self.depth, self.stopped = args.stroke, not args.flat, False

    def optimised(self, rays: Any, atlas: Any, cameras: Any) -> Any:
        """See `optimise_texture`; Ctrl-C ends it after a step, and what there is is kept."""
        from txst.models.optimised_texture import optimise_texture

        usual = signal.signal(signal.SIGINT, self.interrupted)
        try:
            return optimise_texture(
                self.method, rays, atlas, cameras, self.style, self.stroke, self.depth, watch=lambda _: self.stopped
            )
        finally:
            signal.signal(signal.SIGINT, usual)

    def interrupted(self, *_: object) -> None:
        """Ctrl-C: ends after this step; once more, at once."""
        if self.stopped:
            raise KeyboardInterrupt
        self.stopped = True
        print("\nstopping after this step (Ctrl-C once more: at once)", file=sys.stderr)


if __name__ == "__main__":
    main()
