"""Learns the byte pairs of the text encoder from names and captions.

python scripts/make_vocabulary.py shards/wikiart shards/dtd
"""

import argparse
import sys
from pathlib import Path

from txst.data.samples import prompt
from txst.data.sources import every_sample
from txst.palette.captions import vocabulary
from txst.palette.tokenizer import FILE, RESERVED, learn_merges, write_merges

MOST = 4096  # tokens, with the bytes


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shards", nargs="+", help="folders of shards: their artists, movements and textures are read")
    parser.add_argument("-o", "--out", type=Path, default=FILE, help="default: the file of the package")
    args = parser.parse_args()
    try:
        names = {n for s in every_sample(args.shards) for n in (prompt(s), s["movement"]) if n}
    except (ValueError, OSError, RuntimeError) as error:
        print(f"make_vocabulary: {error}", file=sys.stderr)
        return 1
    words = vocabulary(names)
    merges = learn_merges(words, MOST - RESERVED)
    write_merges(merges, args.out)
    print(f"{len(merges)} merges from {len(words)} words, in {args.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
