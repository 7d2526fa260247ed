"""The painter for users: pictures in, pictures out."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar, Unpack, overload

from PIL import Image

from txst.backends.backend import Backend, open_backend
from txst.images import PictureError, to_srgb
from txst.inference.composing import Wishes, as_mask, compose
from txst.inference.controls import STROKES, Controls, Mix, between, colour_share, is_number, named_or_shown
from txst.inference.forms import Picture, as_image, is_batch, like, like_batch, shrunk
from txst.inference.styles import Styles
from txst.inference.tiles import MEMORY, Seen
from txst.model_folder.hub import model_folder, push_to_hub

Numbers = TypeVar("Numbers")  # an array or a tensor


class Stylist:
    """Paints pictures in a style named by a text or shown by a picture.

    >>> from txst import Stylist
    >>> Stylist.from_pretrained()("photo.jpg", "claude monet").save("monet.png")

    Args:
        painter: a model on a backend.
        folder: where the model lies.
    """

    def __init__(self, painter: Backend, folder: Path) -> None:
        self.painter: Any = painter
        self.folder = folder
        self.styles = Styles(painter, folder)
        self.memory: float = MEMORY  # bytes painting may take at once; larger pictures are painted in tiles

    @classmethod
    def from_pretrained(
        cls, model: str | Path | None = None, device: str = "auto", backend: str = "auto", precision: str = "float32"
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
        return cls(open_backend(folder, backend, device, precision), folder)

    @overload
    def __call__(
        self, photo: str | Path | Image.Image, style: str | None = None, **controls: Unpack[Controls]
    ) -> Image.Image: ...
    @overload
    def __call__(
        self, photo: list[Any] | tuple[Any, ...], style: str | None = None, **controls: Unpack[Controls]
    ) -> list[Any]: ...
    @overload
    def __call__(self, photo: Numbers, style: str | None = None, **controls: Unpack[Controls]) -> Numbers: ...
    def __call__(self, photo: Any, style: str | None = None, **controls: Unpack[Controls]) -> Any:
        """Paints one photo, or each of a batch; the result has its exact size, transparency and colour profile.

        Args:
            photo: a file, a PIL picture, an array [H, W] or [H, W, 1, 3 or 4], a tensor [1, 3 or 4, H, W]; numbers are uint8, or
                floats in [0, 1]. A batch is a list of these, an array [B, H, W, 1, 3 or 4] or a tensor [B, 1, 3 or 4, H, W].
            style: an artist, a movement, a texture, ...
            controls: see `Controls`; the same for all of a batch.

        Returns:
            The same kind of thing, in colour; for a file a PIL picture. Floats that nothing changes are those that came; what
            is painted has the 256 levels of 8 bits. A picture of a batch is to the bit what it is alone.

        Raises:
            PictureError: for what is no usable picture.
            ValueError: for a control outside its range, or no style or two.
        """
        if is_batch(photo):
            return like_batch(photo, [self.numbered(n, one, style, controls) for n, one in enumerate(photo)])
        image = as_image(photo)
        return like(photo, image, self.paint(image, style, **controls))

    def numbered(self, number: int, photo: Any, style: str | None, controls: Controls) -> Any:
        """Paints one of a batch; where it cannot be painted, its number is said."""
        try:
            return self(photo, style, **controls)
        except PictureError as error:
            raise PictureError(f"picture {number} of the batch: {error}") from error

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
        steady: Picture | None = None,
        max_side: int | None = None,
        seen: Seen | None = None,
    ) -> Image.Image:
        """The same for a PIL picture as it is to be seen.

        `seen` is an empty dict to begin with, and given again with every other style of this image: it is encoded once then.
        """
        image = shrunk(image, max_side)
        wishes = Wishes(
            between("strength", strength) if is_number(strength) else as_mask(strength, image.size),
            colour_share(colour),
            between("stroke", stroke, *STROKES),
            between("detail", detail),
            None if steady is None else shrunk(to_srgb(as_image(steady)).convert("RGB"), max_side),
            self.memory,
            seen,
        )
        layers: list[tuple[Any, Image.Image | None]] = []
        if style is not None or style_image is not None or mix is not None or not regions:
            layers.append((self.styles.encode(style, style_image, variation, anyway, mix), None))
        for mask, named in regions:
            known = self.styles.encode(*named_or_shown(named), variation, anyway)
            layers.append((known, as_mask(mask, image.size, soft=True)))
        return compose(self.painter, image, layers, wishes)

    def push_to_hub(self, repository: str, private: bool = False) -> str:
        """Uploads the model to `org/name` of the Hugging Face hub; returns its address."""
        return push_to_hub(self.folder, repository, private)
