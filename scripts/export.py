"""Makes a model folder of a training run, and ONNX graphs of a model.

python scripts/export.py outputs/txst/2026-11-23_20-00-00 -o models/mine --onnx
python scripts/export.py models/mine --onnx     # of a folder that is there already
"""

import argparse
import sys
from pathlib import Path

from txst.export.onnx import export_onnx
from txst.export.run import export_run


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, help="folder of the run, with checkpoints/last.ckpt")
    parser.add_argument("-o", "--out", type=Path, help="the model folder to write (default: it is one)")
    parser.add_argument("--onnx", action="store_true", help="add the ONNX graphs that it is painted by")
    parser.add_argument("--half", action="store_true", help="weights in float16: half the size")
    parser.add_argument(
        "--palette",
        nargs="+",
        default=[],
        help="folders of shards whose pictures a picture-driven model shall know by name",
    )
    parser.add_argument(
        "--words", type=int, default=2000, help="steps of the palette's text tower; 0: names alone (default: 2000)"
    )
    parser.add_argument("--critic", type=Path, help="prefer what it recognises: scripts/train_judge.py --network")
    parser.add_argument(
        "--tune", type=int, default=0, help="photos by which each name's best code is tuned to the critic"
    )
    args = parser.parse_args()
    try:
        if args.tune < 0 or (args.tune and not args.critic):
            raise ValueError(f"--tune {args.tune}: give photos from 1 on, and the --critic to tune by")
        if args.critic and not (args.palette and args.out):
            raise ValueError("a --critic chooses among the codes of a --palette, of a new folder (-o)")
        if args.out:
            names = (args.palette, args.words, args.critic, args.tune)
            print(export_run(args.run, args.out, args.half, *names))
        elif not args.onnx:
            raise ValueError("say where the model goes (-o), or that graphs are wanted (--onnx)")
        if args.onnx:
            print(*export_onnx(args.out or args.run), sep="\n")
    except (ValueError, OSError) as error:
        print(f"export: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
