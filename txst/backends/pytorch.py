"""Painting with torch: every model and method, on every device."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from threading import Lock, get_ident
from typing import Any

import torch
from torch import Tensor, nn

from txst.images import PictureError
from txst.layers.norm_statistics import Moments, measured, measuring
from txst.model_folder.folder import load_folder
from txst.palette.lookup import Array, mixed
from txst.palette.module import Palette
from txst.types import Features, Style

LIVE = 8  # maps of the largest layer's size that are in memory at once


class TorchPainter:
    """Any model.

    Args:
        model: (image, Style) -> image.
        clip: text or image -> embedding.
        device: cuda, mps, cpu; "auto" takes the first of these that is there.
        precision: float32, or bf16 for convolutions and matrix products; statistics are in float32.
    """

    def __init__(self, model: nn.Module, clip: nn.Module, device: str = "auto", precision: str = "float32") -> None:
        self.half = precision == "bf16"
        self.device = best_device() if device == "auto" else usable_device(device)
        self.model: Any = model.to(self.device).eval()
        self.model.to(memory_format=torch.channels_last)  # faster on CPUs
        self.clip: Any = clip.to(self.device).eval()
        self.needs_picture = bool(model.needs_picture)
        self.fades = not getattr(model, "repaints", False)
        self.largest = 0.0
        self.lock = Lock()  # of measuring it
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
    def mix(self, codes: Sequence[Any], weights: Sequence[float]) -> Any:
        """Codes or embeddings -> one between them.

        Raises:
            ValueError: this model paints after the features of pictures, and between these is nothing.
        """
        if not isinstance(codes[0], Style):
            return mixed(codes, weights)
        if any(code.features is not None for code in codes):
            raise ValueError(
                "this model paints after pictures themselves and mixes none; regions with grey masks (--region) mix paintings"
            )
        return Style(mixed([code.embedding for code in codes], weights))

    @torch.inference_mode()
    def encode_image(self, image: Array) -> Features:
        """Image [B, 3, H, W] -> its features."""
        with self.computing(image):
            return self.model.encode_image(self.there(image))

    @torch.inference_mode()
    def paint(
        self,
        image: Array,
        style: Style,
        strength: float | Array = 1.0,
        moments: list[Moments] | None = None,
        features: Features | None = None,
    ) -> Array:
        """[B, 3, H, W] in [0, 1] -> the same; by its own moments or those of a larger picture."""
        with measured(moments) if moments else nullcontext():
            return self.run(image, style, strength, features).float().cpu().numpy()

    @torch.inference_mode()
    def measure(self, image: Array, style: Style, strength: float | Array = 1.0) -> list[Moments]:
        """Image [B, 3, H, W] -> the moments that it is painted by."""
        with measuring() as moments:
            self.run(image, style, strength)
        return moments

    def run(self, image: Array, style: Style, strength: float | Array, features: Features | None = None) -> Tensor:
        mask = strength if isinstance(strength, (float, int)) else self.there(strength)
        with self.computing(image):
            return self.model(self.there(image), style, mask, features)

    @contextmanager
    def computing(self, image: Array) -> Iterator[None]:
        """In the wanted precision; and what there is no memory for is said with the remedy."""
        try:
            with torch.autocast(self.device.type, torch.bfloat16, enabled=self.half):
                yield
        except RuntimeError as error:
            if not isinstance(error, torch.OutOfMemoryError) and "can't allocate memory" not in str(error):
                raise
            height, width = image.shape[-2:]
            raise PictureError(
                f"{width} x {height} pixels at once are too many for the memory of {self.device}: "
                f"shrink it to {max(width, height) // 2} pixels a side (--max-side)"
            ) from error

    @torch.inference_mode()
    def bytes_per_pixel(self, style: Style) -> float:
        """Bytes a pixel, by the largest map that a layer gives."""
        with self.lock:
            if not self.largest:
                sizes: list[int] = []
                mine = get_ident()

                def note(_: nn.Module, __: Any, out: Any) -> None:
                    if get_ident() == mine:  # hooks hear the pictures of every thread
                        sizes.append(getattr(out, "nbytes", 0))

                hooks = [layer.register_forward_hook(note) for layer in self.model.modules()]
                self.model(torch.zeros(1, 3, 64, 64, device=self.device), style)
                for hook in hooks:
                    hook.remove()
                self.largest = max(sizes) / 64**2
        return LIVE * self.largest

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
