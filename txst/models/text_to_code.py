"""A text becomes a code, and a code the norms of an image network: any text in one pass, after FastCLIPstyler.

The image network is that of Ghiasi et al., 2017, https://arxiv.org/abs/1705.06830. Shapes after the code of FastCLIPstyler
(https://github.com/sertiscorp/FastCLIPstyler), which has no training: how it is trained here (+experiment=clipstyler_any) is ours.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from txst.layers.blend import blend, is_full
from txst.layers.ops import at_least_float32, instance_norm
from txst.layers.reflect import ReflectConv
from txst.layers.tensors import pad_to_multiple
from txst.models.johnson import SMALLEST, GrownConv
from txst.types import Blends, Controls, Features, NormStatistics, Painting, Prepared, Reads, Style

Norm = tuple[Tensor, Tensor]  # scale and shift, [B, C, 1, 1]


class TextToCode(nn.Module):
    """An embedding through a small network to a code; from the residual blocks on, the code sets every scale and shift.

    Departs from it: the painting is as large as the image, whose sides may be any.

    Args:
        style_width: D of the embedding.
        code: numbers of a code.
        hidden: widths between the two.
        width: channels at full size; 2 and 4 times as many at half and at a quarter.
        blocks: residual blocks.
    """

    reads: frozenset[Reads] = frozenset({"text"})
    stride = 4
    blends: Blends = "pixels"
    whole = False

    def __init__(
        self,
        style_width: int,
        code: int = 100,
        hidden: Sequence[int] = (256, 256, 150, 150),
        width: int = 32,
        blocks: int = 5,
    ) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for a, b in pairwise([style_width, *hidden, code]):
            layers += [nn.Linear(a, b), nn.LeakyReLU(0.2)]
        self.code = nn.Sequential(*layers[:-1], nn.Tanh())
        widths = [width, 2 * width, 4 * width]
        self.norms = [*[widths[-1]] * (2 * blocks), *widths[-2::-1], 3]
        self.set_norms = nn.Linear(code, 2 * sum(self.norms))
        with torch.no_grad():  # scales begin about 1
            for scale, _ in self.split(self.set_norms.bias[None]):
                scale.add_(1)
        self.down = nn.ModuleList([ReflectConv(3, width, 9), *(ReflectConv(a, b, 3, 2) for a, b in pairwise(widths))])
        self.blocks = nn.ModuleList(Residual(widths[-1]) for _ in range(blocks))
        self.up = nn.ModuleList(GrownConv(a, b, 3) for a, b in pairwise(widths[::-1]))
        self.last = ReflectConv(width, 3, 9)

    def prepare_style(self, style: Style) -> Prepared:
        """The scales and shifts [B, ...] that the embedding asks for."""
        if style.embedding is None:
            raise ValueError("this model paints after the embedding of a text or of a picture, and none is given")
        return {"norms": self.set_norms(self.code(style.embedding))}

    def prepare_image(self, image: Tensor) -> None:
        """There is no such thing."""

    def forward(
        self, image: Tensor, prepared: Prepared, controls: Controls = Controls(), features: Features | None = None
    ) -> Painting:
        """Paints.

        Args:
            image: [B, 3, H, W] in [0, 1], any H and W.
            prepared: what `prepare_style` gives.
            controls: strength blends pixels.
            features: None.
        """
        height, width = image.shape[-2:]
        x = pad_to_multiple(image, self.stride) if min(height, width) < SMALLEST else image
        painted = self.painted(x, prepared["norms"], controls.statistics)[..., :height, :width]
        return Painting(painted if is_full(controls.strength) else blend(image, painted, controls.strength))

    def painted(self, x: Tensor, norms: Tensor, statistics: NormStatistics | None) -> Tensor:
        """The network itself: the sides of what it gives are multiples of 4."""
        each = self.split(norms)
        for layer in self.down:
            x = instance_norm(layer(x), statistics=statistics).relu()
        for block in self.blocks:
            x = block(x, next(each), next(each), statistics)
        for layer in self.up:
            x = normed(layer(x), next(each), statistics).relu()
        return at_least_float32(normed(self.last(x), next(each), statistics)).sigmoid()

    def split(self, norms: Tensor) -> Iterator[Norm]:
        """A scale and a shift for each normalisation, in order."""
        for part in norms.split([2 * n for n in self.norms], dim=1):
            scale, shift = part[..., None, None].chunk(2, dim=1)
            yield scale, shift


class Residual(nn.Module):
    """Two convolutions beside the way through."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first, self.second = ReflectConv(width, width, 3), ReflectConv(width, width, 3)

    def forward(self, x: Tensor, first: Norm, second: Norm, statistics: NormStatistics | None) -> Tensor:
        y = normed(self.first(x), first, statistics).relu()
        return x + normed(self.second(y), second, statistics)


def normed(x: Tensor, norm: Norm, statistics: NormStatistics | None) -> Tensor:
    """Instance normalisation under a scale and a shift."""
    scale, shift = norm
    return torch.addcmul(shift, instance_norm(x, statistics=statistics), scale)
