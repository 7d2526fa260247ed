"""The network of a metric, in words."""

from torch import nn


def named(network: nn.Module) -> str:
    """A network and the file its weights are from, e.g. "SqueezeNet (squeezenet1_1-b8a52dc0.pth, sha256 b8a52dc0)"."""
    if next(network.parameters(), None) is None and not hasattr(network, "origin"):
        return f"{type(network).__name__} (fixed)"
    return f"{type(network).__name__} ({getattr(network, 'origin', 'random weights')})"
