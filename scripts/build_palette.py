"""Gives a model whose styles are codes the names of pictures, and trains the text encoder that reads other words.

python scripts/build_palette.py outputs/small -o models/small --pictures shards/wikiart --onnx

A model on CLIP gets a palette of CLIP's vectors, and paints any other words by CLIP's own text tower:

python scripts/build_palette.py outputs/wikiart -o models/wikiart --pictures shards/wikiart --words 0
"""

import argparse
import sys
from pathlib import Path

from txst.export.onnx import export_onnx
from txst.training.palette import build_palette


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path, help="folder of a run with checkpoints/last.ckpt, or a model folder")
    parser.add_argument("-o", "--out", type=Path, required=True, help="model folder to write")
    parser.add_argument(
        "--pictures",
        nargs="+",
        required=True,
        help="folders of shards: the model will know the styles of their pictures by name",
    )
    parser.add_argument(
        "--words",
        type=int,
        default=2000,
        help="training steps of the text encoder, which a model on CLIP has; 0: names only (default: 2000)",
    )
    parser.add_argument(
        "--artist-classifier",
        type=Path,
        help="prefer codes that this classifier recognises: scripts/train_artist_classifier.py --network",
    )
    parser.add_argument(
        "--tune", type=int, default=0, help="number of photos to tune each name's best code with, for the classifier"
    )
    parser.add_argument("--half", action="store_true", help="save the weights as float16, half the size")
    parser.add_argument("--onnx", action="store_true", help="add ONNX graphs for painting without torch")
    args = parser.parse_args()
    try:
        if args.tune < 0 or args.words < 0 or (args.tune and not args.artist_classifier):
            raise ValueError(
                f"--tune is {args.tune} and --words {args.words}: 0 or more each, and --tune with an --artist-classifier"
            )
        print(
            build_palette(
                args.source, args.out, args.pictures, args.words, args.artist_classifier, args.tune, args.half
            )
        )
        if args.onnx:
            print(*export_onnx(args.out), sep="\n")
    except (ValueError, OSError) as error:
        print(f"build_palette: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
