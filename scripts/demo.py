"""`make demo`: the whole path in minutes, with nothing to download. Ends with 1 where hardly anything was learnt.

python scripts/demo.py [--seed 1] [-o outputs/demo] [OVERRIDE ...]     # e.g. trainer.max_steps=1000
"""

import argparse
import sys
from pathlib import Path

from txst.demo import AIM, FLOOR, demo


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("overrides", nargs="*", help="of the network's training")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--paintings", type=int, default=24, help="drawn in each manner")
    parser.add_argument(
        "-o", "--out", type=Path, default=Path("outputs/demo"), help="folder; an earlier demo there is lost"
    )
    args = parser.parse_args()
    conf = Path(__file__).parent.parent / "conf"
    try:
        share = demo(args.out, conf, seed=args.seed, paintings=args.paintings, overrides=args.overrides)
    except (ValueError, OSError) as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    if share < AIM:
        print(f"demo: {share:.0%} of the paintings are named rightly, and {AIM:.0%} is the aim", file=sys.stderr)
    return int(share < FLOOR)


if __name__ == "__main__":
    sys.exit(main())
