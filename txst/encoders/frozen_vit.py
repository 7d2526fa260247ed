"""A frozen vision transformer of open_clip in other operations: the same numbers in less time where a gradient is wanted of its pictures."""

from typing import Any

import torch.nn.functional as F
from open_clip.transformer import ResidualAttentionBlock, VisionTransformer
from torch import Tensor, nn

from txst.layers.ops import at_least_float32, full_precision


def lighten(tower: nn.Module) -> None:
    """Changes the parts of a frozen tower, in place, that torch computes in a roundabout way; other networks stay as they are."""
    if not isinstance(tower, VisionTransformer):
        return
    tower.conv1 = PatchEmbedding(tower.conv1)
    for block in tower.transformer.resblocks:
        if type(block) is ResidualAttentionBlock:
            block.attn = SelfAttention(block.attn)


class SelfAttention(nn.Module):
    """Attention of tokens to themselves.

    torch's own turns the tokens around before it projects them, and then multiplies each picture's with a copy of the weights.
    On a CPU the products of queries and keys are in float32: they are few, and in half of it their gradient takes longer.
    """

    def __init__(self, attention: nn.MultiheadAttention) -> None:
        super().__init__()
        self.heads = attention.num_heads
        self.weight, self.bias, self.out = attention.in_proj_weight, attention.in_proj_bias, attention.out_proj

    def forward(
        self, x: Tensor, *_: Any, need_weights: bool = False, attn_mask: Tensor | None = None
    ) -> tuple[Tensor, None]:
        """[B, N, C] -> the same, and None in the place of the weights, as torch's own gives them."""
        projected = F.linear(x, self.weight, self.bias).unflatten(
            -1, (3, self.heads, -1)
        )  # [B, N, 3, heads, C / heads]
        parts = projected.permute(2, 0, 3, 1, 4)
        with full_precision(x):
            query, key, value = (parts if x.is_cuda else at_least_float32(parts)).unbind(0)
            found = F.scaled_dot_product_attention(query, key, value, attn_mask)  # [B, heads, N, C / heads]
        return self.out(found.transpose(1, 2).flatten(2)), None


class PatchEmbedding(nn.Module):
    """A convolution whose windows lie side by side, as one product of matrices: its gradient takes a fraction of the time."""

    def __init__(self, conv: nn.Conv2d) -> None:
        super().__init__()
        self.weight, self.bias, self.side = conv.weight, conv.bias, conv.kernel_size

    def forward(self, image: Tensor) -> Tensor:
        """[B, C, H, W] -> [B, width, h, w]."""
        (rows, columns), (height, width) = self.side, image.shape[-2:]
        inside = image[..., : height - height % rows, : width - width % columns]
        cut = inside.unflatten(3, (-1, columns)).unflatten(2, (-1, rows)).permute(0, 2, 4, 1, 3, 5)
        return F.linear(cut.flatten(3), self.weight.flatten(1), self.bias).permute(0, 3, 1, 2)
