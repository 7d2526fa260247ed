"""The painter for users: pictures in, pictures out."""

import os
import sys
import warnings
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, TypeVar, Unpack, cast, overload

import numpy as np
from PIL import Image

from txst.backends.backend import Backend, open_backend
from txst.images import PictureError, Pixels
from txst.inference.composing import Layer, Settings, as_mask, compose, shape_flow
from txst.inference.controls import (
    Controls,
    Mix,
    between,
    colour_share,
    is_number,
    pairs_of,
    renamed,
    stroke_size,
    whole,
)
from txst.inference.forms import Picture, is_batch, like_batch
from txst.inference.photo import Photo
from txst.inference.styles import Styles
from txst.inference.tiles import MEMORY, Progress
from txst.model_folder.hub import model_folder, push_to_hub
from txst.painting import Painting, made_by
from txst.pictures.formats import File, in_memory


def one_thread_of_torch() -> None:
    """In a forked child: OpenMP would wait for the threads of the parent, which are not there."""
    if torch := sys.modules.get("torch"):
        torch.set_num_threads(1)


if hasattr(os, "register_at_fork"):  # once, and before there can be a child
    os.register_at_fork(after_in_child=one_thread_of_torch)

Numbers = TypeVar("Numbers")  # an array or a tensor


class Stylist:
    """Paints pictures in a style named by a text or shown by a picture.

    Examples:
        >>> from txst import Stylist
        >>> Stylist.from_pretrained()("photo.jpg", "claude monet").save("monet.png")

    It pickles to the arguments of `from_pretrained`, and opens its model again where it is unpickled. Forked children can use that of
    their parent; torch has one thread in them, and on a GPU asks for children that are spawned.

    Args:
        painter: a model on a backend.
        folder: where the model lies.
    """

    opened_by: tuple[Any, ...] | None = None  # arguments of `from_pretrained`

    def __init__(self, painter: Backend, folder: Path) -> None:
        self.painter = painter
        self.folder = folder
        self.styles = Styles(painter, folder)
        self.memory: float = MEMORY  # bytes painting may take at once; larger pictures are painted in tiles

    @classmethod
    def from_pretrained(
        cls, model: str | Path | None = None, device: str = "auto", backend: str = "auto", precision: str = "float32"
    ) -> "Stylist":
        """Opens a model, which may come from anybody: nothing in it is executed.

        Args:
            model: a folder, `org/name` of the Hugging Face hub, or the name of a bundled model, painter (as None) or small.
            device: for torch: cuda, mps, cpu; "auto" takes the first of these that is there.
            backend: onnxruntime or openvino (on the CPU, models with a palette), torch (every model); "auto" takes
                onnxruntime where it can, and torch for the other models and where a device is named that is no CPU.
            precision: float32, in which all backends give the same picture; bf16 by openvino and torch; int8 of a model that
                scripts/quantise.py has prepared.

        Raises:
            ModelFolderError: naming what is wrong with the model.
        """
        folder = model_folder(model)
        stylist = cls(open_backend(folder, backend, device, precision), folder)
        stylist.opened_by = (folder.resolve() if model and Path(model).is_dir() else model, device, backend, precision)
        return stylist

    def __reduce__(self) -> tuple[Any, ...]:
        if self.opened_by is None:
            raise TypeError("this Stylist was made of parts and cannot be pickled: open it by Stylist.from_pretrained")
        return Stylist.from_pretrained, self.opened_by, {"memory": self.memory}

    @overload
    def __call__(
        self, photo: File | Image.Image, style: str | None = None, **controls: Unpack[Controls]
    ) -> Painting: ...
    @overload
    def __call__(self, photo: Photo, style: str | None = None, **controls: Unpack[Controls]) -> Any: ...
    @overload
    def __call__(
        self, photo: list[Any] | tuple[Any, ...], style: str | None = None, **controls: Unpack[Controls]
    ) -> list[Any]: ...
    @overload
    def __call__(self, photo: Numbers, style: str | None = None, **controls: Unpack[Controls]) -> Numbers: ...
    def __call__(self, photo: Any, style: str | None = None, **controls: Unpack[Controls]) -> Any:
        """Paints one photo, or each of a batch; the result has its exact size, transparency and colour profile.

        Args:
            photo: a file (its name, its bytes, or an open one), a PIL picture, an array [H, W] or [H, W, 1, 3 or 4], a tensor
                [H, W] or [1, 3 or 4, H, W]; numbers are uint8, or floats in [0, 1]; or a `Photo` of one of these, which is
                encoded once for all the styles that it is painted in.
                A batch is a list of these, an array [B, H, W, 1, 3 or 4] or a tensor [B, 1, 3 or 4, H, W].
            style: an artist, a movement, a texture, ...
            controls: see `Controls`; the same for all of a batch.

        Returns:
            The same kind of thing, in colour; for a file a PIL picture, a `Painting`, which is saved with what made it and with what
            the photo's file said. Floats that nothing changes are those that came; what
            is painted has the 256 levels of 8 bits. A picture of a batch is to the bit what it is alone.

        Raises:
            PictureError: for what is no usable picture.
            ValueError: for a control outside its range, or no style or two.
        """
        known = renamed(controls)
        if is_batch(photo):
            return like_batch(photo, [self.numbered(n, one, style, known) for n, one in enumerate(photo)])
        opened, painting = self.painted(photo, style, **known)
        return opened.in_form(painting) if opened.form else self.painting(opened, painting, style, known)

    def paint(
        self, photo: Picture | Photo, style: str | None = None, *, seen: object = None, **controls: Unpack[Controls]
    ) -> Painting:
        """The same for one photo in any form, as a PIL picture. `seen` has no use any more: give a `Photo`."""
        if seen is not None:
            warnings.warn("seen has no use any more: give a txst.Photo, which is encoded once", FutureWarning, 2)
        known = renamed(controls)
        opened, painting = self.painted(photo, style, **known)
        return self.painting(opened, painting, style, known)

    def painting(self, photo: Photo, pixels: Pixels, style: str | None, controls: dict[str, Any]) -> Painting:
        """What was painted [H, W, 3], as a picture that is saved with what made it."""
        says = made_by(photo.name, self.name, style, controls)
        return Painting.of(photo.image(pixels), says, photo.metadata)

    @property
    def name(self) -> str:
        """What the model is called: as it was asked for, or its folder."""
        asked = self.opened_by[0] if self.opened_by else None
        return asked if isinstance(asked, str) else self.folder.absolute().name

    def numbered(self, number: int, photo: Any, style: str | None, controls: dict[str, Any]) -> Any:
        """Paints one of a batch; where it cannot be painted, its number is said."""
        try:
            return self(photo, style, **controls)
        except PictureError as error:
            raise PictureError(f"picture {number} of the batch: {error}") from error

    def painted(
        self,
        photo: Picture | Photo,
        style: str | None = None,
        *,
        style_image: Picture | None = None,
        mix: Mix | None = None,
        regions: Sequence[tuple[Picture, str | Picture | Mix | None]] = (),
        strength: float | Picture = 1.0,
        colour: float | str = 1.0,
        stroke: float = 1.0,
        fineness: float | Picture | None = None,
        detail: float = 0.0,
        variation: int = 0,
        nearest: bool = False,
        reference_frame: Picture | Photo | None = None,
        shape: bool = False,
        mask: Picture | None = None,
        style_mask: Picture | None = None,
        max_side: int | None = None,
        progress: Progress | None = None,
    ) -> tuple[Photo, Pixels]:
        """The photo as it was opened, and its painting [H, W, 3] in the photo's own colours; the controls are those of `Controls`."""
        opened = Photo.open(photo, max_side if max_side is None else whole("max_side", max_side, 1))
        if shape and hasattr(style_image, "read"):
            style_image = in_memory(cast("BinaryIO", style_image))  # it is read twice
        flow = shape_flow(opened, shape, mask, style_image, style_mask)
        opened = opened if flow is None else opened.warped(flow)
        masked = partial(as_mask, size=opened.size, flow=flow)
        settings = Settings(
            between("strength", strength) if is_number(strength) else masked(cast("Picture", strength)),
            colour_share(colour),
            stroke_size(stroke),
            between("detail", detail),
            None if reference_frame is None else Photo.open(reference_frame, max_side),
            self.memory,
            keep_features=isinstance(photo, Photo),
            progress=progress,
        )
        layers: list[Layer] = []
        if style is not None or style_image is not None or mix is not None or not regions:
            layers.append((self.styles.encode(style, style_image, variation, nearest, mix), None))
        for place, inside in pairs_of(regions):
            kind = "text" if isinstance(inside, str) else "mix" if isinstance(inside, (Mapping, list)) else "image"
            inner = self.styles.encode(variation=variation, nearest=nearest, **{kind: inside})
            layers.append((inner, masked(place, soft=True)))
        if fineness is not None:
            if is_number(fineness):
                fine = np.full(opened.size[::-1], between("fineness", fineness), np.float32)
            else:
                fine = np.divide(masked(cast("Picture", fineness)), 255, dtype=np.float32)
            layers = [(self.painter.in_strokes(prepared, fine[None, None]), place) for prepared, place in layers]
        return opened, compose(self.painter, opened, layers, settings)

    def describe(self, style: str, nearest: bool = False) -> str:
        """One line: what the model understands of a style that is named, and what in it is not used.

        >>> Stylist.from_pretrained().describe("dark monnet in paris")
        'claude monet (artist) + dark (look); "paris" has no meaning for a style'
        """
        palette = self.painter.palette
        return palette.describe(style, nearest) if palette else f"{style} (a text that the model reads as a whole)"

    def push_to_hub(self, repository: str, private: bool = False) -> str:
        """Uploads the model to `org/name` of the Hugging Face hub; returns its address."""
        return push_to_hub(self.folder, repository, private)
