"""Photorealistic transfer by a thin network distilled from a VGG: Chiu and Gurari, 2022, https://arxiv.org/abs/2203.13452.

The network is that of the released code, https://github.com/chiutaiyin/PCA-Knowledge-Distillation (MIT), with VGG's backbone.
"""

from collections.abc import Sequence
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from txst.encoders.vgg import VGG
from txst.layers.blend import blend, is_full
from txst.layers.ops import full_precision, he_init
from txst.layers.reflect import ReflectConv
from txst.layers.tensors import pad_to_multiple
from txst.layers.whitening import mean_and_covariance, symmetric_power
from txst.types import Blends, Controls, Features, Moments, NormStatistics, Painting, Prepared, Reads, Style

IMAGE = "image"  # its name among the features, for the finest skip
FLOOR = 1.0  # of variances: the published covariances are those plus one
LEVELS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1")


class PCAKD(nn.Module):
    """A photo in the colours and the light of another, block by block; nothing of its drawing changes.

    The features of each level are whitened and given the style's covariance and mean (ZCA), then decoded to the next level,
    where what the pooling lost comes from the photo.

    Departs from it: sides are grown to multiples of 8 by reflection, not resized to them.

    Args:
        channels: of the four levels. Published: 10, 20, 58, 64.
        convs: convolutions in each block of the VGG that it was distilled from: (2, 2, 4, 4) of VGG-19, (2, 2, 3, 3) of VGG-16.
        teacher: channels of that VGG's levels; its eigenbases map centred features back to these.
    """

    reads: frozenset[Reads] = frozenset({"image"})
    stride = 8
    blends: Blends = "pixels"
    whole = False

    def __init__(
        self,
        channels: Sequence[int] = (10, 20, 58, 64),
        convs: Sequence[int] = (2, 2, 4, 4),
        teacher: Sequence[int] = (64, 128, 256, 512),
    ) -> None:
        super().__init__()
        if any(thin > wide for thin, wide in zip(channels, teacher, strict=True)):
            raise ValueError(
                f"channels={list(channels)} of a teacher with {list(teacher)}: no level has more than its teacher's"
            )
        self.encoder = VGG(LEVELS, channels, convs, colour=True, normalise=False)
        self.encoder.requires_grad_(True)
        colour = self.encoder.get_submodule("colour").requires_grad_(False)
        self.encoder.apply(he_init)
        with torch.no_grad():
            colour.get_parameter("weight").copy_(torch.eye(3)[..., None, None])  # the published one is a random matrix
        self.basis = Eigenbases(dict(zip(LEVELS, zip(teacher, channels, strict=True), strict=True)))
        ups = [Up(wide, thin, count) for (thin, wide), count in zip(pairwise(channels), convs, strict=False)]
        self.decoder = nn.ModuleList([ToImage(channels[0]), *ups])
        self.decoder.apply(he_init)

    def prepare_style(self, style: Style) -> Prepared:
        """For each level the mean [B, C, 1] and the root of the covariance [B, C, C] of the style picture's features."""
        if style.image is None:
            raise ValueError("PCA-KD paints after a style picture; a text or its embedding alone has no features")
        features = self.prepare_image(style.image)
        prepared: Prepared = {}
        for name in LEVELS:
            mean, covariance = mean_and_covariance(features[name], FLOOR)
            prepared |= {f"{name}.mean": mean, f"{name}.root": symmetric_power(covariance, 0.5)}
        return prepared

    def prepare_image(self, image: Tensor) -> Features:
        """The encoder's features of an image, grown to multiples of the stride, and the grown image."""
        grown = pad_to_multiple(image, self.stride)
        return {IMAGE: grown, **self.encoder(grown)}

    def forward(
        self, image: Tensor, prepared: Prepared, controls: Controls = Controls(), features: Features | None = None
    ) -> Painting:
        """Paints.

        Args:
            image: [B, 3, H, W] in [0, 1], any H and W.
            prepared: what `prepare_style` gives.
            controls: strength blends pixels.
            features: what `prepare_image` gives of this image, where it is at hand.
        """
        height, width = image.shape[-2:]
        features = self.prepare_image(image) if features is None else features
        x = features[LEVELS[-1]]
        for level in reversed(range(len(LEVELS))):
            x = recoloured(x, prepared, LEVELS[level], controls.statistics)
            x = self.decoder[level](x, self.skip(features, level))
        painted = x[..., :height, :width]
        painted = painted if self.training else painted.clamp(0, 1)
        return Painting(painted if is_full(controls.strength) else blend(image, painted, controls.strength))

    def reconstructed(self, features: Features) -> Features:
        """What the decoder makes of the deepest features with no style put in, level by level, and the image."""
        found: Features = {}
        x = features[LEVELS[-1]]
        for level in reversed(range(len(LEVELS))):
            x = found[LEVELS[level - 1] if level else IMAGE] = self.decoder[level](x, self.skip(features, level))
        return found

    def skip(self, features: Features, level: int) -> Tensor:
        """What a block's input has beyond its mean over 3 x 3 places: what is lost on the way down."""
        x = features[LEVELS[level - 1] if level else IMAGE]
        return x - F.avg_pool2d(F.pad(x, (1, 1, 1, 1), mode="replicate"), 3, stride=1)


class ToImage(nn.Module):
    """The finest features and the skip beside each other -> an image [B, 3, H, W], not held to [0, 1]."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv = ReflectConv(width + 3, 3, 3)

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        return self.conv(torch.cat([x, skip], 1))


class Up(nn.Module):
    """A block of the VGG backwards: narrower, twice the size, and the skip added before the last convolution."""

    def __init__(self, wide: int, thin: int, convs: int) -> None:
        super().__init__()
        self.narrow = ReflectConv(wide, thin, 3)
        self.convs = nn.ModuleList(ReflectConv(thin, thin, 3) for _ in range(convs - 1))

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        x = F.interpolate(self.narrow(x).relu_(), scale_factor=2.0, mode="bilinear")
        for conv in self.convs[:-1]:
            x = conv(x).relu_()
        return self.convs[-1](x + skip).relu_()


class Eigenbases(nn.Module):
    """For each level a matrix [D, C] of orthonormal columns: the teacher's D channels by the student's C, both less their means."""

    def __init__(self, shapes: dict[str, tuple[int, int]]) -> None:
        super().__init__()
        for name, shape in shapes.items():
            self.register_buffer(name, torch.zeros(shape))


def recoloured(x: Tensor, prepared: Prepared, name: str, statistics: NormStatistics | None) -> Tensor:
    """A map [B, C, h, w] with the style's mean and covariance."""

    def measure() -> Moments:
        mean, covariance = mean_and_covariance(x, FLOOR)
        return mean, symmetric_power(covariance, -0.5)

    mean, whiten = measure() if statistics is None else statistics(measure)
    with full_precision(x):
        colour = prepared[f"{name}.root"] @ whiten
        styled = colour @ (x.flatten(2).to(mean.dtype) - mean) + prepared[f"{name}.mean"]
    return styled.view_as(x).to(x.dtype)
