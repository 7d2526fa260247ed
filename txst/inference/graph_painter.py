"""Painting with a model folder's ONNX graphs: numpy and a runtime, and no torch."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open

from txst.byte_pairs import BytePairs
from txst.inference.foreign_graph import check_graph
from txst.inference.opened import WEIGHTS, ModelFolderError, read_config
from txst.inference.runtimes import Run
from txst.palette import Array, Palette


class GraphPainter:
    """A model with a palette, whose styles are codes.

    Args:
        folder: of the model, with graphs.
        runtime: opens a graph.
        precision: int8 paints by the graph in 8 bits.
    """

    needs_picture = False

    def __init__(self, folder: Path, runtime: Callable[[Path], Run], precision: str = "float32") -> None:
        self.painting = "paint_int8" if precision == "int8" else "paint"
        self.graph = cache(lambda name: opened(folder / f"{name}.onnx", runtime))
        self.pairs = cache(BytePairs)
        clip = read_config(folder).get("clip")
        if not isinstance(clip, dict):
            raise ModelFolderError(f"{folder}/config.yaml describes no palette")
        self.length = (clip.get("words") or {}).get("length", 32)
        self.palette = read_palette(folder, clip, self.fits if clip.get("words") else None)

    def read(self, text: str, variation: int = 0, anyway: bool = False) -> Array:
        """Text -> code [1, D]."""
        return self.palette.text(text, variation, anyway)[None]

    def look(self, picture: Array) -> Array:
        """Style picture [1, 3, H, W] -> code [1, D]."""
        return self.graph("look")({"picture": picture})["code"]

    def encode(self, code: Array) -> dict[str, Array]:
        """Code -> what painting wants to know of it."""
        return self.graph("style")({"code": code})

    def paint(self, image: Array, style: dict[str, Array], strength: float | Array) -> Array:
        """[B, 3, H, W] in [0, 1] -> the same; strength as a number, or a mask [B, 1, H, W]."""
        painted = self.graph(self.painting)({"image": image, **style})["painting"]
        return painted if np.isscalar(strength) and strength == 1 else image + strength * (painted - image)

    def fits(self, text: str, codes: Array) -> Array:
        """Cosines [n] between what a text says and how codes [n, D] look."""
        numbers = np.array([self.pairs().row(text, self.length)])
        return self.graph("words")({"numbers": numbers, "codes": codes})["fit"]


def opened(file: Path, runtime: Callable[[Path], Run]) -> Run:
    """A graph that may come from anybody; what it cannot do is said as its own fault."""
    check_graph(file)

    def told(call: Callable[..., Any], *inputs: Any) -> Any:
        try:
            return call(*inputs)
        except Exception as error:  # each runtime has its own kinds
            reason = (str(error).strip() or type(error).__name__).splitlines()[-1]
            raise ModelFolderError(f"{file} cannot be run: {reason}") from error

    run = told(runtime, file)
    return lambda inputs: told(run, inputs)


def read_palette(folder: Path, clip: dict[str, Any], fits: Any) -> Palette:
    """The palette of a model folder, as its config's `clip` describes it."""
    try:
        with safe_open(folder / WEIGHTS, "numpy") as tensors:
            codes, merit, name, movement = (
                tensors.get_tensor(f"clip.{part}") for part in ("codes", "merit", "name", "movement")
            )
        textures = clip.get("textures") or ()
        known = (clip["names"], clip["movements"], name, movement, merit.astype(np.float32), textures)
        return Palette(codes.astype(np.float32), *known, clip.get("blend", 3), fits)
    except (SafetensorError, KeyError, ValueError, TypeError) as error:
        raise ModelFolderError(f"{folder} holds no palette that can be read: {error}") from error
