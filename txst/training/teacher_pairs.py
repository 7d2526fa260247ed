"""Paints photos by teachers, once, into the folder of pairs that a student learns from (txst/data/pairs.py)."""

import io
import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from tqdm import tqdm

from txst.data.pairs import PHOTOS, SPLITS
from txst.files.encode import write_whole
from txst.images import open_picture
from txst.layers.tensors import to_picture, to_tensor
from txst.types import StyleModel

FACES = " faces"  # what a name ends in that is for photos with a face
SMALLEST_FACE = 28  # pixels
Job = tuple[str, Path, str]  # split, photo, style


def paint_pairs(
    teachers: dict[str, StyleModel],
    photos: Sequence[Path],
    folder: Path,
    size: int = 192,
    held_out: int = 20,
    has_face: Callable[[Image.Image], bool] | None = None,
    half: bool = False,
) -> None:
    """Paints what is not yet painted.

    Held-out photos, and those with a face, of which there are few, are painted by all teachers; the others by one each, in turn.

    Args:
        teachers: name of a style -> what paints in it.
        photos: files; each is cut to one square, the same in every run.
        folder: of the pairs.
        size: pixels of a square's side.
        held_out: last photos that are kept from training.
        has_face: of a square; None: all photos are of one category.
        half: in bfloat16, which moves a pixel by 0.2 of 255 on average.
    """
    if len(photos) < held_out + len(teachers):
        raise ValueError(
            f"{len(photos)} photos are too few: {held_out} are held out, and each style wants one to learn from"
        )
    squares = {photo: square(photo, size) for photo in tqdm(photos, "photos", unit="photo")}
    faces = {photo for photo in photos if has_face is not None and has_face(squares[photo])}
    for split, photo, style in tqdm(list(jobs(photos, list(teachers), held_out, faces)), "pairs", unit="pair"):
        name = style + FACES * (photo in faces)
        file, shown = (folder / split / part / f"{photo.stem}.png" for part in (name, PHOTOS))
        if not shown.exists():
            write_whole(shown, png(squares[photo]))
        if not file.exists():
            write_whole(file, png(painted(teachers[style], squares[photo], half)))


def jobs(photos: Sequence[Path], styles: Sequence[str], held_out: int, faces: set[Path]) -> Iterator[Job]:
    """Held-out photos first; what can be compared is then there early."""
    heldout, rest = photos[len(photos) - held_out :], list(photos[: len(photos) - held_out])
    random.Random(0).shuffle(rest)
    train, kept = SPLITS
    yield from ((kept, photo, style) for photo in heldout for style in styles)
    for number, photo in enumerate(rest):
        yield from ((train, photo, style) for style in (styles if photo in faces else [styles[number % len(styles)]]))


def square(photo: Path, size: int) -> Image.Image:
    """A square of a photo, in which things are as large as in one of between `size` and 4/3 of it."""
    draw, image = random.Random(photo.stem), open_picture(photo).convert("RGB")
    short = min(image.size)
    scale = max(size, min(short, draw.randint(size, size * 4 // 3))) / short
    width, height = (max(size, round(side * scale)) for side in image.size)
    x, y = draw.randint(0, width - size), draw.randint(0, height - size)
    return image.resize((width, height), Image.Resampling.LANCZOS).crop((x, y, x + size, y + size))


@torch.inference_mode()
def painted(teacher: StyleModel, image: Image.Image, half: bool) -> Image.Image:
    with torch.autocast("cpu", torch.bfloat16, enabled=half):
        return to_picture(teacher(to_tensor(image), {}).image)


def png(image: Image.Image) -> bytes:
    held = io.BytesIO()
    image.save(held, "PNG")
    return held.getvalue()


def face_finder() -> Callable[[Image.Image], bool]:
    """Whether a picture shows a face from the front, by the cascade that scikit-image carries."""
    try:
        from skimage import data
        from skimage.feature import Cascade
    except ModuleNotFoundError as error:
        raise ValueError("faces are found by scikit-image: pip install '.[demo]', or --no-faces") from error
    cascade: Any = Cascade(data.lbp_frontal_face_cascade_filename())

    def has_face(image: Image.Image) -> bool:
        grey, sizes = np.asarray(image.convert("L")), ((SMALLEST_FACE,) * 2, image.size)
        return bool(
            cascade.detect_multi_scale(grey, scale_factor=1.15, step_ratio=1, min_size=sizes[0], max_size=sizes[1])
        )

    return has_face
