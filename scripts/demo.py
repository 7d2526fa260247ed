"""`make demo`: from drawn pictures to a trained model in minutes, without downloads. Exits with 1 if hardly anything was learnt.

python scripts/demo.py [--seed 1] [-o outputs/demo] [OVERRIDE ...]     # e.g. trainer.max_steps=1000
"""

import argparse
import sys
from pathlib import Path

from txst.commands.old_names import new_overrides
from txst.demo import AIM, FLOOR, demo


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("overrides", nargs="*", help="config overrides for the training")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--paintings", type=int, default=24, help="number of drawings in each style")
    parser.add_argument(
        "-o", "--out", type=Path, default=Path("outputs/demo"), help="output folder; an earlier demo there is deleted"
    )
    args = parser.parse_args()
    conf = Path(__file__).parent.parent / "conf"
    try:
        share = demo(args.out, conf, seed=args.seed, paintings=args.paintings, overrides=new_overrides(args.overrides))
    except (ValueError, OSError) as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    if share < AIM:
        print(f"demo: the style of {share:.0%} of the paintings is recognised; the goal is {AIM:.0%}", file=sys.stderr)
    return int(share < FLOOR)


if __name__ == "__main__":
    sys.exit(main())
