"""The image itself as the canvas: its pixels are the parameters."""

from torch import Tensor, nn

from txst.types import View


class Pixels(nn.Module):
    """Pixels that begin as the content's, and are held to [0, 1] where they are looked at.

    Gatys, Ecker and Bethge, 2016, https://doi.org/10.1109/CVPR.2016.265.
    """

    pixels: nn.Parameter

    def begin(self, content: Tensor) -> "Pixels":
        """A canvas of its own for images [B, 3, H, W] in [0, 1]."""
        canvas = Pixels()
        canvas.pixels = nn.Parameter(content.clone())
        return canvas

    def forward(self) -> View:
        """The image [B, 3, H, W] in [0, 1]."""
        return View(held(self.pixels))


def held(pixels: Tensor, low: float = 0.0, high: float = 1.0) -> Tensor:
    """Pixels in [0, 1]. Where they are held, no gradient pulls one back but that of the losses to which it still counts: it goes through."""
    return pixels + (pixels.clamp(low, high) - pixels).detach()
