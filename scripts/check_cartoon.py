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
from txst.images import contact_sheet, open_picture, save_picture
from txst.training.teacher_pairs import FACES

STYLES = ("hayao", "hosoda", "paprika", "shinkai")
BEGIN, END = "<!-- made by scripts/check_cartoon.py -->", "<!-- end -->"
SHOWN, CELL, SIDE = (
    2,
    192,
    448,
)  # held-out photos in the picture, pixels of a cell, and of the sample photo when it is painted
STEP, FRAMES, WINDOW, MARGIN = (
    3,
    9,
    160,
    8,
)  # pixels by which the camera moves, its frames, their side, and the border that does not count
TIMED = 512  # pixels of a side
Paint = Callable[..., Image.Image]


def numbers(image: Image.Image) -> np.ndarray:
    return np.asarray(image.convert("RGB"), np.float32)


def distance(a: Image.Image, b: Image.Image) -> float:
    """Mean absolute difference of pixels, of 255."""
    return float(np.abs(numbers(a) - numbers(b)).mean())


def held_out(folder: Path, style: str) -> list[tuple[Image.Image, Image.Image, str]]:
    """Photos with the paintings of a style's teacher, and the names that these have."""
    names = (f"cartoon {style}", f"cartoon {style}{FACES}")
    files = sorted((file for name in names for file in (folder / name).glob("*.png")), key=lambda file: file.name)
    return [(open_picture(folder / PHOTOS / file.name), open_picture(file), file.parent.name) for file in files]


def distances(student: Stylist, folder: Path) -> list[str]:
    """How far the student's paintings lie from the teachers', and what lies as far."""
    rows = ["| of 255 | the photo | the student in another style | the student | photos |", "|---|---|---|---|---|"]
    for style in tqdm(STYLES, "distances", unit="style"):
        found = []
        for photo, painting, name in held_out(folder, style):
            others = [distance(student(photo, f"cartoon {other}"), painting) for other in STYLES if other != style]
            found.append((distance(photo, painting), np.mean(others), distance(student(photo, name), painting)))
        rows.append(f"| {style} | " + " | ".join(f"{x:.1f}" for x in np.mean(found, 0)) + f" | {len(found)} |")
    return rows


def gates(student: Stylist, teachers: dict[str, Stylist], folder: Path) -> str:
    """What the category changes, on held-out photos and on the sample photo, which has a face."""
    apart: dict[bool, list[tuple[float, float, float]]] = {False: [], True: []}
    face = sample()
    for style in STYLES:
        pairs = [*held_out(folder, style), (face, teachers[style](face), FACES)]
        for photo, painting, name in pairs:
            plain, faces = (student(photo, f"cartoon {style}{end}") for end in ("", FACES))
            of_pair = (distance(plain, painting), distance(faces, painting), distance(plain, faces))
            apart[name.endswith(FACES)].append(of_pair)
    said = []
    for is_face, found in apart.items():
        plain, faces, between = np.mean(found, 0)
        said.append(
            f"On {len(found)} paintings of photos {'with' if is_face else 'without'} a face the student lies {plain:.1f} from the teachers by the "
            f"category of scenery and {faces:.1f} by that of faces; the two lie {between:.1f} apart."
        )
    return " ".join(said)


def sample() -> Image.Image:
    """The photo that comes with txst."""
    photo = open_picture(SAMPLE).convert("RGB")
    scale = SIDE / max(photo.size)
    return photo.resize((round(photo.width * scale), round(photo.height * scale)), Image.Resampling.LANCZOS)


def flicker(paint: Paint, photos: Sequence[Image.Image]) -> float:
    """Mean absolute difference, of 255, between neighbouring frames of a camera that moves over a photo, at the same places."""
    found = []
    for photo in photos:
        boxes = [(STEP * frame, STEP * frame, STEP * frame + WINDOW, STEP * frame + WINDOW) for frame in range(FRAMES)]
        frames = [numbers(paint(photo.crop(box)))[MARGIN:-MARGIN, MARGIN:-MARGIN] for box in boxes]
        found += [np.abs(before[STEP:, STEP:] - now[:-STEP, :-STEP]).mean() for before, now in pairwise(frames)]
    return float(np.mean(found))


def flickers(ways: dict[str, dict[str, Paint]], photos: Sequence[Image.Image]) -> list[str]:
    rows = ["| of 255 | " + " | ".join(STYLES) + " | mean |", "|---|---|---|---|---|---|"]
    for name, paints in tqdm(ways.items(), "flicker", unit="model"):
        found = [flicker(paints[style], photos) for style in STYLES]
        rows.append(f"| {name} | " + " | ".join(f"{x:.2f}" for x in (*found, np.mean(found))) + " |")
    return rows


def costs(teacher: Stylist, student: Stylist, by_onnx: Stylist) -> list[str]:
    """Of a picture of 512 x 512; all are timed in turns, and the fastest time counts."""
    photo = open_picture(SAMPLE).convert("RGB").resize((TIMED, TIMED))
    style = f"cartoon {STYLES[0]}"
    ways = {"a teacher": (teacher, None), "the student": (student, style), "by ONNX": (by_onnx, style)}
    fastest = dict.fromkeys(ways, float("inf"))
    for _ in range(3):
        for name, (stylist, text) in ways.items():
            begun = time.perf_counter()
            stylist(photo, text)
            fastest[name] = min(fastest[name], 1000 * (time.perf_counter() - begun))
    rows = ["| | weights | file | GFLOP | ms by torch | ms by ONNX Runtime |", "|---|---|---|---|---|---|"]
    for name, (stylist, text) in list(ways.items())[:2]:
        backend: Any = stylist.painter
        prepared, weights = stylist.styles.encode(text), sum(p.numel() for p in backend.model.parameters())
        with FlopCounterMode(display=False) as counter, torch.inference_mode():
            backend.model(torch.rand(1, 3, TIMED, TIMED), prepared)
        size = sum(file.stat().st_size for file in stylist.folder.glob("*") if file.suffix in (".safetensors", ".onnx"))
        without_torch = f"{fastest['by ONNX']:.0f}" if stylist is student else "-"
        rows.append(
            f"| {name} | {weights / 1e6:.2f} million | {size / 1e6:.1f} MB | {counter.get_total_flops() / 1e9:.0f} | "
            f"{fastest[name]:.0f} | {without_torch} |"
        )
    return rows


def figure(teachers: dict[str, Stylist], student: Stylist, folder: Path) -> Image.Image:
    """Photos in the four styles, by the teachers and below by the student."""
    stems = [file.name for file in sorted((folder / PHOTOS).glob("*.png"))][:SHOWN]
    photos = [*(open_picture(folder / PHOTOS / stem) for stem in stems), sample()]
    rows = []
    for photo in tqdm(photos, "figure", unit="photo"):
        rows.append([photo, *(teachers[style](photo) for style in STYLES)])
        rows.append([photo, *(student(photo, f"cartoon {style}") for style in STYLES)])
    return contact_sheet(rows, CELL, ["photo", *STYLES], ["teachers", "student"] * len(photos))


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
    before, found, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    if not found or END not in rest:
        raise SystemExit(f"check_cartoon: {page} has no lines {BEGIN} and {END}, between which the tables stand")
    pairs = args.work / "pairs" / "heldout"
    student, by_onnx = (Stylist.from_pretrained(args.model, "cpu", backend) for backend in ("torch", "onnxruntime"))
    teachers = {style: Stylist.from_pretrained(args.work / "teachers" / style, "cpu", "torch") for style in STYLES}
    photos = [open_picture(file) for file in sorted((pairs / PHOTOS).glob("*.png"))][:4]
    ways = {"teachers": {style: teachers[style] for style in STYLES}}
    others = {"student without the stability loss": args.without} if args.without else {}
    for name, folder in {**others, "student": args.model}.items():
        other = Stylist.from_pretrained(folder, "cpu", "torch")
        ways[name] = {style: partial(other, style=f"cartoon {style}") for style in STYLES}
    parts = [
        [*distances(student, pairs), "", gates(student, teachers, pairs)],
        costs(teachers[STYLES[0]], student, by_onnx),
        flickers(ways, photos),
    ]
    text = "\n".join("\n".join([*part, ""]) for part in parts)
    save_picture(figure(teachers, student, pairs), args.out / "cartoon.jpg", quality=75)
    page.write_text(f"{before}{BEGIN}\n\n{text}\n{END}{rest.partition(END)[2]}", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
