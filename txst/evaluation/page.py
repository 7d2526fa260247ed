"""The board as one page that needs nothing beside it: figures to sort, pictures to compare."""

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

from txst.evaluation.contact_page import embedded
from txst.evaluation.gallery import Gallery
from txst.evaluation.report import plain
from txst.files.encode import write_whole


def write_page(path: Path, board: dict[str, Any], gallery: Gallery, side: int) -> None:
    """Fills page.html.

    Args:
        path: of the page.
        board: see `board.py`.
        gallery: the pictures on it.
        side: of the pictures at most, in pixels.
    """
    pictures = {
        "photos": {name: embedded(photo, side) for name, photo in gallery.photos.items()},
        "paintings": {name: embedded(painting, side) for name, painting in gallery.paintings.items()},
        "painted": {
            method: {
                photo: {artist: embedded(cells[photo, artist], side) for artist in gallery.paintings}
                for photo in gallery.photos
            }
            for method, cells in gallery.painted.items()
        },
    }
    data = json.dumps(plain({"board": board, "pictures": pictures}), ensure_ascii=False, allow_nan=False)
    page = files("txst").joinpath("evaluation/page.html").read_text(encoding="utf-8")
    write_whole(path, page.replace("DATA", data.replace("<", "\\u003c"), 1).encode())  # no text can end the script
