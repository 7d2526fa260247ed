"""Painting with torch: every model and method, on every device."""

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from txst.encoders.palette import Palette
from txst.inference.folder import load_folder
from txst.palette import Array
from txst.types import Style


class TorchPainter:
    """Any model.

    Args:
        model: (image, Style) -> image.
        clip: text or image -> embedding.
        device: cuda, mps, cpu; "auto" takes the first of these that is there.
        precision: float32, or bf16 for convolutions and matrix products; statistics are in float32.
    """

    def __init__(
        self, model: nn.Module, clip: nn.Module, device: str = "auto", precision: str = "float32"
    ) -> None:
        self.half = precision == "bf16"
        self.device = best_device() if device == "auto" else usable_device(device)
        self.model: Any = model.to(self.device).eval()
        self.model.to(memory_format=torch.channels_last)  # faster on CPUs
        self.clip: Any = clip.to(self.device).eval()
        self.needs_picture = bool(model.needs_picture)
        self.palette = clip.plain() if isinstance(clip, Palette) else None

    @classmethod
    def from_folder(cls, folder: Path, device: str = "auto", precision: str = "float32") -> "TorchPainter":
        return cls(*load_folder(folder), device, precision)

    @torch.inference_mode()
    def read(self, text: str, variation: int = 0, anyway: bool = False) -> Array | Style:
        """Text -> its code [1, D] with a palette, and else its embedding."""
        if self.palette is None:
            return Style(self.clip.text([text]))
        return self.palette.text(text, variation, anyway)[None]

    @torch.inference_mode()
    def look(self, picture: Array) -> Array | Style:
        """Style picture [1, 3, H, W] -> its code [1, D] with a palette, and else its embedding, and features where they are read."""
        shown = self.there(picture)
        if self.palette is not None:
            return self.model.transfer.code(self.model.look(shown)).cpu().numpy()
        return Style(self.clip(shown), self.model.look(shown) if self.model.reads_picture else None)

    @torch.inference_mode()
    def encode(self, code: Array | Style) -> Style:
        """The same with all that depends on it alone worked out."""
        return self.model.encode(code if isinstance(code, Style) else Style(self.there(code)))

    @torch.inference_mode()
    def paint(self, image: Array, style: Style, strength: float | Array) -> Array:
        """[B, 3, H, W] in [0, 1] -> the same; strength as a number, or a mask [B, 1, H, W]."""
        mask = self.there(strength) if not isinstance(strength, (float, int)) else strength
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.half):
            return self.model(self.there(image), style, mask).float().cpu().numpy()

    def there(self, array: Array) -> Tensor:
        return torch.from_numpy(array).to(self.device)


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
