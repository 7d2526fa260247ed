"""Leave the calm places of a photo calm: a flat sky is no canvas for rows of strokes."""

import torch.nn.functional as F
from torch import Tensor, nn

from txst.layers.ops import at_least_float32
from txst.types import LossInputs


class CalmLoss(nn.Module):
    """Mean variance of the output's pixels within windows, which count the more the flatter the content is there.

    In units of pixels from 0 to 1, squared; 0 is a painting of one colour.

    Args:
        window: side of a window in pixels; they overlap by a half.
        flat: deviation of the content's pixels at which a window counts half as much as where they have none.
    """

    def __init__(self, window: int = 16, flat: float = 0.03) -> None:
        super().__init__()
        self.window = window
        self.flat = flat

    def forward(self, inputs: LossInputs) -> Tensor:
        output, content = (self.variance(view.pixels) for view in (inputs.output, inputs.content))
        return (output / (1 + content / self.flat**2)).mean()

    def variance(self, image: Tensor) -> Tensor:
        """[B, 3, H, W] -> [B, 1, h, w], the mean over colours."""
        image = at_least_float32(image)
        image = image - image.mean((2, 3), keepdim=True)
        mean, square = (F.avg_pool2d(x, self.window, self.window // 2) for x in (image, image.square()))
        return (square - mean.square()).mean(1, keepdim=True).clamp_min(0)
