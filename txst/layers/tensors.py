"""Pictures between arrays and tensors."""

import torch
from PIL import Image
from torch import Tensor

from txst.images import from_array, to_array


def to_tensor(image: Image.Image) -> Tensor:
    """[1, 3, H, W] in [0, 1]; transparency is left out."""
    return torch.from_numpy(to_array(image))


def to_picture(tensor: Tensor) -> Image.Image:
    """The first picture of [B, 3, H, W] in [0, 1]."""
    return from_array(tensor[:1].detach().float().cpu().numpy())


def pad_to_multiple(x: Tensor, multiple: int) -> Tensor:
    """Grows the sides to multiples, two at least, reflecting to the right and below.

    Sides shorter than the padding repeat their first pixel once the reflection is used up, so a
    single pixel works too.

    Args:
        x: [B, C, H, W].
        multiple: of pixels.
    """
    for dim in (-2, -1):
        n = x.shape[dim]
        grown = torch.sym_max((n + multiple - 1) // multiple, 2) * multiple  # reflections want maps of 2 x 2
        beyond = (2 * (n - 1) - torch.arange(n, grown, device=x.device)).clamp(min=0)
        x = torch.cat([x, x.index_select(dim, beyond)], dim)
    return x
