"""CAST's style embedder: pictures with one hand in them lie close together, in several layers of a network.

Zhang et al., SIGGRAPH 2022, https://arxiv.org/abs/2205.09542, section 3.1. It is learnt by contrast (training/contrast.py).

Departs from it: the network under it is frozen, as the paper says and its code does not do; the codes of the layers are
joined to one embedding.
"""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from txst.encoders.weights import fill, origin, read
from txst.layers.ops import at_least_float32
from txst.types import Encoder

SMALLEST = 24  # pixels a side; smaller, the deepest maps have no place left


class StyleProjector(nn.Module):
    """Picture -> one code for each layer of a frozen network; it reads no words.

    Args:
        feature_extractor: image -> Features with `widths`; frozen here. Published: VGG-19 to relu4_1, four layers.
        code: numbers of a layer's code. Published: 2048.
        hidden: widths inside a projector. Published: 1024 and 2048.
        weights: a safetensors file of this class; None leaves it untrained.
    """

    bundled = True  # its weights travel with the models that are conditioned on it
    reads_text = False

    def __init__(
        self,
        feature_extractor: Encoder,
        code: int = 64,
        hidden: Sequence[int] = (256, 256),
        weights: str | Path | None = None,
    ) -> None:
        super().__init__()
        self.feature_extractor: Encoder = feature_extractor.requires_grad_(False).eval()
        self.projectors = nn.ModuleDict(
            {name: Projector(width, hidden, code) for name, width in feature_extractor.widths.items()}
        )
        self.code = code
        self.width = code * len(self.projectors)
        if weights is not None:
            fill(self, read(weights), weights)
            self.origin = origin(weights)

    def forward(self, image: Tensor) -> Tensor:
        """Pictures [B, 3, H, W] in [0, 1] -> [B, D], unit length."""
        if min(image.shape[-2:]) < SMALLEST:
            height, width = image.shape[-2:]
            raise ValueError(f"a style picture of {width} x {height} is too small: {SMALLEST} pixels a side at least")
        return self.codes(image).flatten(1) / len(self.projectors) ** 0.5

    def codes(self, image: Tensor) -> Tensor:
        """Pictures [B, 3, H, W] in [0, 1] -> [B, L, D / L], each of unit length."""
        features = self.feature_extractor(image)
        return torch.stack([project(features[name]) for name, project in self.projectors.items()], 1)

    def text(self, prompts: Sequence[str]) -> Tensor:
        raise ValueError(
            f"this model's style embedder reads no words such as {prompts[0]!r}: give a style picture (style_image=...)"
        )


class Projector(nn.Module):
    """Mean and maximum of each channel -> a code.

    Args:
        width: C of the map.
        hidden: widths inside.
        code: width of the code.
    """

    def __init__(self, width: int, hidden: Sequence[int], code: int) -> None:
        super().__init__()
        self.pool = nn.Linear(2 * width, width)
        steps = [width, *hidden, code]
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(steps))

    def forward(self, x: Tensor) -> Tensor:
        """[B, C, h, w] -> [B, code], unit length."""
        x = self.pool(torch.cat([x.mean((2, 3)), x.amax((2, 3))], 1))
        for layer in self.layers:
            x = layer(x.relu())
        return F.normalize(at_least_float32(x), dim=1)
