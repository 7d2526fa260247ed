"""Paints photos in styles and leaves gallery.png and index.html.

python scripts/gallery.py photos/*.jpg --model models/mini --style "claude monet" --style "titian" -o outputs/gallery
"""

import argparse
import sys
from pathlib import Path

from txst import Stylist
from txst.images import open_picture
from txst.inference.gallery import paint_all, write_gallery


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("photos", nargs="+", type=Path)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--style", action="append", required=True)
    parser.add_argument("-o", "--out", type=Path, default=Path("outputs/gallery"))
    args = parser.parse_args()
    try:
        photos = {path.stem: open_picture(path) for path in args.photos}
        painted = paint_all(Stylist.from_pretrained(args.model), photos, args.style)
    except (ValueError, OSError) as error:
        print(f"gallery: {error}", file=sys.stderr)
        return 1
    write_gallery(args.out, photos, painted, "Gallery", f"Model: {args.model or 'bundled'}")
    print(args.out / "index.html")
    return 0


if __name__ == "__main__":
    sys.exit(main())
