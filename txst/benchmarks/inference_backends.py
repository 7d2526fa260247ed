"""The ways in which a bench paints with one model: each opens it and gives (image, code) -> painting."""

import copy
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import Tensor

from txst.backends.runtimes import RUNTIMES
from txst.export.graphs import graphs
from txst.export.int8 import quantise_paint
from txst.export.onnx import write_graphs
from txst.model_folder.config import WEIGHTS
from txst.types import Style, StyleModel

Paint = Callable[[Tensor, Tensor], object]  # (image [B, 3, H, W], code [B, D]) -> painting


def open_way(way: str, model: StyleModel, width: int, folder: Path, threads: int) -> Paint:
    """A model on a backend in a precision.

    Args:
        way: a backend, and bf16 or int8 after a blank: `torch`, `channels_last bf16`, `onnxruntime int8`.
        model: that paints after embeddings or codes, in eval mode.
        width: D of these.
        folder: for its graphs, which are written where they are missing.
        threads: to compute on.
    """
    backend, precision = split(way)
    torch.set_num_threads(threads)
    if backend in RUNTIMES:
        return by_graphs(backend, precision, model, width, folder, threads)
    if backend == "channels_last":
        model = copy.deepcopy(model).to(memory_format=torch.channels_last)

    def paint(image: Tensor, code: Tensor) -> Tensor:
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16"):
            return model(image, model.prepare_style(Style(code))).image

    return paint


def by_graphs(backend: str, precision: str, model: StyleModel, width: int, folder: Path, threads: int) -> Paint:
    if not folder.exists():
        folder.mkdir()
        save_file({f"model.{name}": x for name, x in model.state_dict().items()}, folder / WEIGHTS)
        write_graphs(graphs(model, width), folder)
    prepare = RUNTIMES[backend](folder / "style.onnx", threads)
    name = "paint"
    if precision == "int8":
        name = "paint_int8"
        if not (folder / f"{name}.onnx").exists():
            image, code = (x.numpy() for x in inputs(width, 128, 1))
            quantise_paint(folder, [{"image": image, **prepare({"code": code})}])
    run = RUNTIMES[backend](folder / f"{name}.onnx", threads, precision)
    return lambda image, code: run({"image": image.numpy(), **prepare({"code": code.numpy()})})


def split(way: str) -> tuple[str, str]:
    """Backend and precision."""
    backend, _, precision = way.partition(" ")
    return backend, precision or "float32"


def inputs(width: int, size: int, batch: int) -> tuple[Tensor, Tensor]:
    """Random pictures and codes."""
    draw = torch.Generator().manual_seed(0)
    image = torch.rand(batch, 3, size, size, generator=draw)
    return image, F.normalize(torch.randn(batch, width, generator=draw), dim=-1)


def peaks(
    way: str, model: StyleModel, width: int, folder: Path, threads: int, kinds: Sequence[tuple[int, int]]
) -> list[int]:
    """Bytes resident at most beyond those of the open model, for sizes and batches in growing order; Linux tells."""
    paint = open_way(way, model, width, folder, threads)
    Path("/proc/self/clear_refs").write_text("5")  # the highest so far is forgotten
    before, found = highest(), []
    for size, batch in kinds:
        paint(*inputs(width, size, batch))
        found.append(highest() - before)
    return found


def highest() -> int:
    """Bytes of this process that were resident at most."""
    return 1024 * int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0])
