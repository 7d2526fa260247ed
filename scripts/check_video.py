"""Measures how steady painted clips are, on drawn clips whose motion is known, and how fast they are painted.

python scripts/check_video.py                                   # the table of docs/VIDEO.md
python scripts/check_video.py --strip docs/video/strip.jpg      # and details of the last frames, to look at
python scripts/check_video.py --speed --model small             # frames a second at 360p and 720p

The warping error is that of Lai et al., 2018 (https://arxiv.org/abs/1808.00449): the mean square of what is left between a frame and the one
before, moved along the true motion, where it was to be seen. Three ways are compared on the same frames: each frame by itself; all by the
statistics of the clip; and these steadied along the motion that is found in the frames, which is what `txst clip.mp4` does.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
from PIL import Image

from txst import Photo, Stylist
from txst.images import Pixels, contact_sheet, save_picture
from txst.synthetic.clips import CLIPS, DrawnFrame
from txst.video.frames import FramePainter
from txst.video.plan import Moment
from txst.video.steady import opencv

ENOUGH = 0.5  # of the error of frames that are painted by themselves
SIZES = {"360p": (640, 360), "720p": (1280, 720)}
SHOWN, DETAIL, PLACE = 3, 160, (0.55, 0.4)  # last frames of the strip, pixels of a side, and where they lie
WAYS = ("by itself", "same statistics", "steadied")


def warping_error(paintings: Sequence[Pixels], frames: Sequence[DrawnFrame]) -> float:
    """Of a clip, over pairs of neighbouring frames; 0 is none, 1 the difference between black and white."""
    errors = []
    for (before, painting), frame in zip(pairwise(paintings), frames[1:], strict=True):
        apart = (painting.astype(np.float32) - moved_along(before, frame)) / 255
        errors.append(float((apart**2)[frame.seen].mean()))
    return float(np.mean(errors))


def moved_along(before: Pixels, frame: DrawnFrame) -> Pixels:
    """A picture of the frame before, along the true motion."""
    return np.asarray(opencv().remap(before, frame.places.astype(np.float32), None, opencv().INTER_LINEAR))


def details(paintings: Sequence[Pixels], frames: Sequence[DrawnFrame]) -> list[Image.Image]:
    """The middle of the last frames, and by how much the last one differs from the one before, moved along; 4 times as much is shown."""
    apart = np.abs(paintings[-1].astype(int) - moved_along(paintings[-2], frames[-1])) * frames[-1].seen[..., None]
    height, width = apart.shape[:2]
    left, top = round(PLACE[0] * width), round(PLACE[1] * height)
    pictures = [*paintings[-SHOWN:], (255 - (4 * apart).clip(0, 255)).astype(np.uint8)]
    return [Image.fromarray(picture[top : top + DETAIL, left : left + DETAIL]) for picture in pictures]


def sharpness(paintings: Sequence[Pixels]) -> float:
    """The mean step from pixel to pixel of the last frame, of 255."""
    light = paintings[-1].astype(np.float32).mean(-1)
    return float(np.abs(np.diff(light, axis=0)).mean() + np.abs(np.diff(light, axis=1)).mean())


def painted(stylist: Stylist, frames: Sequence[DrawnFrame], style: str) -> dict[str, list[Pixels]]:
    """The frames in the three ways."""
    layer = stylist.styles.encode(style)
    moment = Moment([(layer, None)], 1.0, 1.0, 0.0)
    step = max(1, len(frames) // 5)
    sheet = Photo(np.concatenate([frame.pixels for frame in frames[step // 2 :: step]], 1))
    found: dict[str, list[Pixels]] = {}
    for way, reference in zip(WAYS, (None, sheet, sheet), strict=True):
        painter = FramePainter(stylist, 1.0, reference)
        found[way] = []
        for frame in frames:
            if way != WAYS[-1]:
                painter.before = None  # as if there had been a cut
            found[way].append(painter.paint(frame.pixels.copy(), moment))
    return found


def speed(stylist: Stylist, style: str, count: int) -> None:
    """Prints frames a second of painting one by one and of painting a clip, in turn."""
    layer = stylist.styles.encode(style)
    moment = Moment([(layer, None)], 1.0, 1.0, 0.0)
    for name, size in SIZES.items():
        frames = list(CLIPS["pan"](*size, count + 1))
        alone, steady = FramePainter(stylist, 1.0, None), FramePainter(stylist, 1.0, Photo(frames[0].pixels.copy()))
        seconds = [0.0, 0.0]
        for number, frame in enumerate(frames):
            alone.before = None
            for which, painter in enumerate((alone, steady)):
                begun = time.perf_counter()
                painter.paint(frame.pixels.copy(), moment)
                seconds[which] += (time.perf_counter() - begun) * (number > 0)  # the first one opens graphs
        rates = [count / each for each in seconds]
        print(
            f"{name}: {rates[1]:.2f} frames/s; by themselves {rates[0]:.2f}, {seconds[1] / seconds[0]:.2f} times the time"
        )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="small", help="painter, small or a model folder (default: small)")
    parser.add_argument("--style", default="claude monet")
    parser.add_argument("--frames", type=int, default=12, help="of each clip (default: 12)")
    parser.add_argument("--strip", type=Path, metavar="FILE", help="writes details of the last frames")
    parser.add_argument("--speed", action="store_true", help="measure the speed in place of the error")
    args = parser.parse_args()
    stylist = Stylist.from_pretrained(args.model)
    if args.speed:
        speed(stylist, args.style, args.frames)
        return 0
    rows, labels, code = [], [], 0
    print("| clip | by itself | same statistics | steadied | of by itself | sharpness |\n|---|---|---|---|---|---|")
    for name, draw in CLIPS.items():
        frames = list(draw(*SIZES["360p"], args.frames))
        ways = painted(stylist, frames, args.style)
        errors = [warping_error(ways[way], frames) for way in WAYS]
        share, sharp = errors[2] / errors[0], sharpness(ways[WAYS[2]]) / sharpness(ways[WAYS[0]])
        code |= share > ENOUGH
        print(
            f"| {name} | {' | '.join(f'{1000 * error:.2f}' for error in errors)} | {share:.0%} | {sharp:.0%} |",
            flush=True,
        )
        for way in (WAYS[0], WAYS[-1]):
            rows.append(details(ways[way], frames))
            labels.append(f"{name}, {way}")
    print("Errors times 1000.")
    if args.strip:
        top = [f"frame {number}" for number in range(args.frames - SHOWN, args.frames)] + ["what changes"]
        save_picture(contact_sheet(rows, DETAIL, top, labels), args.strip, quality=70)
    return code


if __name__ == "__main__":
    sys.exit(main())
