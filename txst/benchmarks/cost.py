"""What it takes to paint a picture: time, arithmetic and memory."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.profiler import ProfilerActivity, profile
from torch.utils.flop_counter import FlopCounterMode


@dataclass(frozen=True)
class Cost:
    """Of painting one picture."""

    height: int
    width: int
    device: str  # its name, and the number of threads on a CPU
    milliseconds: float  # median over the repeats
    flops: int  # a multiplication and an addition are two; convolutions and matrix products alone
    peak_bytes: int  # of tensors alive at one time beyond those before, without the weights


def cost(paint: Callable[[Tensor], Tensor], height: int, width: int, device: str = "cpu", repeats: int = 5) -> Cost:
    """Measures a painter on noise.

    Args:
        paint: [1, 3, H, W] in [0, 1] -> the same; its weights lie on the device.
        height: in pixels.
        width: in pixels.
        device: cpu or cuda.
        repeats: how often it is timed, after a first time that is not.
    """
    if torch.device(device).type not in ("cpu", "cuda"):
        raise ValueError(f"costs are measured on cpu and cuda, not on {device}")
    image = torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(0)).to(device)
    cuda = torch.device(device).type == "cuda"
    with torch.inference_mode():
        with FlopCounterMode(display=False) as counter:
            paint(image)
        times = []
        for _ in range(repeats):
            start = moment(cuda)
            paint(image)
            times.append(1000 * (moment(cuda) - start))
        peak = peak_on_cuda(paint, image) if cuda else peak_on_cpu(paint, image)
    name = torch.cuda.get_device_name(image.device) if cuda else f"{device}, {torch.get_num_threads()} threads"
    return Cost(height, width, name, sorted(times)[len(times) // 2], counter.get_total_flops(), peak)


def moment(cuda: bool) -> float:
    """Seconds, when all that was asked for is done."""
    if cuda:
        torch.cuda.synchronize()
    return time.perf_counter()


def peak_on_cuda(paint: Callable[[Tensor], Tensor], image: Tensor) -> int:
    before = torch.cuda.memory_allocated(image.device)
    torch.cuda.reset_peak_memory_stats(image.device)
    paint(image)
    return torch.cuda.max_memory_allocated(image.device) - before


def peak_on_cpu(paint: Callable[[Tensor], Tensor], image: Tensor) -> int:
    """From the profiler's record of every allocation and release."""
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as record:
        paint(image)
    alive = peak = 0
    for event in record.profiler.kineto_results.events():  # type: ignore[union-attr]  # no public name for these
        if event.name() == "[memory]":
            alive += event.nbytes()
            peak = max(peak, alive)
    return peak


def matmul_rate(place: torch.device, precision: str, seconds: float = 1.0) -> float:
    """GFLOP/s of the fastest product of two square matrices, in the type in which the precision multiplies."""
    side = 8192 if place.type == "cuda" else 2048
    dtype = {"bf16": torch.bfloat16, "16": torch.float16}.get(precision.split("-")[0], torch.float32)
    a = torch.randn(side, side, device=place, dtype=dtype)
    fastest, end = float("inf"), time.perf_counter() + seconds
    while time.perf_counter() < end:
        begun = moment(place.type == "cuda")
        a @ a
        fastest = min(fastest, moment(place.type == "cuda") - begun)
    return 2 * side**3 / fastest / 1e9
