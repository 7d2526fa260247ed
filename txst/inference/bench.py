"""How fast a model paints: every model, size and backend in turn, round after round, so that what else the machine does hits all alike."""

import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode
from tqdm import tqdm

from txst.inference.graphs import graphs
from txst.inference.onnx_files import write_graphs
from txst.inference.opened import WEIGHTS
from txst.inference.runtimes import onnxruntime
from txst.types import Style


@dataclass
class Row:
    """One model on one backend at one size."""

    model: str
    backend: str
    size: int
    weights: int  # numbers, in the model
    flop: int  # of one picture
    run: Callable[[], Any]
    seconds: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)


def measure(
    models: dict[str, nn.Module], widths: dict[str, int], sizes: list[int], backends: list[str], rounds: int
) -> list[Row]:
    """Paints with each, in turn.

    Args:
        models: name -> text-driven model, in eval mode.
        widths: name -> D of its style embedding.
        sizes: sides of the square pictures, in pixels.
        backends: `torch`, `channels_last`, `onnx`.
        rounds: how often; the first one more, which does not count.
    """
    if unknown := [name for name in backends if name not in BACKENDS]:
        raise ValueError(f"no backend {unknown[0]!r}; there are {', '.join(BACKENDS)}")
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for name, model in models.items():
            for backend in backends:
                paint = BACKENDS[backend](model, widths[name], Path(folder, name))
                rows += [row(name, model, widths[name], backend, size, paint) for size in sizes]
        for r in tqdm(range(rounds + 1), desc="bench", unit="round"):
            for each in rows:
                begun = time.perf_counter()
                each.run()
                if r:
                    each.seconds.append(time.perf_counter() - begun)
    return rows


def row(name: str, model: nn.Module, width: int, backend: str, size: int, paint: Callable[..., Any]) -> Row:
    draw = torch.Generator().manual_seed(0)
    image = torch.rand(1, 3, size, size, generator=draw)
    embedding = nn.functional.normalize(torch.randn(1, width, generator=draw), dim=-1)
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        model(image, Style(embedding))
    count = sum(p.numel() for p in model.parameters())
    return Row(name, backend, size, count, counter.get_total_flops(), lambda: paint(image, embedding))


def in_torch(model: nn.Module, width: int, folder: Path) -> Callable[[Tensor, Tensor], Any]:
    def paint(image: Tensor, embedding: Tensor) -> Tensor:
        with torch.inference_mode():
            return model(image, Style(embedding))

    return paint


def channels_last(model: nn.Module, width: int, folder: Path) -> Callable[[Tensor, Tensor], Any]:
    import copy

    return in_torch(copy.deepcopy(model).to(memory_format=torch.channels_last), width, folder)


def in_onnx(model: nn.Module, width: int, folder: Path) -> Callable[[Tensor, Tensor], Any]:
    if not folder.exists():
        folder.mkdir()
        save_file({f"model.{name}": x for name, x in model.state_dict().items()}, folder / WEIGHTS)
        write_graphs(graphs(model, width), folder)
    paint = onnxruntime(folder / "paint.onnx", torch.get_num_threads())
    style = folder / "style.onnx"
    derive = onnxruntime(style, torch.get_num_threads()) if style.exists() else dict

    def run(image: Tensor, embedding: Tensor) -> Any:
        return paint({"image": image.numpy(), **derive({"code": embedding.numpy()})})

    return run


BACKENDS = {"torch": in_torch, "channels_last": channels_last, "onnx": in_onnx}


def table(rows: list[Row], baseline: str) -> str:
    """A line for each; `ratio` is to the baseline in plain torch at the same size, where that was measured."""
    slow = {r.size: r.median for r in rows if r.model == baseline and r.backend == "torch"}
    head = f"{'model':16} {'backend':14} {'size':>5} {'weights':>9} {'GFLOP':>8} {'ms':>9} {'GFLOP/s':>8}"
    lines = [
        f"{r.model:16} {r.backend:14} {r.size:5} {r.weights / 1e6:8.2f}M {r.flop / 1e9:8.2f} "
        f"{1e3 * r.median:9.1f} {r.flop / r.median / 1e9:8.1f}"
        + (f"  ratio={slow[r.size] / r.median:.1f}" if r.size in slow else "")
        for r in rows
    ]
    return "\n".join([head, *lines])
