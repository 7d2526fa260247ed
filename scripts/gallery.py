"""Paints photos in styles and writes gallery.png and index.html, or with --sheets JPEGs of a few styles each.

python scripts/gallery.py photos/*.jpg --model models/mini --style "claude monet" --style "titian" -o outputs/gallery
python scripts/gallery.py --sheets -o docs/gallery      # free photos in 12 styles
"""

import argparse
import sys
from pathlib import Path

from PIL import Image, ImageOps

from txst import Stylist
from txst.evaluation.contact_page import paint_all, write_gallery
from txst.images import contact_sheet, open_picture, save_picture

PHOTOS = ("astronaut", "coffee", "chelsea")
STYLES = (  # the strongest first
    "vincent van gogh", "gustav klimt", "katsushika hokusai", "edvard munch", "utagawa hiroshige", "wassily kandinsky",
    "paul signac", "henri de toulouse lautrec", "claude monet", "kazimir malevich", "watercolour", "woodcut",
)  # fmt: skip
SIDE = 384  # pixels of a painting
FEW, MANY = (4, 320), (8, 256)  # styles on a sheet, and pixels of a cell; of our own choice, and of what was asked for


def free_photos() -> dict[str, Image.Image]:
    """Square photos from scikit-image."""
    from txst.synthetic.dataset import photos

    found = photos()
    return {name: square(Image.fromarray(found[name])) for name in PHOTOS}


def square(picture: Image.Image) -> Image.Image:
    return ImageOps.fit(picture, (SIDE, SIDE), Image.Resampling.LANCZOS)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", nargs="*", type=Path, help="default: free photos from scikit-image")
    parser.add_argument("--model", help="painter (the default), small or a model folder")
    parser.add_argument("--style", action="append", help="default: 12 artists and media")
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
    styles, (columns, cell) = list(painted), MANY if args.style else FEW
    for begin in range(0, len(styles), columns):
        some = styles[begin : begin + columns]
        rows = [[photo, *(painted[s][i] for s in some)] for i, photo in enumerate(photos.values())]
        file = args.out / f"sheet{begin // columns + 1}.jpg"
        save_picture(contact_sheet(rows, cell, ["photo", *some], []), file, quality=85)
        print(file)
    return 0


if __name__ == "__main__":
    sys.exit(main())
