"""Measures what painting in tiles costs and changes: python scripts/tiles.py, with --megapixels 48 for time and memory."""

import argparse
import time
from pathlib import Path

import numpy as np
from PIL import Image

from txst import Photo, Stylist
from txst.commands.paint import SAMPLE
from txst.images import open_picture
from txst.inference.tiles import measure, reach

parser = argparse.ArgumentParser(description="Measures what painting the sample photo in tiles costs and changes.")
parser.add_argument("--megapixels", type=float, help="enlarge the photo to this size; print time and peak memory")
parser.add_argument(
    "--stroke",
    type=float,
    default=0.0,
    help="with --megapixels; 0 (the default) paints tiles, 1 a copy that is enlarged",
)
parser.add_argument("--model", help="painter (the default), small or a model folder")
ARTISTS = ["claude monet", "vincent van gogh", "katsushika hokusai", "albrecht durer", "pavel filonov"]

if __name__ == "__main__":
    args = parser.parse_args()
    size = args.megapixels
    photo, stylist = open_picture(SAMPLE), Stylist.from_pretrained(args.model)
    if size:
        side = round((size * 1e6) ** 0.5)
        photo = photo.resize((side, side), Image.Resampling.BICUBIC)
        begin = time.process_time()
        stylist.paint(photo, ARTISTS[0], stroke=args.stroke)
        # of Linux; getrusage's begins with the memory of the process that started this one
        peak = int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]) / 2**10
        print(f"{side} x {side}: {time.process_time() - begin:.0f} s of CPU time, peak {peak:.0f} MB")
    else:
        painter, image = stylist.painter, Photo.open(photo)
        styles = [stylist.styles.encode(name) for name in ARTISTS]
        print(f"reach: {reach(painter, styles[0])} pixels")
        for ratio in (4, 12, 48):
            found = [measure(painter, image, s, 1.0, image.pixels[..., 0].size / ratio) for s in styles]
            tiled = [painter.paint(image.planes(), s, 1.0, m) for s, m in zip(styles, found, strict=True)]
            errors = [
                np.square(t - painter.paint(image.planes(), s)).mean() for t, s in zip(tiled, styles, strict=True)
            ]
            decibels = -10 * np.log10(errors)
            print(f"copy with 1/{ratio} of the pixels: {decibels.mean():.1f} dB, worst {decibels.min():.1f}")
