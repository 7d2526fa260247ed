"""Trains a classifier of paintings and photos on real ones, for metric=painting.

python scripts/train_painting_classifier.py shards/wikiart --photos shards/photos --weights inception.safetensors -o models/painting_classifier
"""

import argparse
import json
import sys
from pathlib import Path

import torch
from train_artist_classifier import INCEPTION

from txst.encoders.inception import Inception
from txst.training.artist_classifier import train_painting_classifier


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paintings", nargs="+", help="folders of shards, as scripts/make_shards.py writes them")
    parser.add_argument("--photos", nargs="+", required=True, help="the same, of photos")
    parser.add_argument("--weights", required=True, help="file of Inception's weights, see txst/encoders/inception.py")
    parser.add_argument("--size", type=int, default=256, help="shorter side of the pictures, in pixels")
    parser.add_argument("--most", type=int, default=1000, help="most pictures of either kind")
    parser.add_argument("--views", type=int, default=1, help="degraded copies of each picture")
    parser.add_argument("-o", "--out", type=Path, required=True, help="folder to write")
    args = parser.parse_args()
    try:
        network = Inception(INCEPTION, args.weights).to(memory_format=torch.channels_last)  # a fifth faster
        facts = train_painting_classifier(
            args.paintings, args.photos, network, args.out, args.most, args.views, args.size
        )
    except (ValueError, OSError) as error:
        print(f"train_painting_classifier: {error}", file=sys.stderr)
        return 1
    print(json.dumps({key: facts[key] for key in ("works", "decay", "ceiling")}, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
