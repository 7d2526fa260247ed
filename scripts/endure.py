"""Kills a training at random times, resumes it, and compares it with an uninterrupted one. Exits with 1 if they differ.

python scripts/endure.py -o outputs/endure --kills 3 +experiment=mini data.style=shards/wikiart data.content=shards/photos \
    clip.weights=... loss_network.weights=... callbacks.periodic_checkpoint.minutes=2
"""

import argparse
import sys
from pathlib import Path

from txst.benchmarks.kill_and_resume import endure


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("overrides", nargs="*", help="config overrides of conf/train.yaml")
    parser.add_argument("--kills", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0, help="seed of the times (default: 0)")
    parser.add_argument("-o", "--out", type=Path, required=True, help="a new folder for both runs")
    args = parser.parse_args()
    if args.out.exists():
        parser.error(f"{args.out} exists, and its runs would be resumed: name a new folder")
    train = [sys.executable, str(Path(__file__).with_name("train.py")), *args.overrides]
    different = endure(train, args.out, args.kills, args.seed)
    for name, distance in different.items():
        print(f"{name}: {distance:g}")
    print("the weights differ" if different else "the weights are identical to the bit")
    return int(bool(different))


if __name__ == "__main__":
    sys.exit(main())
