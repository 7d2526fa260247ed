"""What a painting is in Python: a PIL picture whose file says what made it, and what its photo's file said."""

import os
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

import txst
from txst.files.encode import FORMATS, write_whole
from txst.files.note import note_of
from txst.images import NO_METADATA, as_file, to_srgb
from txst.pictures.limits import PictureWarning


class Painting(Image.Image):
    """A PIL picture that is saved as `txst` saves on the command line: whole or not at all, with a sealed note and metadata.

    What is made of it (`resize`, `crop`, ...) is a plain PIL picture. `stripped` leaves note and metadata out.

    Attributes:
        made_by: what the note says; nothing is noted where it is empty.
        metadata: EXIF, XMP and resolution of the photo.
    """

    made_by: Mapping[str, Any] = {}
    metadata = NO_METADATA

    @classmethod
    def of(
        cls, image: Image.Image, made_by: Mapping[str, Any] | None = None, metadata: Any = NO_METADATA
    ) -> "Painting":
        """A picture with what its file shall say."""
        painting = cls()
        painting.__dict__.update(image.__dict__)
        painting.made_by, painting.metadata = made_by or {}, metadata
        return painting

    def stripped(self) -> "Painting":
        """The same in sRGB, with nothing beside its pixels."""
        plain = to_srgb(self).copy()
        plain.info = {}
        return Painting.of(plain)

    def save(self, fp: Any, format: str | None = None, **params: Any) -> None:
        """Saves as PIL does, and with note and metadata in a JPEG, PNG, WebP or TIFF.

        Args:
            fp: a file's name, or an open file.
            format: the name of the format, in place of the ending.
            params: PIL's own, which go before ours. The quality is 95 unless it is given.
        """
        name = os.fspath(fp) if isinstance(fp, (str, os.PathLike)) else getattr(fp, "name", "")
        ending = Path(os.fsdecode(name)).suffix.lower() if isinstance(name, (str, bytes)) else ""
        kind = f".{format.lower()}" if format else ending
        if kind not in FORMATS or params.get("save_all"):
            super().save(fp, format, **params)
            return
        if FORMATS[kind] == "JPEG" and self.mode == "RGBA" and np.asarray(self)[..., 3].min() < 255:
            warnings.warn("a JPEG has no transparency, so it lies on white: save a .png to keep it", PictureWarning, 2)
        note = note_of(self.made_by) if self.made_by else ""
        data = as_file(
            self,
            Path(f"{name or 'painting'}{'' if kind == ending else kind}"),
            note=note,
            metadata=self.metadata,
            **params,
        )
        if isinstance(fp, (str, bytes, os.PathLike)):
            write_whole(Path(os.fsdecode(fp)), data)
        else:
            fp.write(data)

    def __eq__(self, other: object) -> bool:
        """Equal to a PIL picture with the same pixels, whatever their files say."""
        if not isinstance(other, Image.Image):
            return NotImplemented
        return plain(self) == plain(other)

    __hash__ = None  # type: ignore[assignment]  # as of every PIL picture


def plain(image: Image.Image) -> Image.Image:
    """The same as no painting."""
    if not isinstance(image, Painting):
        return image
    same = Image.Image()
    same.__dict__.update({name: value for name, value in image.__dict__.items() if name not in ("made_by", "metadata")})
    return same


def made_by(photo: str, model: str, style: str | None, controls: Mapping[str, Any]) -> dict[str, Any]:
    """What a note says of a painting.

    Args:
        photo: its name; empty where it has none.
        model: its name.
        style: as it was given.
        controls: of `Stylist`.
    """
    given = {"photo": photo, "model": model, "style": style, **controls}
    given.pop("progress", None)
    said = {name: readable(value) for name, value in given.items() if not is_usual(value)}
    return {"txst": txst.__version__, **said}


def is_usual(value: Any) -> bool:
    """Whether a control is as if it had not been given."""
    return value is None or value is False or (isinstance(value, (str, list, tuple)) and not value)


def readable(value: Any) -> Any:
    """A control for a reader: a file by its name, and no pixels."""
    if isinstance(value, Mapping):
        return [[readable(part), readable(weight)] for part, weight in value.items()]
    if isinstance(value, (list, tuple)):
        return [readable(part) for part in value]
    if isinstance(value, os.PathLike):
        return Path(value).name
    if isinstance(value, (str, bool, int, float)):
        return value
    return "a file" if isinstance(value, bytes) or hasattr(value, "read") else "a picture"
