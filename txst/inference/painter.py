"""What paints: a protocol, and the choice among what is installed."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

from txst.inference.opened import check_folder
from txst.inference.taught import add_taught
from txst.palette import Array, Palette

BACKENDS = ("auto", "onnxruntime", "torch", "openvino")


class Painter(Protocol):
    """A model on a backend; pictures are arrays [B, 3, H, W] in [0, 1], and with a palette codes are arrays [B, D]."""

    needs_picture: bool  # it paints after pictures alone

    @property
    def palette(self) -> Palette | None:
        """Of the styles that it knows by name, where it has one."""

    def read(self, text: str, variation: int = 0, anyway: bool = False) -> Any:
        """Text -> code; of a palette: after which of the works that fit, and whether any does where nothing is known."""

    def look(self, picture: Array) -> Any:
        """Style picture -> code."""

    def encode(self, code: Any) -> Any:
        """Code -> style: whatever painting wants to know, worked out once."""

    def paint(self, image: Array, style: Any, strength: float | Array) -> Array:
        """Image -> painting; strength from 0 to 1, or a mask [B, 1, H, W]."""


def open_painter(folder: Path, backend: str = "auto", device: str = "auto") -> Painter:
    """The painter of a model folder.

    Args:
        folder: of the model.
        backend: onnxruntime and openvino run the graphs of a folder that has them, on the CPU; torch runs every model;
            "auto" takes onnxruntime where it can and torch else.
        device: for torch; any other than auto and cpu asks for torch.

    Raises:
        ModelFolderError: naming what is wrong with the folder.
        ValueError: the backend cannot run this model, or is not installed.
    """
    if backend not in BACKENDS:
        raise ValueError(f"there is no backend {backend!r}; there are {', '.join(BACKENDS)}")
    painter = choose(folder, backend, device)
    if painter.palette is not None:
        add_taught(painter.palette, folder)
    return painter


def choose(folder: Path, backend: str, device: str) -> Painter:
    """The painter without the names that it was taught."""
    check_folder(folder)
    graphs = has_graphs(folder)
    if backend == "auto":
        light = graphs and device in ("auto", "cpu") and find_spec("onnxruntime")
        backend = "onnxruntime" if light else "torch"
    if backend == "torch":
        if not find_spec("torch"):
            raise ValueError(f"{folder} needs torch: pip install 'txst[torch]'")
        from txst.inference.torch_painter import TorchPainter

        return TorchPainter.from_folder(folder, device)
    if not graphs:
        raise ValueError(
            f"{folder} has no graphs for {backend}: `python scripts/export.py {folder} --onnx` adds them to a model "
            "with a palette; the others are painted with by torch"
        )
    if device not in ("auto", "cpu"):
        raise ValueError(f"{backend} runs on the CPU here and not on {device}; take the backend torch")
    if not find_spec(backend):
        raise ValueError(f"the backend {backend} is not installed: pip install {backend}")
    from txst.inference.graph_painter import GraphPainter
    from txst.inference.runtimes import RUNTIMES

    return GraphPainter(folder, RUNTIMES[backend])


def has_graphs(folder: Path) -> bool:
    """Whether the folder holds all that painting after names and pictures takes."""
    return all((folder / f"{name}.onnx").is_file() for name in ("style", "paint", "look"))
