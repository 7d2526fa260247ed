"""Makes the tables and the picture of docs/CARTOON.md.

python scripts/check_cartoon.py models/cartoon [--without FOLDER]

The student is held against its teachers on the photos that were held out of its training. Both lie where scripts/make_cartoon.py left them.
"""

import argparse
import time
from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch.utils.flop_counter import FlopCounterMode
from tqdm import tqdm

from txst import Stylist
from txst.commands.paint import SAMPLE
from txst.data.pairs import PHOTOS
from txst.files.marked import END, marked_part
from txst.images import contact_sheet, open_picture, save_picture
from txst.training.teacher_pairs import FACES

STYLES = ("hayao", "hosoda", "paprika", "shinkai")
BEGIN = "<!-- made by scripts/check_cartoon.py -->"
# Held-out photos in the picture, pixels of a cell, and of the sample photo when it is painted
SHOWN, CELL, SIDE = (1, 3), 168, 320
# pixels by which the camera moves, its frames, their side, the border that does not count, and photos that it moves over
STEP, FRAMES, WINDOW, MARGIN, FILMED = 3, 6, 160, 8, 3
TIMED, COUNTED = 512, 128  # pixels of a side, of what is timed and of what is counted: arithmetic grows with the area
DISTANCE = "**Distance to the teachers' paintings**: mean absolute difference of pixels, on held-out photos and the sample photo."
FLICKER = (
    f"**Flicker** of single frames of a camera that moves over a photo by {STEP} pixels a frame, across and down: mean absolute difference of the "
    "same places in neighbouring frames. The photo itself has 0."
)
COST = f"**Cost** of a picture of {TIMED} x {TIMED}."
Paint = Callable[..., Image.Image]
Shown = tuple[Image.Image, dict[str, Image.Image], bool]  # a photo, its paintings by style, and whether it has a face


def distance(a: Image.Image, b: Image.Image) -> float:
    """Mean absolute difference of pixels, of 255."""
    return float(np.abs(numbers(a) - numbers(b)).mean())


def numbers(image: Image.Image) -> np.ndarray:
    return np.asarray(image.convert("RGB"), np.float32)


def held_out(folder: Path) -> list[Shown]:
    """Photos with what the teachers painted of them."""
    found = []
    for file in sorted((folder / PHOTOS).glob("*.png")):
        ends = ("", FACES) if (folder / f"cartoon {STYLES[0]}" / file.name).exists() else (FACES,)
        paintings = {style: open_picture(folder / f"cartoon {style}{ends[0]}" / file.name) for style in STYLES}
        found.append((open_picture(file), paintings, ends[0] == FACES))
    return found


def with_sample(teachers: dict[str, Stylist]) -> Shown:
    """The photo that comes with txst, which has a face."""
    photo = open_picture(SAMPLE).convert("RGB")
    scale = SIDE / max(photo.size)
    photo = photo.resize((round(photo.width * scale), round(photo.height * scale)), Image.Resampling.LANCZOS)
    return photo, {style: teachers[style](photo) for style in STYLES}, True


def distances(student: Stylist, shown: Sequence[Shown]) -> list[str]:
    """How far the student's paintings lie from the teachers', and what lies as far; and what the category changes."""
    found: dict[str, list[list[float]]] = {style: [] for style in STYLES}
    gates: dict[bool, list[list[float]]] = {False: [], True: []}
    for photo, paintings, face in tqdm(shown, "distances", unit="photo"):
        by = {end: {style: student(photo, f"cartoon {style}{end}") for style in STYLES} for end in ("", FACES)}
        painted = by[FACES * face]
        for style, painting in paintings.items():
            others = [distance(painted[other], painting) for other in STYLES if other != style]
            found[style].append(
                [distance(photo, painting), sum(others) / len(others), distance(painted[style], painting)]
            )
            one, two = by[""][style], by[FACES][style]
            gates[face].append([distance(one, painting), distance(two, painting), distance(one, two)])
    rows = [
        f"{DISTANCE}\n",
        "| of 255 | the photo | the student in the other styles | the student |",
        "|---|---|---|---|",
    ]
    rows += [f"| {style} | " + " | ".join(f"{x:.1f}" for x in np.mean(found[style], 0)) + " |" for style in STYLES]
    for face, figures in gates.items():
        if figures:
            plain, faces, between = np.mean(figures, 0)
            rows += ["", (
                f"Photos {'with' if face else 'without'} a face ({len(figures) // len(STYLES)}): by the category of scenery the student lies "
                f"{plain:.1f} from the teachers, by that of faces {faces:.1f}; the two lie {between:.1f} apart."
            )]  # fmt: skip
    return rows


def flicker(paint: Paint, photos: Sequence[Image.Image]) -> float:
    """Mean absolute difference, of 255, between neighbouring frames of a camera that moves over a photo, at the same places."""
    found = []
    for photo in photos:
        boxes = [(STEP * frame, STEP * frame, STEP * frame + WINDOW, STEP * frame + WINDOW) for frame in range(FRAMES)]
        frames = [numbers(paint(photo.crop(box)))[MARGIN:-MARGIN, MARGIN:-MARGIN] for box in boxes]
        found += [np.abs(before[STEP:, STEP:] - now[:-STEP, :-STEP]).mean() for before, now in pairwise(frames)]
    return float(np.mean(found))


def flickers(ways: dict[str, dict[str, Paint]], photos: Sequence[Image.Image]) -> list[str]:
    rows = [f"{FLICKER}\n", "| of 255 | " + " | ".join(STYLES) + " | mean |", "|---|---|---|---|---|---|"]
    for name, paints in tqdm(ways.items(), "flicker", unit="model"):
        found = [flicker(paints[style], photos) for style in STYLES]
        rows.append(f"| {name} | " + " | ".join(f"{x:.2f}" for x in (*found, np.mean(found))) + " |")
    return rows


def costs(teacher: Stylist, student: Stylist, by_onnx: Stylist) -> list[str]:
    """Of a picture of 512 x 512; the faster of two times counts, which are taken in turns."""
    photo = open_picture(SAMPLE).convert("RGB").resize((TIMED, TIMED))
    style = f"cartoon {STYLES[0]}"
    ways = {"a teacher": (teacher, None), "the student": (student, style), "by ONNX": (by_onnx, style)}
    fastest = dict.fromkeys(ways, float("inf"))
    for name, (stylist, text) in tqdm([*ways.items()] * 2, "time", unit="picture"):
        begun = time.perf_counter()
        stylist(photo, text)
        fastest[name] = min(fastest[name], 1000 * (time.perf_counter() - begun))
    rows = [
        f"{COST}\n",
        "| | weights | files | GFLOP | ms by torch | ms by ONNX Runtime |",
        "|---|---|---|---|---|---|",
    ]
    for name, (stylist, text) in list(ways.items())[:2]:
        backend: Any = stylist.painter
        prepared, weights = stylist.styles.encode(text), sum(p.numel() for p in backend.model.parameters())
        with FlopCounterMode(display=False) as counter, torch.inference_mode():
            backend.model(torch.rand(1, 3, COUNTED, COUNTED), prepared)
        gflop = counter.get_total_flops() * (TIMED / COUNTED) ** 2 / 1e9
        size = sum(file.stat().st_size for file in stylist.folder.glob("*") if file.suffix in (".safetensors", ".onnx"))
        without_torch = f"{fastest['by ONNX']:.0f}" if stylist is student else "-"
        rows.append(
            f"| {name} | {weights / 1e6:.2f} million | {size / 1e6:.1f} MB | {gflop:.0f} | {fastest[name]:.0f} | {without_torch} |"
        )
    return rows


def figure(student: Stylist, shown: Sequence[Shown]) -> Image.Image:
    """Photos in the four styles, by the teachers and below by the student."""
    rows = []
    for photo, paintings, face in shown:
        rows.append([photo, *paintings.values()])
        rows.append([photo, *(student(photo, f"cartoon {style}{FACES * face}") for style in STYLES)])
    return contact_sheet(rows, CELL, ["photo", *STYLES], ["teachers", "student"] * len(shown))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path, help="folder of the student")
    parser.add_argument(
        "--without", type=Path, help="folder of one that was trained as long without the stability loss"
    )
    parser.add_argument("--work", type=Path, default=Path("outputs/cartoon"), help="of scripts/make_cartoon.py")
    parser.add_argument("--out", type=Path, default=Path("docs"), help="folder of CARTOON.md")
    args = parser.parse_args()
    page = args.out / "CARTOON.md"
    part = marked_part(page, BEGIN)
    if part is None:
        raise SystemExit(f"check_cartoon: {page} has no lines {BEGIN} and {END}, between which the tables stand")
    student, by_onnx = (Stylist.from_pretrained(args.model, "cpu", backend) for backend in ("torch", "onnxruntime"))
    teachers = {style: Stylist.from_pretrained(args.work / "teachers" / style, "cpu", "torch") for style in STYLES}
    photos = held_out(args.work / "pairs" / "heldout")
    shown = [*(photos[at] for at in SHOWN), with_sample(teachers)]
    save_picture(figure(student, shown), args.out / "cartoon.jpg", quality=62)
    ways = {"teachers": {style: teachers[style] for style in STYLES}}
    others = {"student without the stability loss": args.without} if args.without else {}
    for name, folder in {**others, "student": args.model}.items():
        other = Stylist.from_pretrained(folder, "cpu", "torch")
        ways[name] = {style: partial(other, style=f"cartoon {style}") for style in STYLES}
    parts = [
        distances(student, [*photos, shown[-1]]),
        flickers(ways, [photo for photo, *_ in photos[:FILMED]]),
        costs(teachers[STYLES[0]], student, by_onnx),
    ]
    text = "\n".join("\n".join([*part, ""]) for part in parts)
    part.write(text)
    print(text)


if __name__ == "__main__":
    main()
