"""MicroAST: two micro encoders, a modulator and a decoder; a style picture comes to 512 numbers.

Wang et al., AAAI 2023, https://arxiv.org/abs/2211.15313; the network is that of the released code,
https://github.com/EndyWon/MicroAST (MIT).
"""

from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor, nn

from txst.encoders.weights import fill, read
from txst.layers.blend import blend
from txst.layers.ops import channel_stats, instance_norm
from txst.layers.reflect import ReflectConv
from txst.layers.tensors import pad_to_multiple
from txst.types import Blends, Controls, Features, Painting, Prepared, Reads, Style


class MicroAST(nn.Module):
    """A picture and a style picture in, a picture out.

    Args:
        width: channels at full resolution; 2 and 4 times as many at half and a quarter. Published: 16.
        weights: the model.safetensors of a folder that scripts/import_weights.py made; None leaves it untrained.
    """

    reads: frozenset[Reads] = frozenset({"image"})
    stride = 4
    blends: Blends = "features"
    whole = False

    def __init__(self, width: int = 16, weights: str | Path | None = None) -> None:
        super().__init__()
        self.encoder = Encoder(width)
        self.style_encoder = Encoder(width)
        self.modulator = nn.ModuleDict({level: Modulator(4 * width) for level in self.encoder.widths})
        self.decoder = Decoder(width)
        if weights is not None:
            fill(self, {k.removeprefix("model."): w for k, w in read(weights).items()}, weights)

    def prepare_style(self, style: Style) -> Prepared:
        """For each level mean, deviation, weight and bias of the style picture, [B, 4 C, 1, 1]."""
        if style.image is None:
            raise ValueError("MicroAST paints after a style picture; a text or its embedding alone has no features")
        picture = style.image
        if min(picture.shape[-2:]) < 8:  # the first convolution reflects 4 pixels, the last ones a map's second
            picture = pad_to_multiple(picture, self.stride)
        features = self.style_encoder(picture)
        return {
            level: torch.cat([*channel_stats(x, correction=1), *self.modulator[level](x)], 1)
            for level, x in features.items()
        }

    def prepare_image(self, image: Tensor) -> Features:
        """The encoder's features of an image, grown to multiples of the stride."""
        return self.encoder(pad_to_multiple(image, self.stride))

    def forward(
        self, image: Tensor, prepared: Prepared, controls: Controls = Controls(), features: Features | None = None
    ) -> Painting:
        """Paints.

        Args:
            image: [B, 3, H, W] in [0, 1], any H and W.
            prepared: what `prepare_style` gives.
            controls: the strength is of the two normalisations; as published, the modulation is always whole.
            features: what `prepare_image` gives of this image, where it is at hand.
        """
        height, width = image.shape[-2:]
        content = self.prepare_image(image) if features is None else features
        if isinstance(controls.strength, Tensor):
            controls = replace(controls, strength=pad_to_multiple(controls.strength, self.stride))
        painted = self.decoder(content, prepared, controls)[..., :height, :width]
        return Painting(painted if self.training else painted.clamp(0, 1))


class Encoder(nn.Module):
    """Image -> two levels at a quarter of its size, without any normalisation."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.widths = {"level1": 4 * width, "level2": 4 * width}
        self.strides = {"level1": 4, "level2": 4}
        self.level1 = nn.Sequential(
            conv(3, width, 9), nn.ReLU(True),
            conv(width, 2 * width, 3, stride=2, groups=width), nn.ReLU(True),
            conv(2 * width, 2 * width, 1), nn.ReLU(True),
            conv(2 * width, 4 * width, 3, stride=2, groups=2 * width), nn.ReLU(True),
            conv(4 * width, 4 * width, 1), nn.ReLU(True),
            Residual(4 * width),
        )  # fmt: skip
        self.level2 = Residual(4 * width)

    def forward(self, image: Tensor) -> Features:
        level1 = self.level1(image)
        return {"level1": level1, "level2": self.level2(level1)}


class Residual(nn.Module):
    """Two convolutions beside the way through; a weight and a bias [B, C, 1, 1] may scale them and add the map to them."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv1, self.conv2 = conv(width, width, 3), conv(width, width, 3)

    def forward(self, x: Tensor, weight: Tensor | None = None, bias: Tensor | None = None) -> Tensor:
        if weight is None or bias is None:
            return x + self.conv2(self.conv1(x).relu_())
        y = torch.addcmul(weight * self.conv1(x), bias, x).relu_()
        return torch.addcmul(x, weight, self.conv2(y)).addcmul(bias, y)


class Modulator(nn.Module):
    """A level's map -> the weight and the bias [B, C, 1, 1] of a residual block."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight, self.bias = conv(width, width, 3, groups=width), conv(width, width, 3, groups=width)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return self.weight(x).mean((2, 3), keepdim=True), self.bias(x).mean((2, 3), keepdim=True)


class Decoder(nn.Module):
    """Normalises and modulates by the style's second level, then by its first, and grows to full size."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.level2, self.level1 = Residual(4 * width), Residual(4 * width)
        self.paint = nn.Sequential(
            nn.Upsample(scale_factor=2.0, mode="bilinear"),
            conv(4 * width, 2 * width, 3, groups=2 * width), nn.ReLU(True),
            conv(2 * width, 2 * width, 1), nn.ReLU(True),
            nn.Upsample(scale_factor=2.0, mode="bilinear"),
            conv(2 * width, width, 3, groups=width), nn.ReLU(True),
            conv(width, width, 1), nn.ReLU(True),
            conv(width, 3, 9),
        )  # fmt: skip

    def forward(self, content: Features, prepared: Prepared, controls: Controls) -> Tensor:
        x = content["level2"]
        for level, residual in (("level2", self.level2), ("level1", self.level1)):
            mean, std, weight, bias = prepared[level].chunk(4, 1)
            normalised = instance_norm(x, correction=1, statistics=controls.statistics) * std + mean
            x = blend(x, normalised, controls.strength)
            x = residual(x, weight, bias)
        return self.paint(x)


def conv(a: int, b: int, size: int, stride: int = 1, groups: int = 1) -> nn.Conv2d:
    return ReflectConv(a, b, size, stride, groups=groups)
