"""A form -> a painting, as bytes of a file that says what made it."""

import io
import threading
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from txst.commands.errors import Stopped
from txst.commands.names import control_words, cut, joined, slug
from txst.commands.paint import understood
from txst.inference.stylist import Stylist
from txst.painting import made_by
from txst.pictures.limits import PictureWarning
from txst.service.fields import ONES, PaintFields, Uploads, name_of, opened

KINDS = {
    "jpg": "jpeg",
    "png": "png",
    "webp": "webp",
    "tiff": "tiff",
}  # ending -> format, and the media type's second half


@dataclass(frozen=True)
class Painted:
    """An answer.

    Args:
        data: the file.
        name: that it shall have.
        notices: what was understood of the style, what is not used, what had to be guessed.
    """

    data: bytes
    name: str
    media_type: str
    notices: list[str]


def paint(stylist: Stylist, fields: PaintFields, stop: threading.Event) -> Painted:
    """Paints what a form asks for; one at a time, for warnings are those of the whole process.

    Args:
        stylist: the model.
        fields: the form.
        stop: is set where nobody waits any more: painting ends before its next tile or strip, or before the file is made.

    Raises:
        ValueError: what is wrong with the form or a picture.
        Stopped: it was told to stop.
    """
    style, common = fields.style_and_controls()
    named = {**common, **style.arguments}

    def progress(_: float) -> None:
        if stop.is_set():
            raise Stopped

    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always", PictureWarning)
        progress(0)
        uploads = Uploads(fields.files)
        arguments = {name: uploads.put_in(value) for name, value in named.items() if name not in ONES}
        for name in ONES:
            if upload := getattr(fields, name):
                arguments[name] = opened(upload)
        if unused := list(uploads.unused()):
            raise ValueError(
                f"{unused[0]!r} is among the files, and neither strength, fineness, mix nor region names it"
            )
        painting = stylist.paint(opened(fields.photo), **arguments, progress=progress)
        progress(1)  # the file of a large one takes longest
        painting.made_by = made_by(name_of(fields.photo), stylist.name, None, named)
        extension, file = fields.extension(), io.BytesIO()
        (painting.stripped() if fields.strip else painting).save(file, KINDS[extension])
    told = [str(warning.message) for warning in warned if issubclass(warning.category, PictureWarning)]
    words = joined(control_words(common, style.arguments, "float32"))
    name = f"{cut(Path(name_of(fields.photo)).stem)}_{slug(style.label)}{words}.{extension}"
    return Painted(file.getvalue(), name, f"image/{KINDS[extension]}", [*told, *readings(stylist, named)])


def readings(stylist: Stylist, named: dict[str, Any]) -> Iterator[str]:
    """What was understood of the styles that are named otherwise than the model names them."""
    texts = [
        named.get("style"),
        *(part for part, _ in named.get("mix") or ()),
        *(style for _, style in named["regions"]),
    ]
    for text in texts:
        if isinstance(text, str) and (line := understood(text, stylist.painter.palette, named["nearest"])):
            yield line
