"""Weave no pattern into flat places: brushwork by chance is welcome there, a lattice is not."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from txst.layers.ops import at_least_float32
from txst.types import LossInputs

NEAREST, FARTHEST = 4, 10  # pixels; what is alike at less is one stroke, and at more is rare in a window
FAINT = 0.01  # deviation of light, of 1: what is fainter than this is hardly seen
SLOW = 9  # pixels a side of the mean that is taken out: a sky that darkens is no pattern


class RepeatsLoss(nn.Module):
    """Mean squared autocorrelation of the output's light within windows, which count the more the flatter the content is.

    At shifts of 4 to 10 pixels; 0 is grain without a pattern, about 0.4 a lattice all over. What `metrics.repetition` looks for in a
    whole sky, seen locally, so that it can be learnt from.

    Args:
        window: side of a window in pixels; they overlap by a half.
        flat: deviation of the content's pixels at which a window counts half as much as where they have none.
    """

    taper: Tensor  # [window, window], and the next
    shared: Tensor
    ring: Tensor  # of bool: the shifts that count

    def __init__(self, window: int = 32, flat: float = 0.03) -> None:
        super().__init__()
        self.window, self.flat = window, flat
        hann = torch.hann_window(window, periodic=False)
        self.register_buffer("taper", hann.outer(hann), persistent=False)
        self.register_buffer("shared", correlated(hann.outer(hann)), persistent=False)
        across = torch.fft.fftfreq(window, 1 / window)
        far = (across[:, None].square() + across.square()).sqrt()
        self.register_buffer("ring", (far >= NEAREST) & (far <= FARTHEST), persistent=False)

    def forward(self, inputs: LossInputs) -> Tensor:
        output, content = (self.windows(view.pixels) for view in (inputs.output, inputs.content))
        flatness = 1 / (1 + content.var((2, 3)) / self.flat**2)  # [B, N]
        return (flatness * self.repetition(output)).mean()

    def windows(self, image: Tensor) -> Tensor:
        """[B, 3, H, W] -> their light, [B, N, window, window]."""
        light = at_least_float32(image).mean(1, keepdim=True)
        cut = F.unfold(light, self.window, stride=self.window // 2)
        return cut.transpose(1, 2).unflatten(2, (self.window, self.window))

    def repetition(self, light: Tensor) -> Tensor:
        """[B, N, window, window] -> mean squared correlations [B, N]."""
        light = light - F.avg_pool2d(light, SLOW, 1, SLOW // 2, count_include_pad=False)
        correlation = correlated(light * self.taper) / self.shared
        alike = correlation / (correlation[..., :1, :1] + FAINT**2)
        return alike[..., self.ring].square().mean(-1)


def correlated(x: Tensor) -> Tensor:
    """Sums of products of [..., h, w] with itself shifted around; no shift at the first place."""
    return torch.fft.irfft2(torch.fft.rfft2(x).abs().square(), x.shape[-2:])
