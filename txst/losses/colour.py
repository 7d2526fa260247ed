"""Match the style's colours as a whole: how much of each, and how they vary together."""

import torch
from torch import Tensor, nn

from txst.layers.ops import at_least_float32, channel_stats
from txst.types import LossInputs


class ColourLoss(nn.Module):
    """Squared distance of the means of red, green and blue, and of the deviations of these and of their differences, summed.

    The deviations of all six stand for the covariance of the three. In units of pixels from 0 to 1; 0 is equal.
    """

    def forward(self, scene: LossInputs) -> Tensor:
        output, style = (moments(view.image) for view in (scene.output, scene.style))
        return (output - style).square().sum(1).mean()


def moments(image: Tensor) -> Tensor:
    """[B, 3, H, W] -> [B, 9]."""
    image = at_least_float32(image)
    mean, deviation = channel_stats(torch.cat([image, image - image.roll(1, 1)], 1))
    return torch.cat([mean[:, :3], deviation], 1).flatten(1)
