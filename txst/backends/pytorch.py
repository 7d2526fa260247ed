"""Painting with torch: every model and method, on every device."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock, get_ident
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn

from txst.backends.backend import NO_MIXES, NO_STROKES
from txst.images import PictureError
from txst.layers.norm_statistics import RecordStatistics, ReplayStatistics
from txst.layers.tensors import pad_to_multiple
from txst.model_folder.folder import load_folder, load_names
from txst.models.aams import AAMS
from txst.models.optimised import Optimised
from txst.models.stylizer import Stylizer
from txst.palette.codes import Array, mixed
from txst.palette.module import Palette
from txst.types import (
    CodeModel,
    Controls,
    Embedder,
    Features,
    MixesStyles,
    Moments,
    NormStatistics,
    Prepared,
    Reads,
    Style,
    StyleModel,
)

FINENESS = "fineness"  # of strokes, its name among what is prepared
LIVE = 8  # maps of the largest layer's size that are in memory at once


@dataclass
class Several:
    """Style pictures that are painted after together."""

    styles: list[Style]
    weights: Sequence[float]


class TorchBackend:
    """Any model.

    Args:
        model: what paints.
        clip: what embeds texts and pictures for it.
        device: cuda, mps, cpu; "auto" takes the first of these that is there.
        precision: float32, or bf16 for convolutions and matrix products; statistics are in float32.
        names: a palette of the codes that `clip` gives pictures, for prompts that are read in parts.
    """

    def __init__(
        self,
        model: StyleModel,
        clip: Embedder,
        device: str = "auto",
        precision: str = "float32",
        names: Palette | None = None,
    ) -> None:
        self.half = precision == "bf16"
        self.device = best_device() if device == "auto" else usable_device(device)
        self.model = model.to(self.device).eval()
        self.model.to(memory_format=torch.channels_last)  # faster on CPUs
        self.clip = clip.to(self.device).eval()
        self.blends, self.whole = model.blends, model.whole
        self.mixer = model.transfer if isinstance(model, Stylizer) else model
        self.mixes_by_place = isinstance(self.mixer, MixesStyles)
        self.palette = clip.plain() if isinstance(clip, Palette) else names.plain(self.embedding) if names else None
        named: set[Reads] = set() if self.palette is None else {"text"}
        # what embeds texts embeds pictures, too, but for names that are numbers
        shown: set[Reads] = {"image"} if "text" in model.reads and not isinstance(clip, Palette) else set()
        self.reads = model.reads | named | shown
        self.largest = 0.0
        self.lock = Lock()  # of measuring it

    @classmethod
    def from_folder(cls, folder: Path, device: str = "auto", precision: str = "float32") -> "TorchBackend":
        return cls(*load_folder(folder), device, precision, load_names(folder))

    @torch.inference_mode()
    def text_code(self, text: str, variation: int = 0, nearest: bool = False) -> Array | Style:
        """Text -> its code [1, D] with a palette, and else its embedding; a palette of embeddings gives one, too."""
        if self.palette is None:
            return Style(self.clip.text([text]))
        code = self.palette.text(text, variation, nearest)[None]
        return Style(self.there(code)) if "text" in self.model.reads else code

    @torch.inference_mode()
    def embedding(self, text: str) -> Array:
        """Text -> what the embedder makes of it, [D]."""
        return self.clip.text([text])[0].cpu().numpy()

    @torch.inference_mode()
    def image_code(self, picture: Array) -> Array | Style:
        """Style picture [1, 3, H, W] -> its code [1, D] of a model that reads codes, and else the picture with its embedding."""
        shown = self.there(picture)
        if "code" in self.model.reads:
            return cast(CodeModel, self.model).style_code(shown).cpu().numpy()
        return Style(self.clip(shown) if "text" in self.model.reads else None, shown)

    @torch.inference_mode()
    def prepare_style(self, code: "Array | Style | Several | None" = None) -> Prepared:
        """Code -> all that painting wants to know of it; None is the only code of a model with a style of its own."""
        if isinstance(code, Several):
            return self.together([self.prepare_style(style) for style in code.styles], code.weights)
        style = code if isinstance(code, Style) else Style() if code is None else Style(self.there(code))
        return self.model.prepare_style(style)

    @torch.inference_mode()
    def mix(self, codes: Sequence[Array | Style | None], weights: Sequence[float]) -> "Array | Style | Several":
        """Codes or embeddings -> one between them; pictures -> all of them, for a model that attends to several.

        Raises:
            ValueError: this model paints after a picture itself or has one style, and there is nothing in between.
        """
        arrays = [code for code in codes if isinstance(code, np.ndarray)]
        embeddings = [code.embedding for code in codes if isinstance(code, Style) and code.embedding is not None]
        if len(arrays) == len(codes):
            return mixed(arrays, weights)
        if len(embeddings) == len(codes):
            return Style(mixed(embeddings, weights))
        if not self.mixes_by_place:
            raise ValueError(NO_MIXES)
        return Several([code for code in codes if isinstance(code, Style)], weights)

    @torch.inference_mode()
    def mix_by_place(self, styles: Sequence[Prepared], shares: Array) -> Prepared:
        """See `Backend`."""
        return self.together(styles, pad_to_multiple(self.there(shares), self.model.stride))

    def together(self, styles: Sequence[Prepared], weights: Sequence[float] | Tensor) -> Prepared:
        """See `MixesStyles`."""
        if not isinstance(self.mixer, MixesStyles):
            raise ValueError(NO_MIXES)
        return self.mixer.mix_styles(styles, weights)

    @torch.inference_mode()
    def prepare_image(self, image: Array) -> Features | None:
        """Image [B, 3, H, W] -> its features."""
        with self.computing(image):
            return self.model.prepare_image(self.there(image))

    @torch.inference_mode()
    def paint(
        self,
        image: Array,
        prepared: Prepared,
        strength: float | Array = 1.0,
        statistics: list[Moments] | None = None,
        features: Features | None = None,
    ) -> Array:
        """[B, 3, H, W] in [0, 1] -> the same; by its own statistics or those of a larger picture."""
        replay = ReplayStatistics(statistics) if statistics else None
        return self.run(image, prepared, strength, replay, features).float().cpu().numpy()

    @torch.inference_mode()
    def measure(self, image: Array, prepared: Prepared, strength: float | Array = 1.0) -> list[Moments]:
        """Image [B, 3, H, W] -> the statistics that it is painted by."""
        record = RecordStatistics()
        self.run(image, prepared, strength, record)
        return record.moments

    def run(
        self,
        image: Array,
        prepared: Prepared,
        strength: float | Array,
        statistics: NormStatistics | None = None,
        features: Features | None = None,
    ) -> Tensor:
        mask = strength if isinstance(strength, (float, int)) else self.there(strength)
        with self.computing(image):
            controls = Controls(mask, statistics, prepared.get(FINENESS))
            return self.model(self.there(image), prepared, controls, features).image

    def in_strokes(self, prepared: Prepared, fineness: Array) -> Prepared:
        """See `Backend`."""
        if not isinstance(self.model, AAMS):
            raise ValueError(NO_STROKES)
        return {**prepared, FINENESS: self.there(fineness)}

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
                f"shrink it (max_side={max(width, height) // 2})"
            ) from error

    @torch.inference_mode()
    def bytes_per_pixel(self, prepared: Prepared) -> float:
        """Bytes a pixel, by the largest map that a layer gives."""
        with self.lock:
            if not self.largest:
                image = torch.zeros(1, 3, 64, 64, device=self.device)
                sizes = [image.nbytes]
                mine = get_ident()

                def note(_: nn.Module, __: Any, out: Any) -> None:
                    if isinstance(out, Tensor) and get_ident() == mine:  # hooks hear the pictures of every thread
                        sizes.append(out.nbytes)

                hooks = [layer.register_forward_hook(note) for layer in self.model.modules()]
                try:
                    # whose losses may want a larger image, and whose steps take time
                    if isinstance(self.model, Optimised):
                        self.model.loss_network(image)
                    else:
                        self.model(image, prepared)
                finally:
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
