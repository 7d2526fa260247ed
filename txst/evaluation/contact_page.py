"""Photos x styles, as one picture and as one page that needs nothing beside it."""

import base64
import html
import io
from pathlib import Path

from PIL import Image, ImageOps
from tqdm import tqdm

from txst.images import contact_sheet, save_picture
from txst.inference.photo import Photo
from txst.inference.stylist import Stylist

PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>
<style>
body {{ font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 1500px; padding: 0 1rem; color: #222 }}
table {{ border-spacing: 6px }} th {{ font-weight: 600; text-align: left }}
img {{ width: 100%; min-width: 110px; display: block; border-radius: 3px }}
a:target img {{ position: fixed; inset: 2vh 2vw; width: 96vw; height: 96vh; object-fit: contain; background: #000d }}
</style><h1>{title}</h1><p>{note}</p><div style="overflow-x: auto"><table><tr>{head}</tr>
{rows}
</table></div></html>
"""


def paint_all(stylist: Stylist, photos: dict[str, Image.Image], styles: list[str]) -> dict[str, list[Image.Image]]:
    """Every photo in every style, with a progress bar.

    Returns:
        Style -> the paintings, in the order of the photos.
    """
    painted: dict[str, list[Image.Image]] = {style: [] for style in styles}
    with tqdm(total=len(photos) * len(styles), unit="picture", desc="paint") as bar:
        for photo in photos.values():
            opened = Photo.open(photo)
            for style in styles:
                painted[style].append(stylist.paint(opened, style))
                bar.update()
    return painted


def write_gallery(
    folder: Path, photos: dict[str, Image.Image], painted: dict[str, list[Image.Image]], title: str, note: str
) -> None:
    """Leaves gallery.png and a self-contained index.html: a row per photo, a column per style.

    Args:
        folder: where to.
        photos: name -> photo.
        painted: style -> the paintings, in the order of the photos.
        title: of the page.
        note: a sentence or two below the title.
    """
    columns = {"photo": list(photos.values()), **painted}
    rows = [[column[i] for column in columns.values()] for i in range(len(photos))]
    save_picture(contact_sheet(rows, 256, list(columns), []), folder / "gallery.png")
    lines = []
    for photo, row in zip(photos, rows, strict=True):
        cells = []
        for name, image in zip(columns, row, strict=True):
            key = html.escape(f"{photo}-{name}".replace(" ", "-"), quote=True)
            cells.append(f'<td><a id="{key}" href="#{key}"><img alt="{key}" src="{embedded(image)}"></a></td>')
        lines.append(f"<tr>{''.join(cells)}</tr>")
    head = "".join(f"<th>{html.escape(name)}</th>" for name in columns)
    page = PAGE.format(title=html.escape(title), note=html.escape(note), head=head, rows="\n".join(lines))
    (folder / "index.html").write_text(page, encoding="utf-8")


def embedded(image: Image.Image, side: int = 512) -> str:
    """The picture itself as a data: address, at most `side` pixels wide and high."""
    data = io.BytesIO()
    ImageOps.contain(image.convert("RGB"), (side, side)).save(data, "JPEG", quality=88)
    return "data:image/jpeg;base64," + base64.b64encode(data.getvalue()).decode()
