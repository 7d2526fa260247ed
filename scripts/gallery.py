"""Paints photos in styles and writes gallery.png and index.html, or with --sheets a JPEG for every eight styles.

python scripts/gallery.py photos/*.jpg --model models/mini --style "claude monet" --style "titian" -o outputs/gallery
python scripts/gallery.py --sheets -o docs/gallery      # free photos in 16 styles
"""

import argparse
import sys
from pathlib import Path

from PIL import Image, ImageOps

from txst import Stylist
from txst.evaluation.contact_page import paint_all, write_gallery
from txst.images import contact_sheet, open_picture, save_picture

PHOTOS = ("astronaut", "chelsea", "coffee", "rocket", "motorcycle")
STYLES = (
    "claude monet", "vincent van gogh", "katsushika hokusai", "albrecht durer", "caravaggio", "titian",
    "kazimir malevich", "wassily kandinsky", "pavel filonov", "odilon redon", "james mcneill whistler", "ivan shishkin",
    "impressionism", "ukiyo e", "crosshatched", "cracked",
)  # fmt: skip
SIDE, CELL, COLUMNS = 512, 256, 8


def free_photos() -> dict[str, Image.Image]:
    """Square photos from scikit-image, and a drawn landscape."""
    from txst.synthetic.dataset import photos
    from txst.synthetic.landscape import valley

    found = photos()
    pictures = {name: Image.fromarray(found[name]) for name in PHOTOS} | {"valley": Image.fromarray(valley(SIDE))}
    return {name: square(picture) for name, picture in pictures.items()}


def square(picture: Image.Image) -> Image.Image:
    return ImageOps.fit(picture, (SIDE, SIDE), Image.Resampling.LANCZOS)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", nargs="*", type=Path, help="default: free photos from scikit-image")
    parser.add_argument("--model", type=Path)
    parser.add_argument("--style", action="append", help="default: 16 artists, movements and textures")
    parser.add_argument(
        "--sheets", action="store_true", help="write JPEGs of square pictures instead of a PNG and a page"
    )
    parser.add_argument("-o", "--out", type=Path, default=Path("outputs/gallery"))
    args = parser.parse_args()
    try:
        photos = {path.stem: open_picture(path) for path in args.photos} or free_photos()
        if args.sheets:
            photos = {name: square(photo) for name, photo in photos.items()}
        painted = paint_all(Stylist.from_pretrained(args.model), photos, args.style or list(STYLES))
    except (ValueError, OSError, ModuleNotFoundError) as error:
        print(f"gallery: {error}", file=sys.stderr)
        return 1
    if not args.sheets:
        write_gallery(args.out, photos, painted, "Gallery", f"Model: {args.model or 'bundled'}")
        print(args.out / "index.html")
        return 0
    styles = list(painted)
    for begin in range(0, len(styles), COLUMNS):
        some = styles[begin : begin + COLUMNS]
        rows = [[photo, *(painted[s][i] for s in some)] for i, photo in enumerate(photos.values())]
        file = args.out / f"sheet{begin // COLUMNS + 1}.jpg"
        save_picture(contact_sheet(rows, CELL, ["photo", *some], []), file, quality=85)
        print(file)
    return 0


if __name__ == "__main__":
    sys.exit(main())
