"""The works that people expect of a name: van Gogh's blue and yellow, Klimt's gold.

`faces.csv` names a work for each of the best-known painters, the movements and the media. They were chosen from sheets of one photo, painted
after twelve works of each name (`txst styles NAME --sheet PHOTO`).
"""

import csv
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.resources import files

import torch
from torch import Tensor

from txst.data.samples import Sample
from txst.palette.module import Palette

FIRST = 0.5  # by how much a face is ahead of the next work


@dataclass(frozen=True)
class Face:
    """A line of the table.

    Args:
        kind: `name`, or `movement`.
        name: as the palette calls it.
        picture: its `digest`.
        shows: the work, in words.
    """

    kind: str
    name: str
    picture: str
    shows: str


def faces() -> list[Face]:
    """The table; names before movements."""
    text = files("txst").joinpath("palette", "faces.csv").read_text(encoding="utf-8")
    rows = [Face(**row) for row in csv.DictReader(text.splitlines())]
    return sorted(rows, key=lambda face: face.kind == "movement")


def digest(jpg: bytes) -> str:
    """Tells a picture of the shards from all others."""
    return hashlib.sha256(jpg).hexdigest()[:12]


def found_among(samples: Iterable[Sample], table: Sequence[Face] | None = None) -> dict[Face, bytes]:
    """The JPEGs of the table's works among samples to train on; None takes the table of the package."""
    every = {digest(sample["jpg"]): sample["jpg"] for sample in samples if sample["split"] == "train"}
    return {face: every[face.picture] for face in (faces() if table is None else table) if face.picture in every}


def put_faces_first(palette: Palette, digests: Sequence[str], table: Sequence[Face] | None = None) -> list[Face]:
    """Raises the scores of the works in the table above all others of their name or movement.

    Args:
        palette: its `score` is changed.
        digests: of the picture of each code, [N].
        table: None takes that of the package.

    Returns:
        The lines of the table whose picture the palette does not have under that name.

    Raises:
        ValueError: the face of a movement is a work whose painter has another face.
    """
    score = palette.score
    missing: list[Face] = []
    first: dict[int, int] = {}  # painter -> the row of their face
    for face in faces() if table is None else table:
        owner, known = (palette.name, palette.names) if face.kind == "name" else (palette.movement, palette.movements)
        mine = owner == known.index(face.name) if face.name in known else torch.zeros_like(owner, dtype=torch.bool)
        found = [row for row in rows_of(mine) if digests[row] == face.picture]
        if not found:
            missing.append(face)
            continue
        painter = int(palette.name[found[0]])
        if first.setdefault(painter, found[0]) != found[0]:
            raise ValueError(f"{face.name}: its face {face.picture} is not that of {palette.names[painter]}")
        score[found[0]] = score[mine].max() + FIRST
    return missing


def rows_of(mine: Tensor) -> list[int]:
    """The numbers of the rows that are true, of [N]."""
    return mine.nonzero().flatten().tolist()
