"""Keep the content's edges and details, octave by octave."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from txst.layers.ops import at_least_float32, full_precision
from txst.types import LossInputs


class LaplacianLoss(nn.Module):
    """Mean absolute distance of the Laplacian pyramids of output and content, summed over levels.

    After Bojanowski et al., 2017, https://arxiv.org/abs/1707.05776, and TxST's code. Departs from them:
    levels weigh the same, the kernel is the plain Gaussian, and what is left after the last level counts as one more.

    Args:
        levels: octaves; pictures have at least 2 ** levels pixels a side.
        size: of the Gaussian in pixels, odd.
        sigma: of the Gaussian in pixels.
    """

    def __init__(self, levels: int = 5, size: int = 5, sigma: float = 2.0) -> None:
        super().__init__()
        self.levels = levels
        self.size = size
        self.sigma = sigma

    def forward(self, inputs: LossInputs) -> Tensor:
        # the pyramid is linear: that of the difference is enough
        difference = at_least_float32(inputs.output.pixels) - inputs.content.pixels
        height, width = difference.shape[-2:]
        if min(height, width) < 2**self.levels:
            raise ValueError(
                f"a picture of {height} x {width} is too small for {self.levels} levels: at least {2**self.levels} a side"
            )
        pyramid = laplacian_pyramid(difference, self.levels, self.size, self.sigma)
        return torch.stack([level.abs().mean() for level in pyramid]).sum()


def laplacian_pyramid(x: Tensor, levels: int, size: int, sigma: float) -> list[Tensor]:
    """What each blur takes away, at half the size each time, and what is left: levels + 1 maps."""
    pyramid = []
    for _ in range(levels):
        smooth = blur(x, size, sigma)
        pyramid.append(x - smooth)
        x = F.avg_pool2d(smooth, 2)
    return [*pyramid, x]


def blur(x: Tensor, size: int, sigma: float) -> Tensor:
    """Gaussian blur of [B, C, H, W]; the border is repeated."""
    place = torch.arange(size, dtype=x.dtype, device=x.device) - size // 2
    kernel = (-(place**2) / (2 * sigma**2)).exp()
    kernel = (kernel / kernel.sum()).expand(x.shape[1], 1, 1, size)  # [C, 1, 1, size]
    x = F.pad(x, (size // 2,) * 4, mode="replicate")
    with full_precision(x):
        return F.conv2d(F.conv2d(x, kernel, groups=x.shape[1]), kernel.transpose(2, 3), groups=x.shape[1])
