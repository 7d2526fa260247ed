"""Measures the works of each artist with VGG-16, for metric=gram_nearest.

python scripts/measure_works.py shards/wikiart --weights vgg16-397923af.pth -o models/works
"""

import argparse
import sys
from pathlib import Path

from train_artist_classifier import VGG16

from txst.encoders.vgg import VGG
from txst.evaluation.works import measure_works


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paintings", nargs="+", help="folders of shards, or of plain pictures (artist-name_title.jpg)")
    parser.add_argument("--weights", default="vgg16-397923af.pth", help="file, or the name of a fetched one")
    parser.add_argument("--most", type=int, default=40, help="most works of an artist; each takes 0.35 MB")
    parser.add_argument("--fewest", type=int, default=2, help="artists with fewer works are left out")
    parser.add_argument("--size", type=int, default=256, help="side of the squares, in pixels")
    parser.add_argument("-o", "--out", type=Path, required=True, help="folder to write")
    args = parser.parse_args()
    try:
        network = VGG(VGG16, convs=(2, 2, 3, 3, 3), padding="zeros", weights=args.weights)
        facts = measure_works(args.paintings, network, VGG16, args.out, args.most, args.fewest, args.size)
    except (ValueError, OSError) as error:
        print(f"measure_works: {error}", file=sys.stderr)
        return 1
    print(f"{max(end for _, end in facts['artists'].values())} works by {len(facts['artists'])} artists in {args.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
