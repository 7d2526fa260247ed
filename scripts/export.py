"""Makes a model folder from a training run, and ONNX graphs from a model with a palette.

python scripts/export.py outputs/txst/2026-11-23_20-00-00 -o models/mine
python scripts/export.py models/mine --onnx     # add graphs to an existing folder
"""

import argparse
import sys
from pathlib import Path

from txst.commands.old_names import new_options
from txst.export.onnx import export_onnx, refuse_without_palette
from txst.export.run import export_run
from txst.model_folder.run_folder import read_run

MOVED = ("palette", "words", "artist_classifier", "tune")  # to scripts/build_palette.py


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, help="folder of the run with checkpoints/last.ckpt, or a model folder")
    parser.add_argument(
        "-o", "--out", type=Path, help="model folder to write (not needed to add graphs to a model folder)"
    )
    parser.add_argument("--onnx", action="store_true", help="add ONNX graphs for painting without torch")
    parser.add_argument("--half", action="store_true", help="save the weights as float16, half the size")
    parser.add_argument("--palette", nargs="+", help=argparse.SUPPRESS)
    for name in MOVED[1:]:
        parser.add_argument(f"--{name.replace('_', '-')}", help=argparse.SUPPRESS)
    args = parser.parse_args(new_options(sys.argv[1:]))
    try:
        if any(vars(args)[name] for name in MOVED):
            pictures = " ".join(args.palette or ["SHARDS"])
            raise ValueError(
                f"a palette is made by python scripts/build_palette.py {args.run} -o {args.out or 'DIR'} --pictures {pictures} "
                "now; --words, --artist-classifier, --tune, --half and --onnx go there, too"
            )
        if args.out:
            if args.onnx:
                refuse_without_palette(read_run(args.run)[0], args.run)
            print(export_run(args.run, args.out, args.half))
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
