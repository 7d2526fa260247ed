"""Does the painter stamp one pattern over and over where there is nothing to see?"""

import torch
import torch.nn.functional as F
from torch import Tensor
from torchmetrics import Metric
from torchmetrics.utilities import dim_zero_cat

from txst.layers.ops import at_least_float32
from txst.types import Painted

NEAREST = 4  # pixels; patterns closer than this are texture
FAINT = 0.01  # deviation of light, of 1: what is fainter than this is hardly seen


class Repetition(Metric):
    """The highest peak of the autocorrelation of a painted sky, beyond the sky's own.

    The skies are generated, one for each pair, and painted in the pair's style: 0 is brushwork by chance, 1 a wallpaper.
    """

    higher_is_better = False
    full_state_update = False
    unit = "correlation"
    network = "none"
    figures: list[Tensor]

    def __init__(self) -> None:
        super().__init__()
        self.add_state("figures", [], dist_reduce_fx="cat")

    @torch.no_grad()
    def update(self, painted: Painted) -> None:
        content = painted.content
        if painted.repaint is None:
            self.figures.append(content.new_full((len(content),), torch.nan))
            return
        sky = skies(len(content), min(content.shape[-2:])).to(content)
        self.figures.append(repetition(painted.repaint(sky, painted.style)) - repetition(sky))

    @property
    def values(self) -> Tensor:
        """NaN where the method has no way to paint after a picture."""
        return dim_zero_cat(self.figures)

    def compute(self) -> Tensor:
        return self.values.nanmean()


def skies(count: int, size: int) -> Tensor:
    """Evening and noon skies without a cloud, a little grainy as photos are: [count, 3, size, size]; all alike in shape."""
    draw = torch.Generator().manual_seed(0)
    zenith, horizon = torch.tensor([[0.25, 0.45, 0.8], [0.8, 0.85, 0.9]])[..., None, None]  # [3, 1, 1]
    down = torch.linspace(0, 1, size)[:, None].expand(size, size)
    sky = zenith + (horizon - zenith) * down  # [3, size, size]
    grain = 0.01 * torch.randn(size, size, generator=draw)
    return (sky + grain).clamp(0, 1).expand(count, 3, size, size)


def repetition(picture: Tensor) -> Tensor:
    """Height of the highest peak of the autocorrelation of light, away from its centre: [B], about 0 to 1.

    Slow changes are taken out, and shifts go up to a third of the side.

    Args:
        picture: [B, 3, H, W] in [0, 1].
    """
    light = at_least_float32(picture).mean(1, keepdim=True)
    height, width = light.shape[-2:]
    reach = min(height, width) // 8
    light = light - F.avg_pool2d(light, 2 * reach + 1, 1, reach, count_include_pad=False)
    window = torch.hann_window(height).outer(torch.hann_window(width)).to(light)
    shared = correlate(window)
    correlation = correlate(light[:, 0] * window) / shared  # [B, height // 3 ...]: mean products at each shift
    middle = (correlation.shape[-2] // 2, correlation.shape[-1] // 2)
    correlation = correlation / (correlation[:, middle[0], middle[1]] + FAINT**2).view(-1, 1, 1)
    highest = F.max_pool2d(correlation[:, None], 5, 1, 2)[:, 0]
    y, x = (torch.arange(n, device=light.device) - n // 2 for n in correlation.shape[-2:])
    away = (y[:, None].square() + x.square()) >= NEAREST**2
    inner = (y[:, None].abs() < middle[0]) & (x.abs() < middle[1])
    peaks = correlation.masked_fill((correlation < highest) | ~away | ~inner, 0)
    return peaks.flatten(1).max(1).values


def correlate(x: Tensor) -> Tensor:
    """Sums of products of [..., H, W] with itself, shifted by up to a third of each side; no shift in the middle."""
    height, width = x.shape[-2:]
    spectrum = torch.fft.rfft2(x, (2 * height, 2 * width)).abs().square()
    sums = torch.fft.fftshift(torch.fft.irfft2(spectrum, (2 * height, 2 * width)), dim=(-2, -1))
    return sums[..., height - height // 3 : height + height // 3 + 1, width - width // 3 : width + width // 3 + 1]
