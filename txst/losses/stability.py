"""A photo that moves a little, or is noisy, is to be painted as it was: films of single frames then flicker less."""

import torch
from torch import Tensor, nn

from txst.layers.ops import at_least_float32
from txst.types import LossInputError, LossInputs


class StabilityLoss(nn.Module):
    """Mean absolute difference of a painting's pixels from those that the same model paints of a noisy part of the photo, at the same places.

    Ours. The part begins where no stride of the network does, as a camera that moves has it, and has other statistics than the whole.
    No motion is estimated, and no second frame is needed. Pixels near the border of the part are not compared.

    Args:
        less: share of its sides that the part has less, from a corner that is drawn.
        noise: deviation of what is added to its pixels.
        share: of the batch that is painted twice, at least one sample.
        margin: pixels of the border that do not count.
    """

    def __init__(self, less: float = 0.125, noise: float = 0.02, share: float = 0.25, margin: int = 8) -> None:
        super().__init__()
        self.less, self.noise, self.share, self.margin = less, noise, share, margin

    def forward(self, inputs: LossInputs) -> Tensor:
        content, output = at_least_float32(inputs.content.pixels), at_least_float32(inputs.output.pixels)
        rows = max(1, round(self.share * len(content)))
        lost = round(self.less * min(content.shape[-2:]))
        height, width = (side - lost for side in content.shape[-2:])
        if min(height, width) <= 2 * self.margin:
            raise LossInputError(
                f"leaves nothing of crops of {content.shape[-1]} pixels: a larger size, or a smaller `less`"
            )
        top, left = torch.randint(lost + 1, (2,)).tolist()

        def part(image: Tensor) -> Tensor:
            return image[:rows, :, top : top + height, left : left + width]

        noisy = (part(content) + self.noise * torch.randn_like(part(content))).clamp(0, 1)
        apart = at_least_float32(inputs.repaint(noisy)) - part(output)
        inner = slice(self.margin, -self.margin)
        return apart[..., inner, inner].abs().mean()
