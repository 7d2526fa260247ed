"""The sheets of `txst styles --sheet`: one photo in all styles of a kind, or after each work of one."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from PIL import Image, ImageOps

from txst.commands.names import slug
from txst.commands.records import Guard
from txst.commands.sheets import note_of_sheet
from txst.images import PictureError

SIDE, CELL, COLUMNS = 512, 256, 6  # pixels of a painting, pixels of a cell, pictures in a row
MOST = 32  # variations on a sheet


def works(stylist: Any, name: str, photo: Path | None, out: Path) -> Iterator[str]:
    """Tells how many works a style can be painted after; with a photo, paints a sheet of them."""
    differ = stylist.painter.palette.variations(name)
    yield f"{stylist.describe(name)}: --variation 0 to {differ - 1} {'differ' if differ > 1 else 'is all there is'}"
    if photo is None:
        return
    file = out / f"{slug(name)}.jpg"
    refuse_written(photo, [file])
    shown, count = small(photo), min(differ, MOST)
    painted = [stylist.paint(shown, name, variation=number) for number in range(count)]
    save_sheet(painted, [str(number) for number in range(count)], file)
    yield f"{file}" + (f" (the first {count})" if count < differ else "")


def sheets(stylist: Any, styles: Mapping[str, Sequence[str]], photo: Path, out: Path) -> Iterator[Path]:
    """Paints a photo in every style; yields a sheet for each kind of style, of which `styles` has the names."""
    from tqdm import tqdm

    refuse_written(photo, [out / f"{kind}.jpg" for kind in styles])
    shown = small(photo)
    for kind, names in styles.items():
        painted = [stylist.paint(shown, name) for name in tqdm(names, desc=kind, unit="style")]
        save_sheet(painted, names, out / f"{kind}.jpg")
        yield out / f"{kind}.jpg"


def refuse_written(photo: Path, files: Sequence[Path]) -> None:
    """Refuses to write over what is no sheet of ours."""
    guard = Guard([photo])
    for file in files:
        if why := guard.refuses(file):
            raise PictureError(why.replace("--overwrite writes over it", "name another folder with -o"))


def small(photo: Path) -> Any:
    """A photo in the size of the paintings of a sheet."""
    from txst import Photo
    from txst.images import open_picture

    return Photo.open(ImageOps.contain(open_picture(photo), (SIDE, SIDE)))


def save_sheet(painted: Sequence[Image.Image], labels: Sequence[str], file: Path) -> None:
    """Writes paintings with a label above each, so many in a row."""
    from txst.images import contact_sheet, save_picture

    rows = []
    for begin in range(0, len(painted), COLUMNS):
        some = slice(begin, begin + COLUMNS)
        rows.append(contact_sheet([list(painted[some])], CELL, list(labels[some]), []))
    save_picture(stacked(rows), file, quality=88, note=note_of_sheet())


def stacked(pictures: list[Image.Image]) -> Image.Image:
    """Pictures one below the other."""
    size = (max(p.width for p in pictures), sum(p.height for p in pictures))
    sheet, top = Image.new("RGB", size, "white"), 0
    for picture in pictures:
        sheet.paste(picture, (0, top))
        top += picture.height
    return sheet
