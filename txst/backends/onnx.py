"""Painting with a model folder's ONNX graphs: numpy and a runtime, and no torch."""

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from safetensors import SafetensorError, safe_open

from txst.backends.backend import NO_MIXES, NO_STROKES
from txst.backends.memory_limit import limited
from txst.backends.runtimes import Run
from txst.model_folder.config import WEIGHTS, ModelFolderError, paints_after_pictures, read_config
from txst.model_folder.hub import BUNDLED
from txst.model_folder.onnx_safety import check_graph
from txst.model_folder.upgrade import upgrade_weights
from txst.palette.codes import Array, mixed
from txst.palette.lookup import Palette
from txst.palette.tokenizer import BytePairs

if TYPE_CHECKING:  # it imports torch, which is not needed here
    from txst.types import Blends, Reads

NO_MEMORY = ("bad_alloc", "allocate memory")  # in what runtimes say
LONGEST = 1000  # tokens of a text
WIDEST = 100_000  # channels of a map, or pixels of a stride
LIVE = 8  # copies of all feature maps that are in memory at once; measured, docs/CONTROLS.md


class OnnxBackend:
    """A model with a palette, whose styles are codes.

    Args:
        folder: of the model, with graphs.
        runtime: opens a graph.
        precision: int8 paints by the graph in 8 bits; tiles are painted in float32.
    """

    blends: "Blends" = "pixels"
    whole = False
    mixes_by_place = False
    mix = staticmethod(mixed)

    def __init__(self, folder: Path, runtime: Callable[[Path], Run], precision: str = "float32") -> None:
        self.painting = "paint_int8" if precision == "int8" else "paint"
        self.graph = cache(lambda name: opened(folder / f"{name}.onnx", runtime, self.bytes))
        self.pairs = cache(BytePairs)
        config = read_config(folder)
        self.reads: frozenset[Reads] = frozenset(
            {"text", "image", "code"} if paints_after_pictures(config) else {"text"}
        )
        clip = config.get("clip")
        if not isinstance(clip, dict):
            raise ModelFolderError(f"{folder}/config.yaml describes no palette")
        self.bytes = LIVE * 4 * maps(folder, config)
        words = clip.get("words") or {}
        if not isinstance(words, dict) or not whole_number(length := words.get("length", 32), LONGEST):
            raise ModelFolderError(f"{folder}/config.yaml: clip.words is {words!r}, which is no text tower")
        self.length = length
        self.palette = read_palette(folder, clip, self.fits if words else None)

    def text_code(self, text: str, variation: int = 0, nearest: bool = False) -> Array:
        """Text -> code [1, D]."""
        return self.palette.text(text, variation, nearest)[None]

    def image_code(self, picture: Array) -> Array:
        """Style picture [1, 3, H, W] -> code [1, D]."""
        return self.given("look", {"picture": picture}, "code", (len(picture), self.palette.codes.shape[1]))

    def prepare_style(self, code: Array) -> dict[str, Array]:
        """Code -> all that painting wants to know of it."""
        return self.graph("style")({"code": code})

    def prepare_image(self, image: Array) -> dict[str, Array] | None:
        """Image [B, 3, H, W] -> its features; in 8 bits none."""
        return self.graph("encode")({"image": image}) if self.painting == "paint" else None

    def paint(
        self,
        image: Array,
        prepared: dict[str, Array],
        strength: float | Array = 1.0,
        statistics: dict[str, Array] | None = None,
        features: dict[str, Array] | None = None,
    ) -> Array:
        """[B, 3, H, W] in [0, 1] -> the same, in full strength or less; by its own statistics or those of a larger picture."""
        graph = "tile" if statistics else "apply" if features else self.painting
        painted = self.given(
            graph, {"image": image, **prepared, **(statistics or features or {})}, "painting", image.shape
        )
        return painted if np.isscalar(strength) and strength == 1 else image + strength * (painted - image)

    def measure(self, image: Array, prepared: dict[str, Array], strength: float | Array = 1.0) -> dict[str, Array]:
        """Image [B, 3, H, W] -> the statistics that it is painted by; strength has no part in them."""
        return self.graph("measure")({"image": image, **prepared})

    def mix_by_place(self, styles: Sequence[dict[str, Array]], shares: Array) -> dict[str, Array]:
        """No model with graphs attends to places of style pictures."""
        raise ValueError(NO_MIXES)

    def in_strokes(self, prepared: dict[str, Array], fineness: Array) -> dict[str, Array]:
        """No model with graphs has such strokes."""
        raise ValueError(NO_STROKES)

    def bytes_per_pixel(self, prepared: dict[str, Array]) -> float:
        """Bytes a pixel, whatever the style."""
        return self.bytes

    def fits(self, text: str, codes: Array) -> Array:
        """Cosines [n] between what a text says and how codes [n, D] look."""
        numbers = np.array([self.pairs().row(text, self.length)])
        return self.given("words", {"numbers": numbers, "codes": codes}, "fit", (len(codes),))

    def given(self, graph: str, inputs: dict[str, Array], name: str, shape: tuple[int, ...]) -> Array:
        """An output of a graph, which has that shape."""
        found = self.graph(graph)(inputs).get(name)
        if found is None or found.shape != shape:
            gives = "nothing" if found is None else f"{list(found.shape)} numbers"
            raise ModelFolderError(f"{graph}.onnx cannot be run: its {name} has {gives}, not {list(shape)}")
        return found


def opened(file: Path, runtime: Callable[[Path], Run], bytes_per_pixel: float = 0) -> Run:
    """A graph that may come from anybody; what it cannot do is said as its own fault, and one of a stranger runs in limited memory."""
    check_graph(file)
    limit = nullcontext if file.resolve().parent.parent == BUNDLED.parent else limited

    def told(call: Callable[..., Any], *inputs: Any) -> Any:
        pixels = sum(given.size // 3 for given in inputs[0].values() if given.ndim == 4) if call is not runtime else 0
        try:
            with limit(bytes_per_pixel * pixels):
                return call(*inputs)
        except Exception as error:  # each runtime has its own kinds
            reason = (str(error).strip() or type(error).__name__).splitlines()[-1]
            if any(sign in reason for sign in NO_MEMORY):
                raise MemoryError(reason) from error
            raise ModelFolderError(f"{file} cannot be run: {reason}") from error

    run = told(runtime, file)

    def numbers(inputs: Any) -> dict[str, Array]:
        outputs = told(run, inputs)
        for name, output in outputs.items():
            if getattr(output, "dtype", None) != np.float32 or not np.isfinite(output).all():
                raise ModelFolderError(f"{file} cannot be run: its {name} is not of finite numbers")
        return outputs

    return numbers


def maps(folder: Path, config: dict[str, Any]) -> float:
    """Numbers a pixel in the feature maps that the decoder reads."""
    try:
        decoder = config["model"]["decoder"]
        read = [(width, decoder["strides"][name]) for name, width in decoder["widths"].items()]
        if not read or not all(whole_number(n, WIDEST) for pair in read for n in pair):
            raise ValueError(f"widths and strides are whole numbers from 1 to {WIDEST}")
        return sum(width / stride**2 for width, stride in read)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ModelFolderError(f"{folder}/config.yaml does not say what the decoder reads: {error}") from error


def whole_number(value: Any, most: int) -> bool:
    return type(value) is int and 1 <= value <= most


def read_palette(folder: Path, clip: dict[str, Any], fits: Any) -> Palette:
    """The palette of a model folder, as its config's `clip` describes it."""
    try:
        with safe_open(folder / WEIGHTS, "numpy") as tensors:
            stored = upgrade_weights({name: name for name in tensors.keys()})  # noqa: SIM118 - it is no dict
            codes, score, name, movement = (
                tensors.get_tensor(stored[f"clip.{part}"]) for part in ("codes", "score", "name", "movement")
            )
        textures = clip.get("textures") or ()
        known = (clip["names"], clip["movements"], name, movement, score.astype(np.float32), textures)
        return Palette(codes.astype(np.float32), *known, clip.get("blend", 3), fits)
    except (SafetensorError, KeyError, ValueError, TypeError) as error:
        raise ModelFolderError(f"{folder} holds no palette that can be read: {error}") from error
