"""Styles as a painter wants to know them: named, shown, mixed, or taught."""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from txst.backends.backend import Backend
from txst.data.names import tidy
from txst.images import Array, PictureError, name_of, planes
from txst.inference.controls import Mix, check_text, renamed, weights_of, whole
from txst.inference.forms import Picture, as_image, is_file, scaled, visible
from txst.inference.kept import Kept
from txst.inference.photo import Photo
from txst.model_folder.config import SMALLEST
from txst.palette import user_styles
from txst.palette.lookup import Palette

ONE = "give either the name of a style or a style picture, or a mix of these"
PICTURE = "this model paints after a picture, not after a text; give a style picture (style_image=...)"
NAMES = "this model paints in the styles that it knows by name (txst styles lists them), not after a picture; give a name (style=...)"
# Pixels of the longer side in which a style picture is looked at, whatever its size, so that one picture has one style. With a
# palette they are those that its codes were read in, a shorter side of 192 at 4:3; without one, those that methods are trained in.
SIDE, SIDE_WITHOUT_PALETTE = 256, 512
KEPT = 256 * 2**20  # bytes of styles that are kept
LONGEST = 1000  # characters of a style; CLIP reads 77 tokens, some 300 characters


class Styles:
    """The styles of a model; what is worked out of a text or of a file is kept.

    Args:
        painter: the model on a backend.
        folder: where the model lies.
    """

    def __init__(self, painter: Backend, folder: Path) -> None:
        self.painter = painter
        self.folder = folder
        self.kept: Kept[Any] = Kept(KEPT, bytes_of)

    def encode(
        self,
        text: str | None = None,
        image: Picture | None = None,
        variation: int = 0,
        nearest: bool = False,
        mix: Mix | None = None,
        anyway: bool | None = None,
    ) -> Any:
        """What the painter wants to know of a style that is named, shown, or mixed of these.

        Args:
            text: an artist, a movement, a texture, ...
            image: a picture in the style.
            variation: see `Controls`, as for `nearest` and `mix`.
            nearest: also for the texts of a mix.
            mix: of texts and pictures.
            anyway: the old name of `nearest`.
        """
        if anyway is not None:
            nearest = renamed({"anyway": anyway})["nearest"]
        if sum(given is not None for given in (text, image, mix)) > 1:
            raise ValueError(ONE)
        if text is not None:
            check_text(text)
        if self.painter.reads == {"fixed"}:
            return self.own(any(given is not None for given in (text, image, mix)))
        if mix is not None:
            return self.mixed(mix, variation, nearest)
        if image is not None:
            return self.shown(image)
        if text is None:
            raise ValueError(ONE if "text" in self.painter.reads else PICTURE)
        return self.named(text, variation, nearest)

    def own(self, given: bool) -> Any:
        """The style of a model that has one alone."""
        if given:
            raise ValueError(
                "this model paints in a style of its own: give it no name, no style picture and no mix; a mask as strength "
                "(strength=...) says where it paints"
            )
        return self.kept.get("own", lambda: self.painter.prepare_style(None))

    def named(self, text: str, variation: int = 0, nearest: bool = False) -> Any:
        """A style by its name; straight to its code."""
        key = (text, variation, nearest)
        return self.kept.get(key, lambda: self.painter.prepare_style(self.text_code(text, variation, nearest)))

    def shown(self, picture: Picture) -> Any:
        """A style by a picture in it; that of a file is kept until the file changes, and that of plain pixels, see `pixels`."""
        if known := stamp(picture) or pixels(picture):
            return self.kept.get(known, lambda: self.painter.prepare_style(self.image_code(picture)))
        return self.painter.prepare_style(self.image_code(picture))

    def mixed(self, mix: Mix, variation: int = 0, nearest: bool = False) -> Any:
        """A mix of styles, whose texts are names; a file is told from these by its Path."""
        parts = weights_of(mix)
        codes = [
            self.text_code(part, variation, nearest) if isinstance(part, str) else self.image_code(part)
            for part, _ in parts
        ]
        return self.painter.prepare_style(self.painter.mix(codes, [weight for _, weight in parts]))

    def image_code(self, picture: Picture) -> Any:
        """The code of a style picture."""
        if not self.painter.reads & {"image", "code"}:
            raise ValueError(NAMES)
        return self.painter.image_code(style_picture(picture, SIDE if self.painter.palette else SIDE_WITHOUT_PALETTE))

    def text_code(self, text: str, variation: int = 0, nearest: bool = False) -> Any:
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
            raise ValueError(PICTURE)
        variation = whole("variation", variation)
        if variation and self.painter.palette is None:
            raise ValueError(f"no variation {variation}: this model has one of each style")
        return self.painter.text_code(text, variation, nearest)

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
        codes = np.concatenate([code_of(self.image_code(picture)) for picture in pictures])
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


def code_of(style: Any) -> Array:
    """The code [1, D] of a style, which with CLIP is its embedding."""
    return style if isinstance(style, np.ndarray) else style.embedding.cpu().numpy()


def style_picture(picture: Picture, side: int) -> Array:
    """A style picture [1, 3, h, w] whose longer side has so many pixels; of a long strip its middle, of a cutout what is visible."""
    image = visible(as_image(picture), SMALLEST)
    width, height = image.size
    if min(image.size) < SMALLEST:
        named = f"{name_of(picture)}: " if is_file(picture) else ""
        raise PictureError(
            f"{named}a style picture of {width} x {height} is too small: {SMALLEST} pixels a side at least"
        )
    most = min(image.size) * side // SMALLEST  # a longer strip would become too thin
    left, top = (max(0, length - most) // 2 for length in image.size)
    middle = image.crop((left, top, width - left, height - top)) if left or top else image
    return planes(Photo.of_image(scaled(middle, side / max(middle.size))).pixels)


def bytes_of(style: Any) -> int:
    """Of all arrays and tensors in it."""
    if hasattr(style, "nbytes"):
        return int(style.nbytes)
    parts = style if isinstance(style, Mapping) else getattr(style, "__dict__", {})
    return sum(map(bytes_of, parts.values()))


def stamp(picture: Picture | None) -> tuple[str, int, int] | None:
    """Tells a file from others and from what it was before; None for what is no file."""
    if not isinstance(picture, (str, Path)):
        return None
    try:
        stat = Path(picture).stat()
    except (OSError, ValueError):  # what is wrong with it is said when it is read
        return None
    return str(picture), stat.st_size, stat.st_mtime_ns


def pixels(picture: Picture) -> tuple[tuple[int, int], bytes] | None:
    """Tells a picture of nothing but pixels from others; None where there is more to it, such as a profile, or a file to be read."""
    if type(picture) is not Image.Image or picture.mode != "RGB" or picture.info:
        return None
    return picture.size, sha256(picture.tobytes()).digest()
