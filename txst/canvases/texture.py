"""A texture as the canvas: a pyramid of maps that add up to it, and what is seen of it on a screen."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from txst.canvases.laplacian import grown, pyramid
from txst.canvases.pixels import held
from txst.types import View


class Texture(nn.Module):
    """Levels that begin as the content's, are each held to the range of what they hold, and add up to the texture.

    Höllein, Johnson and Nießner, 2022 (StyleMesh), https://arxiv.org/abs/2112.01530: a texel between two rays is carried along by
    the coarse level that both rays move, and a level that is driven too far harms no other. Departs from it: levels are
    grown bilinearly to the finest, so that what is seen is what is written, where the published one samples each by itself; it
    begins as the content and not grey, so that nothing draws the finest levels back to 0.

    Args:
        levels: octaves of details, beside what is left; published: 3.
    """

    details: nn.ParameterList

    def __init__(self, levels: int = 3) -> None:
        super().__init__()
        if levels < 0:
            raise ValueError(f"levels={levels}: a pyramid has 0 octaves of details or more")
        self.levels = levels

    def begin(self, content: Tensor) -> "Texture":
        """A canvas of its own for textures [B, 3, H, W] in [0, 1]."""
        canvas = Texture(self.levels)
        canvas.details = nn.ParameterList(pyramid(content.clone(), self.levels))
        return canvas

    def forward(self) -> View:
        """The textures [B, 3, H, W] in [0, 1]."""
        *details, rest = self.details
        image = held(rest)
        for detail in reversed(details):
            image = grown(image, detail) + held(detail, -1.0)  # of differences
        return View(held(image))


def on_screen(texture: Tensor, uv: Tensor, cover: Tensor, ground: Tensor) -> Tensor:
    """What a camera sees of a texture, by several rays to a pixel, [1, 3, h, w].

    Args:
        texture: [1, 3, H, W].
        uv: [1, n h, n w, 2], where each ray meets the texture, -1 to 1 from its left and upper border to the opposite ones.
        cover: [1, 1, n h, n w] in [0, 1], of rays that meet it.
        ground: [1, 3, h, w], what is seen where none does.
    """
    rays = uv.shape[1] // ground.shape[-2]
    found = F.grid_sample(texture, uv, mode="bilinear", padding_mode="border", align_corners=False)
    return F.avg_pool2d(found * cover, rays) + (1 - F.avg_pool2d(cover, rays)) * ground


def pulled_where(image: Tensor, mask: Tensor) -> Tensor:
    """The same image [B, 3, h, w], which gradients move where the mask [B, 1, h, w] is above 0 alone."""
    return torch.where(mask > 0, image, image.detach())
