"""The painter for users: pictures in, pictures out."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar, Unpack, overload

import numpy as np
from PIL import Image

from txst.images import PictureError, to_array, to_srgb
from txst.inference import taught
from txst.inference.composing import Wishes, as_mask, compose
from txst.inference.controls import (
    STROKES,
    Controls,
    Mix,
    between,
    colour_share,
    is_number,
    named_or_shown,
    weights_of,
)
from txst.inference.forms import Picture, as_image, is_tensor, like, like_batch, shrunk
from txst.inference.hub import model_folder, push_to_hub
from txst.inference.opened import SMALLEST
from txst.inference.painter import Painter, open_painter
from txst.inference.tiles import MEMORY
from txst.palette import Palette
from txst.text import tidy

TAUGHT = 384  # pixels, longer side of a picture that is learnt from: those of the palette had about as many
Numbers = TypeVar("Numbers")  # an array or a tensor
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
        self.memory: float = MEMORY  # bytes painting may take at once; larger pictures are painted in tiles
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

    @overload
    def __call__(
        self, photo: str | Path | Image.Image, style: str | None = None, **controls: Unpack[Controls]
    ) -> Image.Image: ...
    @overload
    def __call__(self, photo: Numbers, style: str | None = None, **controls: Unpack[Controls]) -> Numbers: ...
    def __call__(self, photo: Any, style: str | None = None, **controls: Unpack[Controls]) -> Any:
        """Paints one photo, or each of a batch; the result has its exact size, transparency and colour profile.

        Args:
            photo: a file, a PIL picture, an array [H, W] or [H, W, 1, 3 or 4], a tensor [1, 3 or 4, H, W] or [B, 1, 3 or 4, H, W];
                numbers are uint8, or floats in [0, 1].
            style: an artist, a movement, a texture, ...
            controls: see `Controls`.

        Returns:
            The same kind of thing, in colour; for a file a PIL picture.

        Raises:
            PictureError: for what is no usable picture.
            ValueError: for a control outside its range, or no style or two.
        """
        if is_tensor(photo) and photo.ndim == 4:
            return like_batch(photo, [self(one, style, **controls) for one in photo])
        return like(photo, self.paint(as_image(photo), style, **controls))

    def paint(
        self,
        image: Image.Image,
        style: str | None = None,
        *,
        style_image: Picture | None = None,
        mix: Mix | None = None,
        regions: Sequence[tuple[Picture, str | Picture]] = (),
        strength: float | Picture = 1.0,
        colour: float | str = 1.0,
        stroke: float = 1.0,
        detail: float = 0.0,
        variation: int = 0,
        anyway: bool = False,
        max_side: int | None = None,
    ) -> Image.Image:
        """The same for a PIL picture as it is to be seen."""
        image = shrunk(image, max_side)
        wishes = Wishes(
            between("strength", strength) if is_number(strength) else as_mask(strength, image.size),
            colour_share(colour),
            between("stroke", stroke, *STROKES),
            between("detail", detail),
            self.memory,
        )
        layers: list[tuple[Any, Image.Image | None]] = []
        if style is not None or style_image is not None or mix is not None or not regions:
            layers.append((self.style(style, style_image, variation, anyway, mix), None))
        for mask, named in regions:
            known = self.style(*named_or_shown(named), variation, anyway)
            layers.append((known, as_mask(mask, image.size, soft=True)))
        return compose(self.painter, image, layers, wishes)

    def style(
        self,
        text: str | None = None,
        image: Picture | None = None,
        variation: int = 0,
        anyway: bool = False,
        mix: Mix | None = None,
    ) -> Any:
        """What the painter wants to know of a style; for a text it is worked out once and kept."""
        if sum(given is not None for given in (text, image, mix)) != 1:
            raise ValueError("give either the name of a style or a style picture, or a mix of these")
        if text is not None:
            key = (str(text), variation, anyway)
            if key not in self._styles:
                self._styles[key] = self.painter.encode(self.code(*key))
            return self._styles[key]
        if image is not None:
            return self.painter.encode(self.look(image))
        weighed = weights_of(mix or ())
        codes = [
            self.code(part, variation, anyway) if isinstance(part, str) else self.look(part)
            for part, _ in weighed
        ]
        return self.painter.encode(self.painter.mix(codes, [weight for _, weight in weighed]))

    def look(self, picture: Picture) -> Any:
        """The code of a style picture."""
        return self.painter.look(to_array(style_picture(picture)))

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
        if self.painter.needs_picture:
            raise ValueError(
                "this model paints after a picture, not after a text; give a style picture (--style-image)"
            )
        if variation < 0 or (variation and self.painter.palette is None):
            raise ValueError(
                f"no variation {variation}: "
                + ("they count from 0" if variation < 0 else "this model has one of each style")
            )
        return self.painter.read(text, variation, anyway)

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


def style_picture(picture: Picture, largest: int | None = None) -> Image.Image:
    """One that is large enough to be read, shrunk where its longer side is larger than `largest`."""
    image = shrunk(to_srgb(as_image(picture)), largest)
    if min(image.size) < SMALLEST:
        width, height = image.size
        raise PictureError(
            f"a style picture of {width} x {height} is too small: {SMALLEST} pixels a side at least"
        )
    return image
