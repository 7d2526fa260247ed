"""Makes a model folder from a training run, and ONNX graphs from a model.

python scripts/export.py outputs/txst/2026-11-23_20-00-00 -o models/mine --onnx
python scripts/export.py models/mine --onnx     # add graphs to an existing folder
"""

import argparse
import sys
from pathlib import Path

from txst.commands.old_names import new_options
from txst.export.onnx import export_onnx
from txst.export.run import export_run


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, help="folder of the run with checkpoints/last.ckpt, or a model folder")
    parser.add_argument(
        "-o", "--out", type=Path, help="model folder to write (not needed to add graphs to a model folder)"
    )
    parser.add_argument("--onnx", action="store_true", help="add ONNX graphs for painting")
    parser.add_argument("--half", action="store_true", help="save the weights as float16, half the size")
    parser.add_argument(
        "--palette",
        nargs="+",
        default=[],
        help="folders of shards: the model will know the styles of their pictures by name",
    )
    parser.add_argument(
        "--words",
        type=int,
        default=2000,
        help="training steps of the palette's text encoder; 0: names only (default: 2000)",
    )
    parser.add_argument(
        "--artist-classifier",
        type=Path,
        help="prefer codes that this classifier recognises: scripts/train_artist_classifier.py --network",
    )
    parser.add_argument(
        "--tune",
        type=int,
        default=0,
        help="number of photos to tune each name's best code with, for the artist classifier",
    )
    args = parser.parse_args(new_options(sys.argv[1:]))
    try:
        if args.tune < 0 or (args.tune and not args.artist_classifier):
            raise ValueError(f"--tune must be 1 or more and needs --artist-classifier; it is {args.tune}")
        if args.artist_classifier and not (args.palette and args.out):
            raise ValueError("--artist-classifier needs --palette, whose codes it chooses from, and a new folder (-o)")
        if args.out:
            names = (args.palette, args.words, args.artist_classifier, args.tune)
            print(export_run(args.run, args.out, args.half, *names))
        elif not args.onnx:
            raise ValueError("nothing to do: give a model folder to write (-o), or --onnx")
        if args.onnx:
            print(*export_onnx(args.out or args.run), sep="\n")
    except (ValueError, OSError) as error:
        print(f"export: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
