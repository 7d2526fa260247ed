"""A network as the canvas: its weights are the parameters, and it looks at the content itself."""

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from txst.layers.ops import full_precision, instance_norm
from txst.layers.tensors import pad_to_multiple
from txst.types import View

STRIDE = 8  # pixels of a place of the coarsest map
WIDEST = 128  # 39 million weights


class UNet(nn.Module):
    """A U-Net for each image, which begins with random weights and is optimised to redraw that image alone.

    Kwon and Ye, 2022 (CLIPstyler), https://arxiv.org/abs/2112.00374, and its code. The network cannot move each pixel on its
    own, which keeps the content. Departs from it: images have any sides, grown by reflection to multiples of 8; the published
    one makes them squares.

    Args:
        width: channels at full size. Published: 16, which are 615,267 weights.
    """

    networks: nn.ModuleList
    content: Tensor

    def __init__(self, width: int = 16) -> None:
        super().__init__()
        if not 1 <= width <= WIDEST:
            raise ValueError(f"width={width}: a canvas has from 1 to {WIDEST} channels at full size")
        self.width = width

    def begin(self, content: Tensor) -> "UNet":
        """A canvas of its own for images [B, 3, H, W] in [0, 1]: a network for each. Draws from torch's global generator."""
        canvas = UNet(self.width)
        canvas.networks = nn.ModuleList(Network(self.width) for _ in content)
        canvas.register_buffer("content", content.clone(), persistent=False)
        return canvas.to(content.device).to(memory_format=torch.channels_last)

    def forward(self) -> View:
        """The images [B, 3, H, W] in [0, 1]."""
        height, width = self.content.shape[-2:]
        seen = pad_to_multiple(self.content, STRIDE).contiguous(memory_format=torch.channels_last)
        painted = torch.cat([net(x) for net, x in zip(self.networks, seen.split(1), strict=True)])
        return View(painted[..., :height, :width])


class Network(nn.Module):
    """Three levels down and up again, with a skip at each size: before each halving, and of the first block at full size.

    Args:
        width: channels at full size; 1, 2, 4 and 8 times as many at the four sizes.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        sizes = [width, width, 2 * width, 4 * width, 8 * width]
        self.first = nn.Conv2d(3, width, 1)
        self.stem = Block(width, width)
        self.down = nn.ModuleList(Block(a, b) for a, b in pairwise(sizes[:4]))
        self.halve = nn.ModuleList(nn.Conv2d(b, b, 4, 2, 1) for b in sizes[1:4])
        self.deepest = Block(sizes[3], sizes[4])
        self.up = nn.ModuleList(Block(a + b, b) for a, b in zip(sizes[:1:-1], sizes[3:0:-1], strict=True))
        self.out = Block(2 * width, width)
        self.last = nn.Conv2d(width, 3, 1)

    def forward(self, image: Tensor) -> Tensor:
        """[B, 3, H, W], sides multiples of 8 -> the same in (0, 1)."""
        x = full_size = self.stem(self.first(image))
        skips = []
        for block, halve in zip(self.down, self.halve, strict=True):
            skips.append(block(x))
            x = halve(skips[-1])
        x = self.deepest(x)
        for block in self.up:
            x = block(torch.cat([F.interpolate(x, scale_factor=2.0, mode="bilinear"), skips.pop()], 1))
        x = self.out(torch.cat([x, full_size], 1))
        with full_precision(x):  # half of it would have too few levels of colour
            return self.last(x.float()).sigmoid()


class Block(nn.Module):
    """Two 3x3 convolutions, each normalised by the image's own statistics, beside a 1x1 convolution."""

    def __init__(self, width_in: int, width: int) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(width_in, width, 3, padding=1), nn.Conv2d(width, width, 3, padding=1)
        self.beside = nn.Conv2d(width_in, width, 1)

    def forward(self, x: Tensor) -> Tensor:
        y = instance_norm(self.first(x)).relu()
        return self.beside(x) + instance_norm(self.second(y)).relu()
