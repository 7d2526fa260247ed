"""StyTr2: a transformer in which the tokens of a picture attend to those of a style.

Deng et al., CVPR 2022, https://arxiv.org/abs/2105.14576.
"""

from functools import partial
from itertools import chain

import torch.nn.functional as F
from torch import Tensor, nn

from txst.decoders.adain import Mirror
from txst.layers.attention import found_at, mixed_styles
from txst.layers.blend import blend, is_full
from txst.layers.tensors import pad_to_multiple
from txst.types import Blends, Controls, Features, Painting, Prepared, Reads, Style

PATCH = 8  # pixels of a token


class StyTr2(nn.Module):
    """Two encoders of tokens, one of pictures and one of styles, a decoder between them, and AdaIN's decoder to pixels.

    Departs from it: positions are spread over the content's own grid, and the tokens go back to that grid. So pictures and
    styles have any size and proportions; the published network takes squares of one size alone.

    Args:
        width: D of a token. Published: 512.
        heads: of each attention; they divide the width. Published: 8.
        hidden: width inside the two linear layers. Published: 2048.
        depth: layers of each encoder and of the decoder. Published: 3.
        dropout: while it is trained. Published: 0.1.
        grid: side of the coarse map that positions are made of. Published: 18.
    """

    reads: frozenset[Reads] = frozenset({"image"})
    stride = PATCH
    blends: Blends = "pixels"
    whole = True
    mix_styles = staticmethod(mixed_styles)

    def __init__(
        self, width: int = 512, heads: int = 8, hidden: int = 2048, depth: int = 3, dropout: float = 0.1, grid: int = 18
    ) -> None:
        super().__init__()
        if width % heads:
            raise ValueError(f"{heads} heads do not divide the width {width}; change heads or width")
        self.embed = nn.Conv2d(3, width, PATCH, PATCH)
        shape = (width, heads, hidden, dropout)
        self.content_encoder = nn.ModuleList(EncoderLayer(*shape) for _ in range(depth))
        self.style_encoder = nn.ModuleList(EncoderLayer(*shape) for _ in range(depth))
        self.decoder = nn.ModuleList(DecoderLayer(*shape) for _ in range(depth))
        for weight in chain(
            *(layers.parameters() for layers in (self.content_encoder, self.style_encoder, self.decoder))
        ):
            if weight.dim() > 1:
                nn.init.xavier_uniform_(weight)
        self.norm = nn.LayerNorm(width)
        self.grid = grid
        self.position = nn.Conv2d(width, width, 1)
        self.paint = Mirror({"tokens": width}, {"tokens": PATCH})

    def prepare_style(self, style: Style) -> Prepared:
        """The encoded tokens of a style picture, `tokens.value` [B, D, M]."""
        if style.image is None:
            raise ValueError("StyTr2 paints after a style picture; a text or its embedding alone has no tokens")
        x = tokens(self.embed(pad_to_multiple(style.image, PATCH)))
        for layer in self.style_encoder:
            x = layer(x)
        return {"tokens.value": x.mT}

    def prepare_image(self, image: Tensor) -> Features:
        """The encoded tokens of an image and their positions, [B, D, h, w] each."""
        x = self.embed(pad_to_multiple(image, PATCH))
        position = self.position(F.adaptive_avg_pool2d(x, self.grid))
        position = F.interpolate(position, size=x.shape[-2:], mode="bilinear")
        y = tokens(x)
        for layer in self.content_encoder:
            y = layer(y, tokens(position))
        return {"tokens": y.mT.unflatten(2, x.shape[-2:]), "position": position}

    def forward(
        self, image: Tensor, prepared: Prepared, controls: Controls = Controls(), features: Features | None = None
    ) -> Painting:
        """Paints.

        Args:
            image: [B, 3, H, W] in [0, 1], any H and W.
            prepared: what `prepare_style` gives.
            controls: the strength mixes pixels; there are no statistics to replay.
            features: what `prepare_image` gives of this image, where it is at hand.
        """
        height, width = image.shape[-2:]
        content = self.prepare_image(image) if features is None else features
        size = content["tokens"].shape[-2:]
        decode = partial(self.decoded, tokens(content["tokens"]), tokens(content["position"]))
        x = self.norm(found_at(prepared, "tokens", size, decode).mT).mT.unflatten(2, size)
        painted = self.paint({"tokens": x})[..., :height, :width]
        painted = painted if self.training else painted.clamp(0, 1)
        return Painting(painted if is_full(controls.strength) else blend(image, painted, controls.strength))

    def decoded(self, x: Tensor, position: Tensor, style: Tensor, _: Tensor, share: Tensor | None) -> Tensor:
        """The content's tokens [B, N, D] after a style's [B, D, M] -> [B, D, N]."""
        for layer in self.decoder:
            x = layer(x, position, style.mT, share)
        return x.mT


class Attention(nn.Module):
    """Vaswani et al., 2017, https://arxiv.org/abs/1706.03762, with heads.

    Args:
        width: D.
        heads: that the width is divided among.
        dropout: of the weights of attention, while it is trained.
    """

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads, self.dropout = heads, dropout
        self.project = nn.Linear(width, 3 * width)  # queries, keys and values
        nn.init.zeros_(self.project.bias)
        self.out = nn.Linear(width, width)
        nn.init.zeros_(self.out.bias)

    def forward(self, query: Tensor, key: Tensor, value: Tensor, share: Tensor | None = None) -> Tensor:
        """[B, N, D], [B, M, D] twice, and what each of the M counts, [B, 1, M], see `attend` -> [B, N, D]."""
        parts = zip((query, key, value), self.project.weight.chunk(3), self.project.bias.chunk(3), strict=True)
        query, key, value = (F.linear(*part).unflatten(2, (self.heads, -1)).transpose(1, 2) for part in parts)
        mask = None if share is None else share[:, None]  # [B, 1, 1, M]
        dropout = self.dropout if self.training else 0.0
        found = F.scaled_dot_product_attention(query, key, value, mask, dropout)  # [B, heads, N, D / heads]
        return self.out(found.transpose(1, 2).flatten(2))


class FeedForward(nn.Module):
    """Two linear layers for each token."""

    def __init__(self, width: int, hidden: int, dropout: float) -> None:
        super().__init__()
        self.widen, self.narrow = nn.Linear(width, hidden), nn.Linear(hidden, width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        return self.narrow(self.dropout(self.widen(x).relu()))


class EncoderLayer(nn.Module):
    """Tokens attend to one another; what is added is normalised with the rest afterwards."""

    def __init__(self, width: int, heads: int, hidden: int, dropout: float) -> None:
        super().__init__()
        self.attend = Attention(width, heads, dropout)
        self.feed = FeedForward(width, hidden, dropout)
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, position: Tensor | None = None) -> Tensor:
        """[B, N, D] and the same of positions, which queries and keys know -> [B, N, D]."""
        placed = x if position is None else x + position
        x = self.norm1(x + self.dropout(self.attend(placed, placed, x)))
        return self.norm2(x + self.dropout(self.feed(x)))


class DecoderLayer(nn.Module):
    """Content tokens attend to the style's, twice; the style has no positions."""

    def __init__(self, width: int, heads: int, hidden: int, dropout: float) -> None:
        super().__init__()
        self.first, self.second = (Attention(width, heads, dropout) for _ in range(2))
        self.feed = FeedForward(width, hidden, dropout)
        self.norm1, self.norm2, self.norm3 = (nn.LayerNorm(width) for _ in range(3))
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, position: Tensor, style: Tensor, share: Tensor | None = None) -> Tensor:
        """[B, N, D] twice, and the style's tokens [B, M, D] with what each counts -> [B, N, D]."""
        x = self.norm1(x + self.dropout(self.first(x + position, style, style, share)))
        x = self.norm2(x + self.dropout(self.second(x + position, style, style, share)))
        return self.norm3(x + self.dropout(self.feed(x)))


def tokens(x: Tensor) -> Tensor:
    """[B, D, h, w] -> [B, h w, D]."""
    return x.flatten(2).mT
