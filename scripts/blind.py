"""Lets people choose blindly between the pictures of two methods.

python scripts/blind.py runs/board/pictures/txst runs/board/pictures/microast --beside runs/board/pictures/untouched -o blind.html
python scripts/blind.py choices.json
"""

import argparse
import json
import sys
from pathlib import Path

from txst.evaluation.blind import share, write_blind_page

parser = argparse.ArgumentParser(
    description="A page with the pictures of two methods side by side in hidden order, or the report of what was chosen on it."
)
parser.add_argument(
    "given", nargs="+", type=Path, help="two folders with pictures of the same names, or choices.json files"
)
parser.add_argument("-o", "--out", type=Path, default=Path("blind.html"), help="the page (default: %(default)s)")
parser.add_argument("--beside", type=Path, help="a folder with a third picture of each name, such as the photo")
parser.add_argument("--question", default="Which of the two looks more like a painting?", help="(default: %(default)s)")
parser.add_argument("--pairs", type=int, help="at most so many, chosen by the seed")
parser.add_argument("--seed", type=int, default=0, help="of the order of pairs and sides (default: %(default)s)")


def main(args: argparse.Namespace) -> None:
    if all(path.suffix == ".json" for path in args.given):
        for path in args.given:
            chosen = json.loads(path.read_text(encoding="utf-8"))
            print(f"{path}: the first method was chosen in {share(chosen['choices'], chosen['seed'])}")
    elif len(args.given) == 2:
        one, other = args.given
        count = write_blind_page(args.out, one, other, args.question, args.seed, args.pairs, args.beside)
        print(f"{args.out}: {count} pairs; it saves choices.json, of which blind.py makes the report")
    else:
        parser.error("give two folders of pictures, or files that the page saved")


if __name__ == "__main__":
    try:
        main(parser.parse_args())
    except (ValueError, KeyError, OSError) as error:
        sys.exit(f"blind: {error}")
