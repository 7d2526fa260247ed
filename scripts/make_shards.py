"""Packs pictures into shards for training. data/README.md says where to get pictures.

python scripts/make_shards.py wikiart ~/wikiart shards/wikiart --holdout 20
python scripts/make_shards.py coco ~/train2017 shards/photos
python scripts/make_shards.py folder ~/paintings shards/mine --csv ~/paintings/table.csv
"""

import argparse
import sys
from pathlib import Path

from txst.data.layouts import LAYOUTS, find
from txst.data.shards import make_shards, summary
from txst.data.split import read_heldout


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("layout", choices=LAYOUTS, help="how the pictures are arranged in SRC")
    parser.add_argument("src", metavar="SRC", type=Path)
    parser.add_argument("out", metavar="OUT", type=Path)
    parser.add_argument("--csv", type=Path, help="a table: file, artist, movement, title, licence, source")
    parser.add_argument("--holdout", default="0", help="artists to hold out: how many, or a file of names")
    parser.add_argument(
        "--size", type=int, default=512, help="shrink pictures whose shorter side is longer, in pixels; 0: never"
    )
    parser.add_argument("--test", type=float, default=0.05, help="share of the pictures for testing")
    parser.add_argument("--smallest", type=int, default=64, help="leave out pictures with a shorter side, in pixels")
    args = parser.parse_args()
    try:
        pictures = find(args.layout, args.src, args.csv)
        heldout = read_heldout(args.holdout)
        print(summary(make_shards(pictures, args.out, heldout, args.size, args.test, args.smallest)))
    except (ValueError, OSError) as error:
        print(f"make_shards: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
