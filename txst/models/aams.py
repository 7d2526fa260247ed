"""Attention-aware multi-stroke style transfer: Yao et al., 2019, https://arxiv.org/abs/1901.05127.

Departs from the released code: nothing is drawn at random (its blur is a random kernel, its k-means begins anywhere), so that a
photo is painted the same way twice; sides are grown by reflection and not limited.
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from txst.layers.blend import blend, is_full
from txst.layers.ops import channel_stats, full_precision, he_init, instance_norm
from txst.layers.reflect import ReflectConv
from txst.layers.strokes import even_centres, saliency, stroke_shares
from txst.layers.style_swap import style_swap
from txst.layers.tensors import pad_to_multiple
from txst.layers.whitening import mean_and_covariance, symmetric_power
from txst.types import Blends, Controls, Encoder, Features, Painting, Prepared, Reads, Style

LEVELS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1")
CONVS = (2, 2, 4)  # of VGG-19's blocks, which the decoder mirrors
GROWN = 16  # pixels: sides are grown to multiples, so that the coarsest map has 4 places a side at least
AT_ONCE = 2048  # places whose attention is in memory at once


class AAMS(nn.Module):
    """Paints what catches the eye with fine strokes and the rest with broad ones.

    The coarsest features are whitened, put together anew from the style's patches at several scales, mixed by a map of
    self-attention, and given the style's covariance. Training reconstructs the photo; a style is not seen.

    Args:
        encoder: frozen, with the layers relu1_1 to relu4_1.
        scales: of the style's map, ascending, 1 at most. The photo's own features are one stroke more, the last.
        swapped: share of the patches in the result, from 0 (whitening and colouring alone) to 1.
    """

    reads: frozenset[Reads] = frozenset({"image"})
    stride = 8
    blends: Blends = "pixels"
    whole = True

    def __init__(self, encoder: Encoder, scales: Sequence[float] = (0.5, 0.5**0.5, 1.0), swapped: float = 1.0) -> None:
        super().__init__()
        if missing := [name for name in LEVELS if name not in encoder.widths]:
            raise ValueError(f"the encoder gives {', '.join(encoder.widths)}, and {', '.join(missing)} are wanted, too")
        if list(scales) != sorted(scales) or not scales or not 0 < scales[0] <= scales[-1] <= 1:
            raise ValueError(f"scales={list(scales)}: give numbers above 0, at most 1, in ascending order")
        self.encoder, self.scales, self.swapped = encoder, list(scales), swapped
        self.attend = SelfAttention(encoder.widths[LEVELS[-1]])
        self.decoder = Decoder([encoder.widths[name] for name in LEVELS])

    def prepare_style(self, style: Style) -> Prepared:
        """Of the coarsest layer the whitened map at each scale, and mean and root of the covariance; of the others the moments."""
        if style.image is None:
            raise ValueError("AAMS paints after a style picture; a text or its embedding alone has no features")
        features = self.prepare_image(style.image)
        prepared = moments(features)
        whitened, prepared["mean"], covariance = whiten(features[LEVELS[-1]])
        prepared["root"] = symmetric_power(covariance, 0.5)
        for i, scale in enumerate(self.scales):
            size = [max(1, round(scale * side)) for side in whitened.shape[-2:]]
            prepared[f"patches{i}"] = F.interpolate(whitened, size=size, mode="bilinear")
        return prepared

    def prepare_image(self, image: Tensor) -> Features:
        """The encoder's features of an image, grown to multiples of 16."""
        return self.encoder(pad_to_multiple(image, GROWN))

    def forward(
        self, image: Tensor, prepared: Prepared, controls: Controls = Controls(), features: Features | None = None
    ) -> Painting:
        """Paints; in training mode it draws the image again, in no style.

        Args:
            image: [B, 3, H, W] in [0, 1], any H and W.
            prepared: what `prepare_style` gives.
            controls: strength blends pixels; strokes says how fine they are at each place, instead of the attention.
            features: what `prepare_image` gives of this image, where it is at hand.

        Returns:
            Beside the painting `attention` [B, C, h, w], what the layer of attention gives; and of a styled one `saliency`
            [B, 1, h, w] in [0, 1], by which strokes are chosen, and `strokes` [B, K, h, w], the share of each, coarsest first.
        """
        height, width = image.shape[-2:]
        features = self.prepare_image(image) if features is None else features
        if self.training:
            x, extras = self.redrawn(features)
            return Painting(self.decoder(x, moments(features))[..., :height, :width], extras)
        x, extras = self.styled(features[LEVELS[-1]], prepared, controls.strokes)
        painted = self.decoder(x, prepared)[..., :height, :width].clamp(0, 1)
        return Painting(painted if is_full(controls.strength) else blend(image, painted, controls.strength), extras)

    def decode(self, features: Features) -> Tensor:
        """An image of its own features, as they are."""
        return self.decoder(features[LEVELS[-1]], moments(features))

    def redrawn(self, features: Features) -> tuple[Tensor, dict[str, Tensor]]:
        x = features[LEVELS[-1]]
        mean, std = channel_stats(x)
        normed = instance_norm(x)
        attention = self.attend(normed)
        return (normed * attention + normed) * std + mean, {"attention": attention}

    def styled(self, x: Tensor, prepared: Prepared, strokes: Tensor | None) -> tuple[Tensor, dict[str, Tensor]]:
        """The coarsest features in the style, [B, C, h, w]."""
        whitened, _, _ = whiten(x)
        attention = self.attend(whitened)
        plain = whitened * attention + whitened
        chosen = saliency(attention) if strokes is None else shrunk(strokes, x)
        maps = [style_swap(plain, prepared[f"patches{i}"].expand(len(x), -1, -1, -1)) for i in range(len(self.scales))]
        centres = None if strokes is None else even_centres(len(maps) + 1, chosen)
        shares = stroke_shares(chosen, len(maps) + 1, centres)
        mixed = sum((shares[:, i : i + 1] * y for i, y in enumerate([*maps, plain])), start=torch.zeros_like(plain))
        mixed = torch.lerp(plain, mixed, self.swapped)
        with full_precision(mixed):
            coloured = prepared["root"] @ mixed.flatten(2) + prepared["mean"]
        return coloured.view_as(x), {"attention": attention, "saliency": chosen, "strokes": shares}


class SelfAttention(nn.Module):
    """What each place takes from all others: [B, C, h, w] -> the same shape."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.key, self.query = nn.Conv2d(width, width // 2, 1), nn.Conv2d(width, width // 2, 1)
        self.value = nn.Conv2d(width, width, 1)
        for conv in (self.key, self.query, self.value):
            nn.init.xavier_uniform_(conv.weight)
            nn.init.zeros_(conv.get_parameter("bias"))

    def forward(self, x: Tensor) -> Tensor:
        key, query, value = (conv(x).flatten(2) for conv in (self.key, self.query, self.value))  # [B, C, hw]
        taken = [
            (part.transpose(1, 2) @ key).softmax(-1) @ value.transpose(1, 2)  # unscaled, as published
            for part in query.split(AT_ONCE, -1)
        ]
        return torch.cat(taken, 1).transpose(1, 2).view_as(x)


class Decoder(nn.Module):
    """VGG-19 in a mirror; before each finer level the channels take the style's moments there."""

    def __init__(self, widths: Sequence[int]) -> None:
        super().__init__()
        self.blocks = nn.ModuleList()
        for level in reversed(range(len(widths) - 1)):
            thin = widths[level]
            convs = [ReflectConv(widths[level + 1], thin, 3), nn.ReLU(), nn.Upsample(scale_factor=2.0)]
            for _ in range(CONVS[level] - 1):
                convs += [ReflectConv(thin, thin, 3), nn.ReLU()]
            self.blocks.append(nn.Sequential(*convs))
        self.paint = ReflectConv(widths[0], 3, 3)
        self.apply(he_init)

    def forward(self, x: Tensor, prepared: Prepared) -> Tensor:
        """Features [B, C, h, w] -> [B, 3, H, W], not held to [0, 1]."""
        for name, block in zip(reversed(LEVELS[:-1]), self.blocks, strict=True):
            x = instance_norm(block(x)) * prepared[f"{name}.std"] + prepared[f"{name}.mean"]
        return self.paint(x)


def moments(features: Features) -> Prepared:
    """Mean and deviation [B, C, 1, 1] of the finer layers."""
    found = {}
    for name in LEVELS[:-1]:
        found[f"{name}.mean"], found[f"{name}.std"] = channel_stats(features[name])
    return found


def whiten(x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """A map [B, C, h, w] of uncorrelated channels (ZCA), its mean [B, C, 1] and its covariance [B, C, C]."""
    mean, covariance = mean_and_covariance(x)
    with full_precision(x):
        white = symmetric_power(covariance, -0.5) @ (x.flatten(2).to(mean.dtype) - mean)
    return white.view_as(x), mean, covariance


def shrunk(strokes: Tensor, x: Tensor) -> Tensor:
    """A map of strokes [B, 1, H, W] at the size of the features of the grown image."""
    return F.adaptive_avg_pool2d(pad_to_multiple(strokes, GROWN), (x.shape[-2], x.shape[-1])).expand(len(x), -1, -1, -1)
