"""Fixed photos in the styles of fixed artists, painted by every method, so that readers can see for themselves."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image, ImageOps

from txst.evaluation.measuring import Look
from txst.evaluation.methods import OtherArtist
from txst.evaluation.pairs import Pair
from txst.images import contact_sheet, open_picture, save_picture

Cells = dict[tuple[str, str], Image.Image]  # (photo, artist) -> painted
FREE = ("astronaut", "chelsea", "coffee", "rocket")  # of synthetic/dataset.py: public domain or CC0


@dataclass
class Gallery:
    """Photos x artists, and what the methods have made of them.

    Args:
        photos: name -> photo, all of one size.
        paintings: artist -> a real work.
    """

    photos: dict[str, Image.Image]
    paintings: dict[str, Image.Image]
    painted: dict[str, Cells] = field(default_factory=dict)  # by method

    def add(self, name: str, method: Any) -> None:
        """Has a method paint everything."""
        artists = list(self.paintings)
        shown = dict(zip(artists, artists, strict=True))
        if isinstance(method, OtherArtist):
            shown = dict(zip(artists, artists[1:] + artists[:1], strict=True))
        self.painted[name] = {
            (photo, artist): method(picture, self.paintings[shown[artist]], shown[artist])
            for photo, picture in self.photos.items()
            for artist in artists
        }

    def by_method(self, name: str, cell: int) -> Image.Image:
        """What one method painted: a row per photo, a column per artist, whose work heads it."""
        cells = self.painted[name]
        blank = Image.new("RGB", (cell, cell), "white")
        rows = [[blank, *self.paintings.values()]]
        rows += [[p, *(cells[photo, a] for a in self.paintings)] for photo, p in self.photos.items()]
        return contact_sheet(rows, cell, ["photo", *self.paintings], [])

    def by_photo(self, photo: str, cell: int, real: bool) -> Image.Image:
        """One photo by all methods: a row per method, a column per artist.

        Args:
            photo: its name.
            cell: side of a picture in the sheet, in pixels.
            real: whether a row of the artists' own works heads it.
        """
        rows = [list(self.paintings.values())] if real else []
        rows += [[cells[photo, a] for a in self.paintings] for cells in self.painted.values()]
        side = ["real work"] if real else []
        return contact_sheet(rows, cell, list(self.paintings), [*side, *self.painted])

    def files(self, folder: Path, name: str) -> dict[tuple[str, str], Path]:
        """Where each picture of a method lies."""
        own = folder / "pictures" / slug(name)
        return {(p, a): own / f"{slug(p)}_{slug(a)}.png" for p in self.photos for a in self.paintings}

    def load(self, folder: Path, name: str) -> bool:
        """Takes what an earlier board saved of a method; False, and nothing, where some of it is missing."""
        files = self.files(folder, name)
        if not all(file.is_file() for file in files.values()):
            return False
        self.painted[name] = {cell: open_picture(file).convert("RGB") for cell, file in files.items()}
        return True

    def save(self, folder: Path, name: str, cell: int = 192) -> None:
        """Every picture of a method as a file, its grid, and the grids of the photos as far as they have come."""
        files = self.files(folder, name)
        for place, picture in self.painted[name].items():
            save_picture(picture, files[place])
        save_picture(self.by_method(name, cell), grid_file(folder, name))
        for photo in self.photos:
            save_picture(self.by_photo(photo, cell, real=True), grid_file(folder, f"photo {photo}"))


def slug(name: str) -> str:
    """A name as part of a file's."""
    return re.sub(r"[^\w]+", "-", name.lower()).strip("-")[:60] or "unnamed"


def grid_file(folder: Path, name: str) -> Path:
    return folder / "grids" / f"{slug(name)}.png"


def from_pairs(
    pairs: Sequence[Pair], look: Look, kind: Callable[[Pair], str], photos: int, artists: int | list[str]
) -> Gallery:
    """Some photos of the list, of as many kinds as there are, and artists spread over the alphabet, or those named."""
    first: dict[str, Pair] = {}
    for pair in pairs:
        first.setdefault(kind(pair), pair)
    order = [*first.values(), *pairs]
    chosen = list(dict.fromkeys(pair.photo for pair in order))[:photos]
    labels = {pair.photo: kind(pair) for pair in pairs}
    named = {f"{number + 1} {labels[photo]}": look(photo) for number, photo in enumerate(chosen)}
    return Gallery(named, paintings(pairs, look, artists))


def paintings(pairs: Sequence[Pair], look: Look, artists: int | list[str]) -> dict[str, Image.Image]:
    """Artist -> the first of their works in the list."""
    works: dict[str, str] = {}
    for pair in pairs:
        works.setdefault(pair.artist or f"style {pair.painting[:6]}", pair.painting)
    if not isinstance(artists, int):
        if unknown := set(artists) - works.keys():
            raise ValueError(f"gallery.artists: {sorted(unknown)} are not in the list of pairs")
        return {name: look(works[name]) for name in artists}
    names = sorted(works)
    count = min(artists, len(names))
    return {n: look(works[n]) for n in (names[i * len(names) // count] for i in range(count))}


def free_photos(size: int) -> dict[str, Image.Image]:
    """Photos that may be shown to anybody; they come with scikit-image."""
    from txst.synthetic.dataset import photos

    found = photos()
    fit = Image.Resampling.BICUBIC
    return {name: ImageOps.fit(Image.fromarray(found[name]), (size, size), fit) for name in FREE}
