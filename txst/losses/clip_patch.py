"""Move every patch of the picture in CLIP's space the way that the words move: texture all over."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from txst.layers.ops import at_least_float32, full_precision
from txst.losses.clip_directional import direction_distance
from txst.types import LossInputs


class ClipPatch(nn.Module):
    """The directional loss of random crops of the output, seen at random angles, against the whole content.

    Kwon and Ye, 2022 (CLIPstyler), https://arxiv.org/abs/2112.00374, and its code. Departs from it: the
    corners move by fractions of pixels. Draws from torch's global generator.

    Args:
        patches: crops per picture. The embedder sees B times as many pictures a step: this is what the loss costs.
        size: side of a crop in pixels; CLIPstyler takes a quarter of the picture's side.
        distortion: how far a crop's corners move inwards at most, in halves of its side: 0 to 0.5.
        threshold: crops with a smaller distance than this are good enough and count as 0.
    """

    def __init__(self, patches: int = 64, size: int = 128, distortion: float = 0.5, threshold: float = 0.7) -> None:
        super().__init__()
        if not 0 <= distortion <= 0.5:
            raise ValueError(f"distortion is {distortion}; from 0 to 0.5, or crops fold over")
        self.patches = patches
        self.size = size
        self.distortion = distortion
        self.threshold = threshold

    def forward(self, inputs: LossInputs) -> Tensor:
        crops = perspective_crops(inputs.output.pixels, self.patches, self.size, self.distortion)
        content = inputs.content.embedding.repeat_interleave(self.patches, dim=0)  # [B * patches, D]
        distance = direction_distance(inputs.embed(crops), content, inputs)  # [B * patches]
        return distance.masked_fill(distance < self.threshold, 0).mean()


def perspective_crops(image: Tensor, count: int, size: int, distortion: float) -> Tensor:
    """Random crops, each seen at a random angle on black.

    Args:
        image: [B, 3, H, W].
        count: of crops per image.
        size: side of a crop.
        distortion: how far corners move inwards at most, in halves of the side.

    Returns:
        [B * count, 3, size, size], an image's crops together; differentiable in the image.
    """
    height, width = image.shape[-2:]
    if size > min(height, width):
        raise ValueError(f"crops of {size} pixels do not fit a picture of {height} x {width}: set a smaller size")
    image = at_least_float32(image)
    seen = tilted_frames(len(image) * count, size, distortion, image)  # [N, size * size, 2]
    left = torch.randint(width - size + 1, (len(seen), 1), device=image.device)
    top = torch.randint(height - size + 1, (len(seen), 1), device=image.device)
    offset, sides = torch.stack([left, top], dim=-1), image.new_tensor([width, height])
    grid = ((seen + 1) * size + 2 * offset) / sides - 1
    crops = F.grid_sample(image, grid.view(len(image), count * size, size, 2), align_corners=False)
    crops = crops.unflatten(2, (count, size)).transpose(1, 2).flatten(0, 1)  # [N, 3, size, size]
    return crops * (seen.abs() <= 1).all(dim=-1).view(-1, 1, size, size)


def tilted_frames(count: int, size: int, distortion: float, like: Tensor) -> Tensor:
    """Where each pixel of a tilted crop comes from, in a frame from -1 to 1: [count, size * size, 2]."""
    corners = like.new_tensor([[-1, -1], [1, -1], [1, 1], [-1, 1]])
    moved = corners * (1 - distortion * torch.rand(count, 4, 2, dtype=like.dtype, device=like.device))
    maps = homography(moved, corners.expand_as(moved))
    centres = torch.arange(1, 2 * size, 2, dtype=like.dtype, device=like.device) / size - 1  # of pixels
    points = torch.stack(torch.meshgrid(centres, centres, indexing="xy"), dim=-1).flatten(0, 1)
    with full_precision(like):
        seen = F.pad(points, (0, 1), value=1.0) @ maps.transpose(1, 2)  # [count, size * size, 3]
    return seen[..., :2] / seen[..., 2:]


# Not kornia's get_perspective_transform: the same map, for which every training would import a third more modules.
def homography(source: Tensor, target: Tensor) -> Tensor:
    """The projective maps [N, 3, 3] that take four points [N, 4, 2] each to four others."""
    (x, y), (u, v) = source.unbind(-1), target.unbind(-1)  # [N, 4]
    one, zero = torch.ones_like(x), torch.zeros_like(x)
    to_u = torch.stack([x, y, one, zero, zero, zero, -u * x, -u * y], dim=-1)  # [N, 4, 8]
    to_v = torch.stack([zero, zero, zero, x, y, one, -v * x, -v * y], dim=-1)
    entries = torch.linalg.solve(torch.cat([to_u, to_v], dim=1), torch.cat([u, v], dim=1))  # [N, 8]
    return torch.cat([entries, one[:, :1]], dim=1).unflatten(1, (3, 3))
