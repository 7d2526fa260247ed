"""All results side by side in one picture."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from PIL import Image

import txst
from txst.commands.errors import UsageError
from txst.commands.names import Out
from txst.commands.records import Guard, note_from
from txst.images import PictureError, contact_sheet, open_picture, save_picture

CELL = 256  # pixels, side of a cell
ROWS = 40  # per sheet


def sheet_files(out: Path, photos: int) -> list[Path]:
    """sheet.jpg, sheet-2.jpg, ...: as many as that many photos take."""
    return [out / (f"sheet-{i + 1}.jpg" if i else "sheet.jpg") for i in range(-(-photos // ROWS))]


def refuse_sheets(out: Out, photos: int, guard: Guard) -> None:
    """Refuses sheets where other files lie that are not to be written over, before anything is painted."""
    if out.pipe:
        raise UsageError("--sheet needs a folder: standard output takes one picture (-o)")
    for file in sheet_files(out.base, photos):
        if why := guard.refuses(file):
            raise PictureError(why)


def write_sheets(results: Mapping[Path, Sequence[Path]], labels: Sequence[str], out: Path) -> Iterator[Path]:
    """Writes sheets; a row for each photo that could be read, with its results."""
    rows = {photo: [shown(file) for file in (photo, *files)] for photo, files in results.items()}
    whole = [(photo.stem, [p for p in row if p]) for photo, row in rows.items() if all(row)]
    for i, file in enumerate(sheet_files(out, len(whole))):
        some = whole[i * ROWS : (i + 1) * ROWS]
        sheet = contact_sheet([row for _, row in some], CELL, ["photo", *labels], [name for name, _ in some])
        save_picture(sheet, file, quality=88, note=note_of_sheet())
        yield file


def note_of_sheet() -> str:
    """The note of a picture that shows results."""
    return note_from({"txst": txst.__version__, "sheet": True})


def shown(file: Path) -> Image.Image | None:
    """The picture at the size of a cell, or None for a broken file, which was reported before."""
    try:
        image = open_picture(file)
    except PictureError:
        return None
    image.thumbnail((CELL, CELL), Image.Resampling.LANCZOS)
    return image
