"""Measures whether words for looks do what they say: photos are painted after an artist, and after the artist and the word.

python scripts/check_looks.py PHOTOS                     # every look of txst/palette/looks.py
python scripts/check_looks.py PHOTOS --model small --look dark --look red

Each line has a look, and the share of the photos whose painting moved the way that it says: darker for "dark", redder for "red". All words of a
look are read as its first. Photos take turns with the artists. The figures are those that the text encoder learnt its words by (`txst/palette/captions.py`).
"""

import argparse
import sys
from pathlib import Path

import torch
from tqdm import tqdm

from txst import Photo, Stylist
from txst.commands.pictures import find_photos
from txst.images import PictureError, open_picture
from txst.palette.captions import SIDES, measure
from txst.palette.looks import LOOKS

ARTISTS = (
    "claude monet", "vincent van gogh", "katsushika hokusai", "paul cezanne", "titian", "egon schiele", "henri matisse", "paul gauguin",
)  # fmt: skip
SIDE = 192  # pixels, longer side
ENOUGH = 0.9  # share of the photos


def way(look: str) -> tuple[str, int]:
    """The figure that a look changes, and whether up or down."""
    for figure, (high, low) in SIDES.items():
        if look in (high, low):
            return figure, 1 if look == high else -1
    return look, 1


def share(
    stylist: Stylist, photos: list[tuple[str, Photo]], plain: list[dict[str, float]], look: str, word: str
) -> float:
    """Of the photos that move the right way."""
    figure, sign = way(look)
    right = 0
    for (artist, photo), before in zip(photos, plain, strict=True):
        right += sign * (figures(stylist, photo, f"{word} {artist}")[figure] - before[figure]) > 0
    return right / len(photos)


def figures(stylist: Stylist, photo: Photo, style: str) -> dict[str, float]:
    """Of a painting."""
    pixels = stylist.painted(photo, style)[1]
    return measure(torch.from_numpy(pixels.copy()).permute(2, 0, 1) / 255)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", nargs="+", type=Path, help="photos, or folders of them")
    parser.add_argument("--model", help="painter (the default), small or a model folder")
    parser.add_argument("--look", action="append", choices=list(LOOKS), help="this look alone")
    parser.add_argument(
        "--most", type=int, default=24, help="number of photos, spread over what was found (default: 24)"
    )
    args = parser.parse_args()
    try:
        found = [one.path for one in find_photos(args.photos)]
        some = found[:: max(1, len(found) // args.most)][: args.most]
        photos = [(ARTISTS[at % len(ARTISTS)], Photo.open(open_picture(file), SIDE)) for at, file in enumerate(some)]
        if not photos:
            raise ValueError(f"found no photos in {', '.join(map(str, args.photos))}")
        stylist = Stylist.from_pretrained(args.model)
        plain = [figures(stylist, photo, artist) for artist, photo in photos]
        looks, weak = args.look or list(LOOKS), 0
        for look in tqdm(looks, unit="look", disable=None):
            part = share(stylist, photos, plain, look, LOOKS[look][0])
            weak += part < ENOUGH
            print(f"{look} ({len(LOOKS[look])} words): {part:.0%}{'' if part >= ENOUGH else '  <'}", flush=True)
        print(f"{len(looks) - weak} of {len(looks)} looks move {ENOUGH:.0%} or more of {len(photos)} photos")
    except (ValueError, OSError, PictureError) as error:
        print(f"check_looks: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
