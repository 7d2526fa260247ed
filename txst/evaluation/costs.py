"""The cost of painting, as columns beside the metrics."""

from typing import Any

import torch
from PIL import Image

from txst.benchmarks.cost import cost
from txst.evaluation.methods import Method

UNITS = {
    "ms": "milliseconds a picture, median of 5",
    "gflop": "thousand million operations a picture",
    "mib": "mebibytes at the peak, without weights",
}


def cost_facts(size: int, device: torch.device) -> dict[str, dict[str, Any]]:
    """What stands over the columns."""
    threads = f", {torch.get_num_threads()} threads" if device.type == "cpu" else ""
    where = f"none: the network alone, the style worked out, {size} x {size} pixels, {device.type}{threads}"
    return {name: {"unit": unit, "network": where, "higher_is_better": False} for name, unit in UNITS.items()}


def cost_figures(method: Method, painting: Image.Image, artist: str, size: int) -> dict[str, dict[str, Any]]:
    """The costs of a method that is a network; none of the others."""
    if method.network is None:
        return {name: {"value": None, "n": 0} for name in UNITS}
    network, device = method.network(painting, artist)
    found = cost(network, size, size, str(device))
    values = (found.milliseconds, found.flops / 1e9, found.peak_bytes / 2**20)
    return {name: {"value": value, "n": 1} for name, value in zip(UNITS, values, strict=True)}
