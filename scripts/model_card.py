"""Writes the card of a model: its size, data, teachers, figures, licence and limits.

python scripts/model_card.py txst/weights/small --board outputs/board/results.json --method small \
    --shards shards/wikiart shards/dtd shards/photos -o docs/MODEL_CARD.md
"""

import argparse
import sys
from pathlib import Path

from txst.export.model_card import card_of


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path, help="a model folder")
    parser.add_argument("--shards", nargs="+", required=True, help="folders of shards that it was trained on")
    parser.add_argument("--board", type=Path, help="results.json of scripts/compare.py")
    parser.add_argument("--method", help="the model's name on that board")
    parser.add_argument("-o", "--out", type=Path, default=Path("docs/MODEL_CARD.md"))
    args = parser.parse_args()
    try:
        text = card_of(args.model, args.shards, args.board, args.method)
    except (ValueError, OSError) as error:
        print(f"model_card: {error}", file=sys.stderr)
        return 1
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_text(text, encoding="utf-8")
    print(args.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
