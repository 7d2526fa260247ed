"""All results side by side in one picture."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from PIL import Image

from txst.images import PictureError, contact_sheet, open_picture, save_picture

CELL = 256  # pixels, side of a cell
ROWS = 40  # per sheet


def write_sheets(results: Mapping[Path, Sequence[Path]], labels: Sequence[str], out: Path) -> Iterator[Path]:
    """Writes sheet.jpg, sheet-2.jpg, ...; a row for each photo that could be read, with its results."""
    rows = {photo: [shown(file) for file in (photo, *files)] for photo, files in results.items()}
    whole = [(photo.stem, [p for p in row if p]) for photo, row in rows.items() if all(row)]
    for i in range(0, len(whole), ROWS):
        some = whole[i : i + ROWS]
        sheet = contact_sheet([row for _, row in some], CELL, ["photo", *labels], [name for name, _ in some])
        file = out / (f"sheet-{i // ROWS + 1}.jpg" if i else "sheet.jpg")
        save_picture(sheet, file, quality=88)
        yield file


def shown(file: Path) -> Image.Image | None:
    """The picture at the size of a cell, or None for a broken file, which was reported before."""
    try:
        image = open_picture(file)
    except PictureError:
        return None
    image.thumbnail((CELL, CELL), Image.Resampling.LANCZOS)
    return image
