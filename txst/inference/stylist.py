"""The painter for users: pictures in, pictures out."""

from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import nn

from txst.encoders.palette import Palette
from txst.images import open_picture, to_picture, to_srgb, to_tensor
from txst.inference.folder import load_folder
from txst.types import Style

BUNDLED = Path(__file__).parent.parent / "weights" / "small"
LONGEST = 1000  # characters of a style; CLIP reads 77 tokens, some 300 characters


class Stylist:
    """Paints pictures in a style named by a text or shown by a picture.

    >>> from txst import Stylist
    >>> Stylist.from_pretrained()("photo.jpg", "claude monet").save("monet.png")

    Args:
        model: (image, Style) -> image.
        clip: text or image -> embedding.
        device: cuda, mps, cpu; "auto" takes the first of these that is there.
    """

    def __init__(self, model: nn.Module, clip: nn.Module, device: str = "auto") -> None:
        self.device = best_device() if device == "auto" else usable_device(device)
        self.model: Any = model.to(self.device).eval()
        self.model.to(memory_format=torch.channels_last)  # faster on CPUs
        self.clip: Any = clip.to(self.device).eval()
        self._styles: dict[tuple[str, int], Style] = {}

    @classmethod
    def from_pretrained(cls, folder: str | Path | None = None, device: str = "auto") -> "Stylist":
        """Reads a model folder; None takes the bundled model.

        Raises:
            ModelFolderError: naming what is wrong with the folder.
        """
        return cls(*load_folder(folder or BUNDLED), device)

    @torch.inference_mode()
    def __call__(
        self,
        photo: str | Path | Image.Image,
        style: str | None = None,
        *,
        style_image: str | Path | Image.Image | None = None,
        strength: float = 1.0,
        variation: int = 0,
    ) -> Image.Image:
        """Paints one photo; the result has its exact size, and its transparency.

        Args:
            photo: a file or a PIL picture.
            style: an artist, a movement, a texture, ...
            style_image: instead of a text, a picture in the style.
            strength: 0 keeps the photo's look as far as the network can redraw it, 1 is the full style.
            variation: of the style: with a palette, 1 paints after another work of the same artist, 2 after a third, ...

        Raises:
            PictureError: for a file that is no usable picture.
            ValueError: for a strength outside [0, 1], or no style or two.
        """
        if not 0 <= strength <= 1:
            raise ValueError(f"strength is {strength}; it lies between 0 and 1")
        image = as_picture(photo)
        alpha = image.getchannel("A") if image.mode == "RGBA" else None
        output = self.model(
            to_tensor(image).to(self.device), self.style(style, style_image, variation), strength
        )
        return to_picture(output, alpha)

    @torch.inference_mode()
    def style(
        self, text: str | None = None, image: str | Path | Image.Image | None = None, variation: int = 0
    ) -> Style:
        """What the model wants to know of a style; for a text it is worked out once and kept."""
        if (text is None) == (image is None):
            raise ValueError("give either the name of a style or a style picture")
        if image is not None:
            picture = to_tensor(as_picture(image)).to(self.device)
            features = self.model.look(picture) if self.model.reads_picture else None
            return self.model.encode(Style(self.clip(picture), features))
        if not str(text).strip():
            raise ValueError("the style is empty; name an artist, a movement or a texture")
        if len(str(text)) > LONGEST:
            raise ValueError(
                f"the style has {len(str(text))} characters: name an artist, a movement or a texture, "
                f"or describe it in {LONGEST} at most"
            )
        if self.model.needs_picture:
            raise ValueError(
                "this model paints after a picture, not after a text; give a style picture (--style-image)"
            )
        if variation < 0 or (variation and not isinstance(self.clip, Palette)):
            raise ValueError(
                f"no variation {variation}: "
                + ("they count from 0" if variation < 0 else "this model has one of each style")
            )
        key = (str(text), variation)
        if key not in self._styles:
            more = [variation] if variation else []
            self._styles[key] = self.model.encode(Style(self.clip.text([str(text)], *more)))
        return self._styles[key]


def as_picture(picture: str | Path | Image.Image) -> Image.Image:
    return to_srgb(picture) if isinstance(picture, Image.Image) else open_picture(picture)


def usable_device(name: str) -> torch.device:
    """The device of that name, if it is there."""
    try:
        return torch.empty(0, device=name).device
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0]
        raise ValueError(f"the device {name!r} cannot be used here ({reason}); try auto or cpu") from error


def best_device() -> torch.device:
    """cuda, mps or cpu, the first that is there."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
