"""Draws a room with furniture as a mesh, and cameras on a path through it: python scripts/draw_room.py -o outputs/room.glb.

Beside room.glb lies room.json, the poses of the cameras. `python scripts/stylise_mesh.py outputs/room.glb --poses outputs/room.json
--style "claude monet"` paints it.
"""

import argparse
import sys
from pathlib import Path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texels", type=int, default=48, help="a metre (48)")
    parser.add_argument("--cameras", type=int, default=12, help="on the path (12)")
    parser.add_argument("--size", type=int, default=192, help="pixels of a side of what they see (192)")
    parser.add_argument("-o", "--out", type=Path, default=Path("outputs/room.glb"))
    args = parser.parse_args()

    from txst.files.encode import write_whole
    from txst.mesh.cameras import within, write_poses
    from txst.mesh.raster import Raycaster
    from txst.mesh.surface import read_surface, write_surface
    from txst.synthetic.room import room

    try:
        drawn = room(args.texels)
        write_surface(args.out, drawn.vertices, drawn.faces, drawn.uv, drawn.texture)
        surface = read_surface(args.out)
        cameras = within(surface.vertices, Raycaster(surface).hit, args.cameras, args.size)
        write_whole(args.out.with_suffix(".json"), write_poses(cameras))
    except (ValueError, OSError, ModuleNotFoundError) as error:
        sys.exit(f"draw_room: {error}")
    print(args.out, args.out.with_suffix(".json"))


if __name__ == "__main__":
    main()
