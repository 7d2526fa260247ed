"""The contract of what runs a model when it paints, and the choice among what is installed."""

from collections.abc import Sequence
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from txst.model_folder.config import GRAPHS, check_folder, paints_after_pictures, read_config
from txst.palette.codes import Array
from txst.palette.lookup import Palette
from txst.palette.user_styles import add_taught

if TYPE_CHECKING:  # it imports torch, which is not needed here
    from txst.types import Blends, Reads

BACKENDS = ("auto", "onnxruntime", "torch", "openvino")
PRECISIONS = {"float32": BACKENDS[1:], "bf16": ("openvino", "torch"), "int8": ("onnxruntime", "openvino")}


class Backend(Protocol):
    """A model on a backend; images are arrays [B, 3, H, W] in [0, 1], and of models that read codes a code is an array [B, D].

    What a style, its preparation, an image's features and statistics are, is each backend's own affair: Any.
    """

    reads: (
        "frozenset[Reads]"  # what a style may be given as, by name and by picture too; {"fixed"}: None is its only code
    )
    blends: "Blends"  # with pixels strength is best applied to the finished picture
    whole: bool  # it is never painted in tiles
    mixes_by_place: bool  # see `mix_by_place`

    @property
    def palette(self) -> Palette | None:
        """Of the styles that it knows by name, where it has one."""

    def text_code(self, text: str, variation: int = 0, nearest: bool = False) -> Any:
        """Text -> code; of a palette: after which of the works that fit, and whether any does where nothing is known."""

    def image_code(self, picture: Array) -> Any:
        """Style picture [1, 3, H, W] -> code."""

    def mix(self, codes: Sequence[Any], weights: Sequence[float]) -> Any:
        """Codes -> one between them."""

    def prepare_style(self, code: Any) -> Any:
        """Code -> all that painting wants to know of the style."""

    def mix_by_place(self, styles: Sequence[Any], shares: Array) -> Any:
        """What `prepare_style` gives of several styles -> one for one image, in which attention looks at each where it counts.

        Args:
            styles: R of them.
            shares: what each counts at each pixel of the image, [1, R, H, W], 0 or more.

        Raises:
            ValueError: this painter mixes none by place; `mixes_by_place` says so before.
        """

    def prepare_image(self, image: Array) -> Any:
        """Image -> all that painting wants to know of it alone, for many styles; None: there is no such thing."""

    def paint(
        self, image: Array, prepared: Any, strength: float | Array = 1.0, statistics: Any = None, features: Any = None
    ) -> Array:
        """Image -> painting.

        Args:
            image: [B, 3, H, W] in [0, 1].
            prepared: what `prepare_style` gives.
            strength: 0 to 1, or a mask of these [B, 1, H, W].
            statistics: what `measure` gives of a whole picture of which this is a part.
            features: what `prepare_image` gives of it, where that is at hand.
        """

    def measure(self, image: Array, prepared: Any, strength: float | Array = 1.0) -> Any:
        """The means and deviations that the image is painted by; empty where there are none."""

    def in_strokes(self, prepared: Any, fineness: Array) -> Any:
        """What `prepare_style` gives, to be painted in strokes that are told: a map [1, 1, H, W] from 0, the broadest, to 1.

        Raises:
            ValueError: the model chooses no strokes by place.
        """

    def bytes_per_pixel(self, prepared: Any) -> float:
        """Bytes of memory that each pixel takes which is painted at once, roughly."""


NO_MIXES = (
    "this model paints after pictures themselves or in one style and mixes none; "
    "regions with grey masks (regions=...) mix paintings"
)
NO_STROKES = (
    "this model does not choose strokes by place: leave fineness out, or take one that does (python scripts/train.py "
    "+experiment=aams); stroke=... makes all strokes larger, of every model"
)


def open_backend(folder: Path, backend: str = "auto", device: str = "auto", precision: str = "float32") -> Backend:
    """The backend of a model folder, with the names that its model was taught.

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
    opened = by_torch(folder, device, precision) if name == "torch" else by_graphs(folder, name, precision)
    if opened.palette is not None:
        add_taught(opened.palette, folder)
    return opened


def chosen(folder: Path, backend: str, device: str, precision: str) -> str:
    """The backend that is meant, if it is there and can do what is asked."""
    if backend not in BACKENDS:
        raise ValueError(f"there is no backend {backend!r}; there are {', '.join(BACKENDS)}")
    if precision not in PRECISIONS:
        raise ValueError(f"there is no precision {precision!r}; there are {', '.join(PRECISIONS)}")
    missing = {name for name in GRAPHS if not (folder / f"{name}.onnx").is_file()}
    graphs = not missing or (missing == {"look"} and not paints_after_pictures(read_config(folder)))
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


def by_torch(folder: Path, device: str, precision: str) -> Backend:
    from txst.backends.pytorch import TorchBackend

    return TorchBackend.from_folder(folder, device, precision)


def by_graphs(folder: Path, backend: str, precision: str) -> Backend:
    from txst.backends.onnx import OnnxBackend
    from txst.backends.runtimes import RUNTIMES

    if precision == "int8" and not (folder / "paint_int8.onnx").is_file():
        raise ValueError(f"{folder} has no graph in 8 bits: scripts/quantise.py makes one")
    return OnnxBackend(folder, partial(RUNTIMES[backend], precision=precision), precision)
