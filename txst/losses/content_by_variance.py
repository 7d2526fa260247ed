"""Keep the content where the photo has any: channels that vary much across it count much."""

import torch
from torch import Tensor, nn

from txst.layers.ops import at_least_float32
from txst.types import LossInputs

FLOOR = 1e-3  # share of the mean variance that is added to each: a channel that is flat is not blown up


class ContentByVariance(nn.Module):
    """Distance of the output's features from the content's, channels counted by their variance, summed over layers.

    As `content` with `normed`, where a channel that hardly answers to the photo counts as much as the one that draws it.

    Args:
        layers: of the loss network.
    """

    def __init__(self, layers: list[str]) -> None:
        super().__init__()
        self.layers = layers

    def forward(self, inputs: LossInputs) -> Tensor:
        distances = [
            distance_by_variance(inputs.output.layer(name), inputs.content.layer(name)) for name in self.layers
        ]
        return torch.stack([distance.mean() for distance in distances]).sum()


def distance_by_variance(output: Tensor, content: Tensor) -> Tensor:
    """Mean squared distance of normalised channels, each weighted by its share of the content's variance, per sample.

    0 is equal up to each channel's mean and deviation, which are the style's; 2 is unrelated.

    Args:
        output: [B, C, h, w].
        content: the same shape.

    Returns:
        [B], float32 or float64.
    """
    seen, _ = normalised(output)
    wanted, variance = normalised(content)
    share = variance / variance.sum(1, keepdim=True).clamp_min(1e-6)
    return (share * (seen - wanted).square().mean(2)).sum(1)


def normalised(x: Tensor) -> tuple[Tensor, Tensor]:
    """Gives x in units of its channels' deviations from their means [B, C, hw], and the variances [B, C]."""
    flat = at_least_float32(x).flatten(2)
    centred = flat - flat.mean(2, keepdim=True)
    variance = centred.square().mean(2)
    unit = (variance + FLOOR * variance.mean(1, keepdim=True) + 1e-6).sqrt()
    return centred / unit[..., None], variance
