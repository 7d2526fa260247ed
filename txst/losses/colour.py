"""Match the style's colours as a whole: how much of each, and how they vary together."""

import torch
from torch import Tensor, nn

from txst.layers.ops import at_least_float32, masked_stats
from txst.types import LossInputs


class ColourLoss(nn.Module):
    """Squared distance of the means of red, green and blue, and of the deviations of these and of their differences, summed.

    The deviations of all six stand for the covariance of the three. In units of pixels from 0 to 1; 0 is equal.
    Of output and style alike it looks where their masks are.
    """

    def forward(self, inputs: LossInputs) -> Tensor:
        output, style = inputs.output, inputs.style
        wanted = style.once("colour", lambda: moments(style.image, style.mask))
        return (moments(output.image, output.mask) - wanted).square().sum(1).mean()


def moments(image: Tensor, mask: Tensor | None = None) -> Tensor:
    """[B, 3, H, W] -> [B, 9], of the places that count [B, 1, H, W], or of all."""
    image = at_least_float32(image)
    mean, deviation = masked_stats(torch.cat([image, image - image.roll(1, 1)], 1), mask)
    return torch.cat([mean[:, :3], deviation], 1).flatten(1)
