"""Each place of a map in the patch of another that is most like it: Chen and Schmidt, 2016, https://arxiv.org/abs/1612.04337."""

import torch
import torch.nn.functional as F
from torch import Tensor

from txst.layers.reflect import reflect_pad

SIDE = 5  # places, of a patch
AT_ONCE = 256  # patches that are compared at once: memory does not grow with the style picture


def style_swap(content: Tensor, style: Tensor) -> Tensor:
    """Puts the content together anew from patches of the style, overlaps averaged.

    A patch is chosen by its correlation with the content's over its own length. Beyond the style's border lie zeros, beyond the
    content's its reflection.

    Args:
        content: [B, C, h, w], h and w above 2.
        style: [B, C, h', w'].

    Returns:
        [B, C, h, w].
    """
    return torch.cat([of_one(*pair) for pair in zip(content.split(1), style.split(1), strict=True)])


def of_one(content: Tensor, style: Tensor) -> Tensor:
    chosen = best_patches(reflect_pad(content, SIDE // 2), style)  # [h, w]
    height, width = chosen.shape
    beyond = F.pad(style[0], (SIDE // 2,) * 4)  # [C, h' + 4, w' + 4]
    columns = style.shape[-1]
    top, left = chosen // columns, chosen % columns
    total = content.new_zeros(content.shape[1], height + SIDE - 1, width + SIDE - 1)
    count = content.new_zeros(1, height + SIDE - 1, width + SIDE - 1)
    for i in range(SIDE):
        for j in range(SIDE):
            total[:, i : i + height, j : j + width] += beyond[:, top + i, left + j]
            count[:, i : i + height, j : j + width] += 1
    inner = (slice(None), slice(SIDE // 2, SIDE // 2 + height), slice(SIDE // 2, SIDE // 2 + width))
    return (total[inner] / count[inner])[None]


def best_patches(content: Tensor, style: Tensor) -> Tensor:
    """The number of the style's patch that each of the content's [1, C, h + 4, w + 4] is most like, row by row: [h, w]."""
    patches = F.unfold(style, SIDE, padding=SIDE // 2)[0].T  # [P, C * 25]
    best = chosen = None
    for first in range(0, len(patches), AT_ONCE):
        part = patches[first : first + AT_ONCE]
        part = part / (part.norm(dim=1, keepdim=True) + 1e-7)
        score, place = F.conv2d(content, part.view(len(part), -1, SIDE, SIDE))[0].max(0)  # [h, w]
        if best is None or chosen is None:
            best, chosen = score, place
        else:
            better = score > best
            best, chosen = torch.where(better, score, best), torch.where(better, place + first, chosen)
    if chosen is None:
        raise ValueError("the style's map has no place: give a larger style picture")
    return chosen
