"""Trains the judge of artists on real paintings; it shares no network with the painters.

python scripts/train_judge.py shards/wikiart --weights inception.safetensors --photos shards/photos -o models/judge
"""

import argparse
import json
import sys
from pathlib import Path

import torch

from txst.encoders.inception import Inception
from txst.training.judge import train_judge

LAYERS = ("Conv2d_2b_3x3", "Conv2d_4a_3x3", "Mixed_5b", "Mixed_5d", "Mixed_6b", "Mixed_6e")


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "paintings", nargs="+", help="folders of shards, as scripts/make_shards.py writes them"
    )
    parser.add_argument(
        "--weights", required=True, help="Inception-v3 up to Mixed_6e, see txst/encoders/inception.py"
    )
    parser.add_argument(
        "--photos", nargs="+", help="folders of shards of photos, to see what it makes of them"
    )
    parser.add_argument("--works", type=int, default=20, help="artists with as many at least")
    parser.add_argument("--most", type=int, default=60, help="works of one artist")
    parser.add_argument("--views", type=int, default=1, help="degraded copies of each work")
    parser.add_argument("-o", "--out", type=Path, required=True)
    args = parser.parse_args()
    try:
        network = Inception(LAYERS, args.weights).to(memory_format=torch.channels_last)  # a fifth faster
        facts = train_judge(args.paintings, network, args.out, args.photos, args.works, args.most, args.views)
    except (ValueError, OSError) as error:
        print(f"train_judge: {error}", file=sys.stderr)
        return 1
    print(json.dumps({key: facts.get(key) for key in ("works", "decay", "ceiling", "photos")}, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
