"""Fixed filters of colour, line and edge at several scales: a feature extractor that needs no weights.

Oriented derivatives of Gaussians on opponent colours, in a pyramid, with a second order that looks at the strength
of the finer level's lines: what Heeger and Bergen (1995, https://doi.org/10.1145/218380.218446) and the
scattering transform (Bruna and Mallat, 2013, https://arxiv.org/abs/1203.1513) describe textures with.
"""

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from txst.layers.reflect import reflect_pad
from txst.types import Features

LAYERS = ("bank1", "bank2", "bank4", "bank8")
ORIENTATIONS = 4


class FilterBank(nn.Module):
    """Image -> colours, edges, lines and line strengths at strides 1, 2, 4, 8.

    Channels of a layer: 3 opponent colours; light edges and lines, each in 4 orientations and both signs (16); strength of
    colour edges, red-green and blue-yellow in 4 orientations (8); and, below the first layer, the strength
    of the finer layer's lines in 4 orientations.

    Args:
        layers: what to return, of bank1, bank2, bank4, bank8; nothing is computed beyond the deepest.
    """

    opponents: Tensor
    filters: Tensor
    blur: Tensor

    def __init__(self, layers: Sequence[str] = LAYERS) -> None:
        super().__init__()
        if unknown := set(layers) - set(LAYERS):
            raise ValueError(f"no layer {min(unknown)!r}; the filter bank has {', '.join(LAYERS)}")
        self.computed = LAYERS[: 1 + max(LAYERS.index(layer) for layer in layers)]
        self.layers = [layer for layer in LAYERS if layer in layers]
        self.widths = {layer: 27 if layer == "bank1" else 31 for layer in self.layers}
        self.strides = {layer: int(layer.removeprefix("bank")) for layer in self.layers}
        edges, lines = derivatives(1), derivatives(2)  # [4, 5, 5] each
        filters = torch.zeros(4, ORIENTATIONS, 3, 5, 5)  # one dense convolution: quicker than one for each colour
        filters[0, :, 0], filters[1, :, 0], filters[2, :, 1], filters[3, :, 2] = edges, lines, edges, edges
        step = torch.tensor([1.0, 3.0, 3.0, 1.0]) / 8
        buffers = {
            "opponents": torch.tensor([[1.0, 1, 1], [4, -4, 0], [-2, -2, 4]])[..., None, None] * 4 / 3,
            "filters": filters.flatten(0, 1) * 4,
            "blur": torch.einsum("oi,h,w->oihw", torch.eye(3 + ORIENTATIONS), step, step),
        }
        for name, value in buffers.items():
            self.register_buffer(name, value, persistent=False)
        self.eval()

    def train(self, mode: bool = True) -> "FilterBank":
        """Stays in eval: there is nothing to train."""
        return super().train(False)

    def forward(self, image: Tensor) -> Features:
        """Gives the layers asked for, in the order of depth.

        Args:
            image: [B, 3, H, W] in [0, 1], at least 24 pixels wide and high.

        Returns:
            Maps [B, 27 or 31, H / stride, W / stride], of deviations from 0.3 to 1.3 on photos.
        """
        colours = F.conv2d(image - 0.5, self.opponents)
        finer = colours[:, :0]
        features = {}
        for layer in self.computed:
            if layer != "bank1":
                both = reflect_pad(torch.cat([colours, finer], 1), 1)
                both = F.conv2d(both, self.blur, stride=2)
                colours, finer = both[:, :3], both[:, 3:]
            found = F.conv2d(reflect_pad(colours, 2), self.filters)
            light, chroma = found.split(2 * ORIENTATIONS, 1)  # [B, 8, h, w] each
            if layer in self.layers:
                up = light.relu()
                features[layer] = torch.cat([colours, up, up - light, chroma.abs(), finer], 1)
            edges, lines = light.split(ORIENTATIONS, 1)
            finer = (edges.square() + lines.square() + 1e-6).sqrt()
        return features


def derivatives(order: int) -> Tensor:
    """First (edges) or second (lines) derivative of an elongated Gaussian in each orientation, [4, 5, 5].

    Each sums to zero and its absolute values to 2, so that a step of height 1 answers with about 1.
    """
    axis = torch.arange(-2.0, 3.0)
    angles = torch.arange(ORIENTATIONS) * math.pi / ORIENTATIONS
    cos, sin = angles.cos().view(-1, 1, 1), angles.sin().view(-1, 1, 1)
    across, along = cos * axis + sin * axis[:, None], cos * axis[:, None] - sin * axis
    gauss = torch.exp(-(across**2) / (2 * 0.9**2) - along**2 / (2 * 1.4**2))
    kernel = gauss * (across if order == 1 else 1 - across**2 / 0.9**2)
    kernel = kernel - gauss * kernel.sum((1, 2), keepdim=True) / gauss.sum((1, 2), keepdim=True)
    return 2 * kernel / kernel.abs().sum((1, 2), keepdim=True)
