"""Styles as a painter wants to know them: named, shown, mixed, or taught."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from txst.backends.backend import Backend
from txst.data.names import tidy
from txst.images import PictureError, to_array, to_srgb
from txst.inference.controls import Mix, weights_of
from txst.inference.forms import Picture, as_image, shrunk
from txst.model_folder.config import SMALLEST
from txst.palette import user_styles
from txst.palette.lookup import Palette

TAUGHT = 384  # pixels, longer side of a picture that is learnt from: those of the palette had about as many
LONGEST = 1000  # characters of a style; CLIP reads 77 tokens, some 300 characters


class Styles:
    """The styles of a model; what is worked out of a text or of a file is kept.

    Args:
        painter: the model on a backend.
        folder: where the model lies.
    """

    def __init__(self, painter: Backend, folder: Path) -> None:
        self.painter: Any = painter
        self.folder = folder
        self.kept: dict[Any, Any] = {}

    def encode(
        self,
        text: str | None = None,
        image: Picture | None = None,
        variation: int = 0,
        anyway: bool = False,
        mix: Mix | None = None,
    ) -> Any:
        """What the painter wants to know of a style that is named, shown, or mixed of these."""
        if sum(given is not None for given in (text, image, mix)) != 1:
            raise ValueError("give either the name of a style or a style picture, or a mix of these")
        if mix is not None:
            weighed = weights_of(mix)
            codes = [
                self.code(part, variation, anyway) if isinstance(part, str) else self.look(part) for part, _ in weighed
            ]
            return self.painter.prepare_style(self.painter.mix(codes, [weight for _, weight in weighed]))
        key = (text, stamp(image), variation, anyway)
        if key in self.kept:
            return self.kept[key]
        code = self.look(image) if text is None else self.code(text, variation, anyway)
        style = self.painter.prepare_style(code)
        if text is not None or key[1]:
            self.kept[key] = style
        return style

    def look(self, picture: Picture) -> Any:
        """The code of a style picture."""
        return self.painter.image_code(to_array(style_picture(picture)))

    def code(self, text: str, variation: int = 0, anyway: bool = False) -> Any:
        """The code of a style that is named."""
        if not text.strip():
            raise ValueError("the style is empty; name an artist, a movement or a texture")
        if len(text) > LONGEST:
            raise ValueError(
                f"the style has {len(text)} characters: name an artist, a movement or a texture, "
                f"or describe it in {LONGEST} at most"
            )
        if any("\ud800" <= character <= "\udfff" for character in text):
            raise ValueError(f"the style {text!r} holds bytes that are no text in UTF-8")
        if "text" not in self.painter.reads:
            raise ValueError(
                "this model paints after a picture, not after a text; give a style picture (--style-image)"
            )
        if variation < 0 or (variation and self.painter.palette is None):
            raise ValueError(
                f"no variation {variation}: "
                + ("they count from 0" if variation < 0 else "this model has one of each style")
            )
        return self.painter.text_code(text, variation, anyway)

    def teach(self, name: str, pictures: Sequence[str | Path | Image.Image]) -> Path:
        """Makes a style of one or more pictures, without training, and keeps it for this user and this model.

        Args:
            name: that it shall have from now on.
            pictures: files or PIL pictures in the style.

        Returns:
            The file that says so; the codes lie beside it.
        """
        palette = self.palette()
        if not pictures:
            raise ValueError("a style is made of one picture at least")
        shown = [style_picture(picture, TAUGHT) for picture in pictures]
        codes = np.concatenate([self.painter.image_code(to_array(picture)) for picture in shown])
        sources = [str(p) if isinstance(p, (str, Path)) else "" for p in pictures]
        file = user_styles.teach(name, codes, sources, self.folder, palette)
        palette.add(tidy(name), codes)
        self.kept.clear()  # after it, or another thread would keep what the name meant before
        return file

    def forget(self, name: str) -> None:
        """Removes a name that was taught."""
        self.palette().taught.pop(user_styles.forget(name, self.folder), None)
        self.kept.clear()

    def palette(self) -> Palette:
        """The names that are taught to, too."""
        if self.painter.palette is None:
            raise ValueError("this model has no palette, and names are taught to one: take the bundled model")
        return self.painter.palette


def style_picture(picture: Picture, largest: int | None = None) -> Image.Image:
    """One that is large enough to be read, shrunk where its longer side is larger than `largest`."""
    image = shrunk(to_srgb(as_image(picture)), largest)
    if min(image.size) < SMALLEST:
        width, height = image.size
        raise PictureError(f"a style picture of {width} x {height} is too small: {SMALLEST} pixels a side at least")
    return image


def stamp(picture: Picture) -> tuple[str, int, int] | None:
    """Tells a file from others and from what it was before; None for what is no file."""
    if not isinstance(picture, (str, Path)):
        return None
    try:
        stat = Path(picture).stat()
    except (OSError, ValueError):  # what is wrong with it is said when it is read
        return None
    return str(picture), stat.st_size, stat.st_mtime_ns
