"""Keep the photo's lights and darks: what makes a picture readable whatever it is painted with."""

import torch.nn.functional as F
from torch import Tensor, nn

from txst.layers.ops import at_least_float32, instance_norm
from txst.types import LossInputs


class ToneLoss(nn.Module):
    """Mean squared distance of the lightness of output and content, seen from afar and normalised.

    0 is the same up to brightness and contrast, which are the style's; 2 is unrelated; 4 is the negative.

    Args:
        block: side in pixels of the squares whose mean is compared: strokes smaller than these are free.
    """

    def __init__(self, block: int = 8) -> None:
        super().__init__()
        self.block = block

    def forward(self, inputs: LossInputs) -> Tensor:
        return F.mse_loss(self.tones(inputs.output.pixels), self.tones(inputs.content.pixels))

    def tones(self, image: Tensor) -> Tensor:
        """[B, 3, H, W] -> [B, 1, H / block, W / block], of zero mean and unit deviation."""
        return instance_norm(F.avg_pool2d(at_least_float32(image).mean(1, keepdim=True), self.block))
