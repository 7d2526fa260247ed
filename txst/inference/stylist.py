"""The painter for users: pictures in, pictures out."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from txst.images import PictureError, from_array, open_picture, to_array, to_srgb
from txst.inference import taught
from txst.inference.hub import model_folder, push_to_hub
from txst.inference.opened import SMALLEST
from txst.inference.painter import Painter, open_painter
from txst.palette import Palette
from txst.text import tidy

TAUGHT = 384  # pixels, longer side of a picture that is learnt from: those of the palette had about as many
LONGEST = 1000  # characters of a style; CLIP reads 77 tokens, some 300 characters


class Stylist:
    """Paints pictures in a style named by a text or shown by a picture.

    >>> from txst import Stylist
    >>> Stylist.from_pretrained()("photo.jpg", "claude monet").save("monet.png")

    Args:
        painter: a model on a backend.
        folder: where the model lies.
    """

    def __init__(self, painter: Painter, folder: Path) -> None:
        self.painter: Any = painter
        self.folder = folder
        self._styles: dict[tuple[str, int, bool], Any] = {}

    @classmethod
    def from_pretrained(
        cls,
        model: str | Path | None = None,
        device: str = "auto",
        backend: str = "auto",
        precision: str = "float32",
    ) -> "Stylist":
        """Opens a model, which may come from anybody: nothing in it is executed.

        Args:
            model: a folder, `org/name` of the Hugging Face hub, or the name of a bundled model; None is the bundled one.
            device: for torch: cuda, mps, cpu; "auto" takes the first of these that is there.
            backend: onnxruntime or openvino (on the CPU, models with a palette), torch (every model); "auto" takes
                onnxruntime where it can, and torch for the other models and where a device is named that is no CPU.
            precision: float32, in which all backends give the same picture; bf16 by openvino and torch; int8 of a model that
                scripts/quantise.py has prepared.

        Raises:
            ModelFolderError: naming what is wrong with the model.
        """
        folder = model_folder(model)
        return cls(open_painter(folder, backend, device, precision), folder)

    def __call__(
        self,
        photo: str | Path | Image.Image,
        style: str | None = None,
        *,
        style_image: str | Path | Image.Image | None = None,
        strength: float = 1.0,
        variation: int = 0,
        anyway: bool = False,
    ) -> Image.Image:
        """Paints one photo; the result has its exact size, and its transparency.

        Args:
            photo: a file or a PIL picture.
            style: an artist, a movement, a texture, ...
            style_image: instead of a text, a picture in the style.
            strength: 0 keeps the photo's look as far as the network can redraw it, 1 is the full style.
            variation: of the style: with a palette, 1 paints after another work of the same artist, 2 after a third, ...
            anyway: paint after what comes nearest, where a model with a palette knows nothing of the style.

        Raises:
            PictureError: for a file that is no usable picture.
            ValueError: for a strength outside [0, 1], or no style or two.
        """
        if not 0 <= strength <= 1:
            raise ValueError(f"strength is {strength}; it lies between 0 and 1")
        image = as_picture(photo)
        alpha = image.getchannel("A") if image.mode == "RGBA" else None
        known = self.style(style, style_image, variation, anyway)
        return from_array(self.painter.paint(to_array(image), known, strength), alpha)

    def style(
        self,
        text: str | None = None,
        image: str | Path | Image.Image | None = None,
        variation: int = 0,
        anyway: bool = False,
    ) -> Any:
        """What the painter wants to know of a style; for a text it is worked out once and kept."""
        if (text is None) == (image is None):
            raise ValueError("give either the name of a style or a style picture")
        if image is not None:
            return self.painter.encode(self.painter.look(to_array(style_picture(image))))
        if not str(text).strip():
            raise ValueError("the style is empty; name an artist, a movement or a texture")
        if len(str(text)) > LONGEST:
            raise ValueError(
                f"the style has {len(str(text))} characters: name an artist, a movement or a texture, "
                f"or describe it in {LONGEST} at most"
            )
        if self.painter.needs_picture:
            raise ValueError(
                "this model paints after a picture, not after a text; give a style picture (--style-image)"
            )
        if variation < 0 or (variation and self.painter.palette is None):
            raise ValueError(
                f"no variation {variation}: "
                + ("they count from 0" if variation < 0 else "this model has one of each style")
            )
        key = (str(text), variation, anyway)
        if key not in self._styles:
            self._styles[key] = self.painter.encode(self.painter.read(*key))
        return self._styles[key]

    def teach(self, name: str, pictures: Sequence[str | Path | Image.Image]) -> Path:
        """Makes a style of one or more pictures, without training, and keeps it for this user and this model.

        Args:
            name: that it shall have from now on.
            pictures: files or PIL pictures in the style.

        Returns:
            The file that says so; the codes lie beside it.
        """
        palette = self._palette()
        if not pictures:
            raise ValueError("a style is made of one picture at least")
        shown = [style_picture(picture, TAUGHT) for picture in pictures]
        codes = np.concatenate([self.painter.look(to_array(picture)) for picture in shown])
        sources = [str(p) if isinstance(p, (str, Path)) else "" for p in pictures]
        file = taught.teach(name, codes, sources, self.folder, palette)
        self._styles.clear()
        palette.add(tidy(name), codes)
        return file

    def forget(self, name: str) -> None:
        """Removes a name that was taught."""
        self._palette().taught.pop(taught.forget(name, self.folder), None)
        self._styles.clear()

    def push_to_hub(self, repository: str, private: bool = False) -> str:
        """Uploads the model to `org/name` of the Hugging Face hub; returns its address."""
        return push_to_hub(self.folder, repository, private)

    def _palette(self) -> Palette:
        if self.painter.palette is None:
            raise ValueError("this model has no palette, and names are taught to one: take the bundled model")
        return self.painter.palette


def as_picture(picture: str | Path | Image.Image) -> Image.Image:
    return to_srgb(picture) if isinstance(picture, Image.Image) else open_picture(picture)


def style_picture(picture: str | Path | Image.Image, largest: int | None = None) -> Image.Image:
    """One that is large enough to be read, shrunk where its longer side is larger than `largest`."""
    image = as_picture(picture)
    if largest:
        image.thumbnail((largest, largest), Image.Resampling.LANCZOS)
    if min(image.size) < SMALLEST:
        width, height = image.size
        raise PictureError(
            f"a style picture of {width} x {height} is too small: {SMALLEST} pixels a side at least"
        )
    return image
