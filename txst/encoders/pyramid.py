"""A small encoder that is trained with the rest: for machines without a GPU, and for fast models."""

from torch import Tensor, nn

from txst.layers.ops import he_init
from txst.layers.reflect import ReflectConv
from txst.types import Features


class Pyramid(nn.Module):
    """Stride-2 convolutions; layers `scale1`, `scale2`, ... at strides 2, 4, 8.

    Args:
        widths: channels by layer, shallow to deep; each halves the resolution.
        convs: convolutions that follow the halving one, at each layer.
    """

    def __init__(self, widths: dict[str, int], convs: int = 1) -> None:
        super().__init__()
        self.widths = dict(widths)
        self.strides = {name: 2 ** (i + 1) for i, name in enumerate(widths)}
        ins = [3, *widths.values()]
        self.stages = nn.ModuleDict()
        for i, (a, (name, width)) in enumerate(zip(ins, widths.items(), strict=False)):
            halve = ReflectConv(a, width, 4 if i else 6, stride=2, padding=1 if i else 2)
            stage: list[nn.Module] = [halve, nn.ReLU()]
            for _ in range(convs):
                stage += [ReflectConv(width, width, 3), nn.ReLU()]
            self.stages[name] = nn.Sequential(*stage)
        self.apply(he_init)

    def forward(self, image: Tensor) -> Features:
        """[B, 3, H, W] in [0, 1] -> Features."""
        features, x = {}, image - 0.5
        for name, stage in self.stages.items():
            x = features[name] = stage(x)
        return features
