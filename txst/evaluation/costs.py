"""The cost of painting, as columns beside the metrics: at several sizes."""

from collections.abc import Sequence
from typing import Any

import torch
from PIL import Image

from txst.benchmarks.cost import cost
from txst.evaluation.measuring import sentence
from txst.evaluation.methods import Method

UNITS = {
    "ms": "milliseconds a picture, median of {repeats}",
    "gflop": "thousand million operations a picture",
    "mib": "mebibytes at the peak, without weights",
}
REPEATS = {256: 5, 512: 3}  # up to so many pixels a side, and once above


def repeats(size: int) -> int:
    return next((count for most, count in REPEATS.items() if size <= most), 1)


def cost_facts(sizes: Sequence[int], device: torch.device) -> dict[str, dict[str, Any]]:
    """What stands over the columns."""
    threads = f", {torch.get_num_threads()} threads" if device.type == "cpu" else ""
    return {
        f"{name}_{size}": {
            "unit": unit.format(repeats=repeats(size)),
            "network": f"none: the network alone, the style worked out, {size} x {size} pixels, {device.type}{threads}",
            "higher_is_better": False,
        }
        for name, unit in UNITS.items()
        for size in sizes
    }


def cost_figures(method: Method, painting: Image.Image, artist: str, sizes: Sequence[int]) -> dict[str, dict[str, Any]]:
    """The costs of a method that is a network; none of the others. A size that fails has its error."""
    if method.network is None:
        return {f"{name}_{size}": {"value": None, "n": 0} for name in UNITS for size in sizes}
    network, device = method.network(painting, artist)
    found: dict[str, dict[str, Any]] = {}
    for size in sizes:
        try:
            own = cost(network, size, size, str(device), repeats(size))
        except Exception as error:  # such as memory that does not suffice
            found |= {f"{name}_{size}": {"error": sentence(error)} for name in UNITS}
            continue
        values = (own.milliseconds, own.flops / 1e9, own.peak_bytes / 2**20)
        found |= {f"{name}_{size}": {"value": value, "n": 1} for name, value in zip(UNITS, values, strict=True)}
    return found
