"""Copies the works by which the best-known names are painted into a folder, to train on them more often than on others.

python scripts/best_works.py shards/styles shards/media -o best
python scripts/train.py +experiment=painter 'data.style=[shards/styles,shards/media,best,best]' data.content=shards/photos
"""

import argparse
import sys
from pathlib import Path

from txst.data.sources import every_sample
from txst.files.encode import write_whole
from txst.palette.faces import faces, found_among


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pictures", nargs="+", help="folders of shards")
    parser.add_argument("-o", "--out", type=Path, required=True, help="the folder; made if need be")
    args = parser.parse_args()
    try:
        found = found_among(every_sample(args.pictures))
        for face, jpg in found.items():
            write_whole(args.out / f"{face.picture}.jpg", jpg)  # one file where a painter and a movement share a face
    except (ValueError, OSError) as error:
        print(f"best_works: {error}", file=sys.stderr)
        return 1
    for face in [face for face in faces() if face not in found]:
        print(f"not among these pictures: {face.name}, {face.shows} ({face.picture})", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
