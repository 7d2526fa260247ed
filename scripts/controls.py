"""Paints the pictures of docs/CONTROLS.md: python scripts/controls.py [PHOTO] -o docs/controls."""

import argparse
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

from txst import Photo, Stylist
from txst.commands.paint import SAMPLE
from txst.images import contact_sheet, open_picture, save_picture

STYLE, OTHER, CELL = "vincent van gogh", "katsushika hokusai", 224
parser = argparse.ArgumentParser(description="Paints the pictures of docs/CONTROLS.md.")
parser.add_argument("photo", nargs="?", type=Path, default=SAMPLE)
parser.add_argument("-o", "--out", type=Path, default=Path("docs/controls"))
parser.add_argument("--model", help="a model folder (default: the bundled model)")

if __name__ == "__main__":
    args = parser.parse_args()
    photo, stylist = open_picture(args.photo), Stylist.from_pretrained(args.model)
    across = Image.linear_gradient("L").rotate(90).resize(photo.size)  # black on the left
    middle = Image.new("L", photo.size)
    ImageDraw.Draw(middle).ellipse([side * part for part in (0.25, 0.75) for side in photo.size], fill=255)
    rows: dict[str, list[tuple[str, dict[str, Any]]]] = {
        "strength": [(str(s), {"style": STYLE, "strength": s}) for s in (0, 0.25, 0.5, 0.75, 1)],
        "mask": [("gradient", {"style": STYLE, "strength": across}), ("oval", {"style": STYLE, "strength": middle})],
        "mix": [(f"{1 - s:g} to {s:g}", {"mix": {STYLE: 1 - s, OTHER: s}}) for s in (0, 0.25, 0.5, 0.75, 1)],
        "region": [("over a style", {"style": STYLE, "regions": [(middle, OTHER)]}), ("over the photo", {"regions": [(middle, OTHER)]})],
        "colour": [(str(c), {"style": STYLE, "colour": c}) for c in (1, 0.5, 0)],
        "stroke": [(str(s), {"style": STYLE, "stroke": s}) for s in (0.5, 1, 2, 4)],
        "detail": [(f"{d}, stroke {s}", {"style": STYLE, "stroke": s, "detail": d}) for s in (1, 4) for d in (0, 1)],
    }  # fmt: skip
    opened = Photo.open(photo)
    for name, ways in rows.items():
        painted = [photo, *(stylist.paint(opened, **how) for _, how in ways)]
        sheet = contact_sheet([painted], CELL, ["photo", *(label for label, _ in ways)], [])
        save_picture(sheet, args.out / f"{name}.jpg", quality=88)
