"""Pack pictures for training.

python scripts/make_shards.py wikiart ~/wikiart shards/wikiart --holdout 20
python scripts/make_shards.py coco ~/train2017 shards/coco
python scripts/make_shards.py folder ~/paintings shards/mine --csv ~/paintings/table.csv
"""

import argparse
from collections import Counter
from pathlib import Path

from txst.data.layouts import LAYOUTS, find
from txst.data.shards import make_shards
from txst.text import canonical


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("layout", choices=LAYOUTS, help="how the pictures lie in SRC, see data/README.md")
    parser.add_argument("src", type=Path, metavar="SRC", help="folder with the pictures")
    parser.add_argument("out", type=Path, metavar="OUT", help="folder for the shards")
    parser.add_argument("--csv", type=Path, help="table: file, artist, movement, title, licence, source")
    parser.add_argument(
        "--holdout", default="0", help="artists to keep from training: how many, or a file of names"
    )
    parser.add_argument("--size", type=int, default=512, help="shrink larger shorter sides to it (0: never)")
    parser.add_argument("--test", type=float, default=0.05, help="share of the pictures to test on")
    parser.add_argument("--smallest", type=int, default=64, help="leave out pictures with a smaller side")
    args = parser.parse_args()
    names = (
        args.holdout
        if args.holdout.isdigit()
        else Path(args.holdout).read_text(encoding="utf-8").splitlines()
    )
    heldout = int(names) if isinstance(names, str) else {canonical(name) for name in names if name.strip()}
    pictures = find(args.layout, args.src, args.csv)
    manifest = make_shards(pictures, args.out, heldout, args.size, args.test, args.smallest)
    print(f"{args.out}: {manifest['counts']} pictures, {len(manifest['artists'])} names")
    for reason, count in Counter(row["reason"][:60] for row in manifest["skipped"]).most_common(10):
        print(f"left out {count}: {reason}")


if __name__ == "__main__":
    main()
