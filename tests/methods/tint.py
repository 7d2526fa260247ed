"""A canvas in one file: the image through one map of colours, whose numbers are moved."""

import torch
from torch import Tensor, nn

from txst.types import View


class Tint(nn.Module):
    """Colours c become matrix @ c + offset, the same at every pixel, and begin as they are."""

    content: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.matrix = nn.Parameter(torch.eye(3))
        self.offset = nn.Parameter(torch.zeros(3, 1, 1))

    def begin(self, content: Tensor) -> "Tint":
        """A canvas of its own for images [B, 3, H, W] in [0, 1]."""
        canvas = Tint().to(content.device)
        canvas.register_buffer("content", content, persistent=False)
        return canvas

    def forward(self) -> View:
        """The image [B, 3, H, W] in [0, 1]."""
        return View((torch.einsum("kc,bchw->bkhw", self.matrix, self.content) + self.offset).clamp(0, 1))
