"""What paints: a protocol, and the choice among what is installed."""

from collections.abc import Sequence
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

from txst.model_folder.config import GRAPHS, check_folder
from txst.palette.lookup import Array, Palette
from txst.palette.user_styles import add_taught

BACKENDS = ("auto", "onnxruntime", "torch", "openvino")
PRECISIONS = {"float32": BACKENDS[1:], "bf16": ("openvino", "torch"), "int8": ("onnxruntime", "openvino")}


class Painter(Protocol):
    """A model on a backend; pictures are arrays [B, 3, H, W] in [0, 1], and with a palette codes are arrays [B, D]."""

    needs_picture: bool  # it paints after pictures alone
    fades: bool  # strength is its own to apply, among its features; the others are blended with the photo in pixels

    @property
    def palette(self) -> Palette | None:
        """Of the styles that it knows by name, where it has one."""

    def read(self, text: str, variation: int = 0, anyway: bool = False) -> Any:
        """Text -> code; of a palette: after which of the works that fit, and whether any does where nothing is known."""

    def look(self, picture: Array) -> Any:
        """Style picture -> code."""

    def mix(self, codes: Sequence[Any], weights: Sequence[float]) -> Any:
        """Codes -> one between them."""

    def encode(self, code: Any) -> Any:
        """Code -> style: whatever painting wants to know, worked out once."""

    def encode_image(self, image: Array) -> Any:
        """Image -> what painting wants to know of it alone, worked out once for many styles; None of one that has no such thing."""

    def paint(
        self, image: Array, style: Any, strength: float | Array = 1.0, moments: Any = None, features: Any = None
    ) -> Array:
        """Image -> painting.

        Args:
            image: [B, 3, H, W] in [0, 1].
            style: what `encode` gives.
            strength: 0 to 1, or a mask of these [B, 1, H, W].
            moments: what `measure` gives of a whole picture of which this is a part.
            features: what `encode_image` gives of it, where that is at hand.
        """

    def measure(self, image: Array, style: Any, strength: float | Array = 1.0) -> Any:
        """The means and deviations that the image is painted by."""

    def bytes_per_pixel(self, style: Any) -> float:
        """Bytes of memory that each pixel takes which is painted at once, roughly."""


def open_painter(folder: Path, backend: str = "auto", device: str = "auto", precision: str = "float32") -> Painter:
    """The painter of a model folder, with the names that its model was taught.

    Args:
        folder: of the model.
        backend: onnxruntime and openvino run the graphs of a folder that has them, on the CPU; torch runs every model;
            "auto" takes onnxruntime where it can and torch else.
        device: for torch; any other than auto and cpu asks for torch.
        precision: float32; bf16, by openvino and torch, is faster where the processor has it; int8, by onnxruntime and
            openvino, on graphs that scripts/quantise.py has made.

    Raises:
        ModelFolderError: naming what is wrong with the folder.
        ValueError: the backend cannot run this model, or is not installed.
    """
    check_folder(folder)
    name = chosen(folder, backend, device, precision)
    painter = by_torch(folder, device, precision) if name == "torch" else by_graphs(folder, name, precision)
    if painter.palette is not None:
        add_taught(painter.palette, folder)
    return painter


def chosen(folder: Path, backend: str, device: str, precision: str) -> str:
    """The backend that is meant, if it is there and can do what is asked."""
    if backend not in BACKENDS:
        raise ValueError(f"there is no backend {backend!r}; there are {', '.join(BACKENDS)}")
    if precision not in PRECISIONS:
        raise ValueError(f"there is no precision {precision!r}; there are {', '.join(PRECISIONS)}")
    graphs = all((folder / f"{name}.onnx").is_file() for name in GRAPHS)
    on_cpu = device in ("auto", "cpu")
    if backend == "auto":
        able = (n for n in PRECISIONS[precision] if (n == "torch" or (graphs and on_cpu)) and find_spec(n))
        backend = next(able, PRECISIONS[precision][-1])
    if backend not in PRECISIONS[precision]:
        raise ValueError(f"{backend} has no {precision} here; {' and '.join(PRECISIONS[precision])} do")
    if not find_spec(backend):
        raise ValueError(f"{backend} is not installed: pip install 'txst[{backend}]'")
    if backend != "torch" and not graphs:
        raise ValueError(
            f"{folder} has no graphs for {backend}: `python scripts/export.py {folder} --onnx` adds them to a model "
            "with a palette; torch paints with the others"
        )
    if backend != "torch" and not on_cpu:
        raise ValueError(f"{backend} runs on the CPU here and not on {device}; take the backend torch")
    return backend


def by_torch(folder: Path, device: str, precision: str) -> Painter:
    from txst.backends.pytorch import TorchPainter

    return TorchPainter.from_folder(folder, device, precision)


def by_graphs(folder: Path, backend: str, precision: str) -> Painter:
    from txst.backends.onnx import GraphPainter
    from txst.backends.runtimes import RUNTIMES

    if precision == "int8" and not (folder / "paint_int8.onnx").is_file():
        raise ValueError(f"{folder} has no graph in 8 bits: scripts/quantise.py makes one")
    return GraphPainter(folder, partial(RUNTIMES[backend], precision=precision), precision)
