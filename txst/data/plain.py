"""Pictures as they lie in a folder, or a single one, in place of shards: for a style of one's own, and for trying things out.

Nothing is looked over before the training, as scripts/make_shards.py does. A text in place of pictures is read here, too.
"""

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from txst.data.layouts import pictures_in
from txst.data.names import tidy
from txst.data.pictures import to_jpeg
from txst.data.survey import name_id
from txst.pictures.formats import SUFFIXES, open_picture_file

SAMPLE = "sample"  # stands for the photos of `sample_photos`
TEXT = "text:"  # begins what stands for a style that is a text alone
SMALLEST = 64  # pixels a side of a style picture, as scripts/make_shards.py has it
SIDE = 768  # pixels, of the shorter side: larger ones are shrunk when they are read
TEST = 20  # of so many photos one is kept for validation; of fewer none


def is_single(entry: str) -> bool:
    """Whether an entry of a source is one picture, or a text."""
    return entry.startswith(TEXT) or Path(entry).suffix.lower() in SUFFIXES


def is_plain(entry: str) -> bool:
    """Whether an entry of a source is a picture, or a folder of pictures that are in no shards."""
    path = Path(entry)
    packed = any((path / name).exists() for name in ("manifest.json", "progress.json")) or any(path.glob("*.tar"))
    return is_single(entry) or (path.is_dir() and not packed and bool(pictures_in(path)))


def files_in(entry: str, split: str) -> list[str]:
    """The pictures of an entry that is plain: those for training, or every twentieth, for validation; all for both of fewer."""
    path = Path(entry)
    files = [str(file) for file in pictures_in(path)] if path.is_dir() else [entry]
    if len(files) < TEST:
        return files
    return files[::TEST] if split == "test" else [file for i, file in enumerate(files) if i % TEST]


def sample_of(entry: str) -> dict[str, Any]:
    """A picture's file as a sample, named after itself; of a text there is no `jpg`."""
    if entry.startswith(TEXT):
        facts: dict[str, Any] = {"key": entry, "artist": entry.removeprefix(TEXT)}
    else:
        facts = {"key": entry, "artist": tidy(Path(entry).stem), "jpg": shrunk(entry)}
    return {**facts, "artist_id": name_id(facts["artist"]), "movement": "", "licence": "", "title": "", "source": ""}


@lru_cache(maxsize=64)  # a style of one's own is one picture, or a few, and they are wanted at every step
def shrunk(file: str) -> bytes:
    return to_jpeg(Path(file).read_bytes(), SIDE)


def refuse_small(entry: str) -> None:
    """Refuses a style picture that has no strokes to learn from."""
    if entry.startswith(TEXT):
        return
    with open_picture_file(Path(entry)) as image:
        width, height = image.size
    if min(width, height) < SMALLEST:
        raise ValueError(
            f"{entry} is {width} x {height} pixels, and a style wants {SMALLEST} a side at least: give a larger picture"
        )


def sample_photos(folder: Path = Path("outputs/sample_photos"), count: int = 120, size: int = 320) -> str:
    """A folder of glimpses of the few photos that come with scikit-image, written once: enough to learn one style on."""
    from txst.synthetic.dataset import HELD_OUT, glimpse, photos, save

    if len(list(folder.glob("*.jpg"))) < count:
        sources = [photo for name, photo in photos().items() if name not in HELD_OUT]
        for number in range(count):
            rng = np.random.default_rng([0, number])
            save(glimpse(sources[number % len(sources)], size, rng), folder / f"{number:03}.jpg")
    return str(folder)
