"""The nouns of the project. Every other module speaks in these and in tensors.

Letters in shape comments: B batch, C channels, H W height and width of the image,
h w of a feature map, D width of the embedding, K style tokens, L layers.
Pixels are RGB in [0, 1] everywhere; embeddings have unit length.
"""

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

Features = dict[str, Tensor]  # layer name -> [B, C, h, w], shallow to deep


@dataclass
class Style:
    """What an image should look like: always an embedding, sometimes also a picture."""

    embedding: Tensor  # [B, D], unit length, from a text or from a picture
    features: Features | None = None  # of the style picture, where there is one, by the model's own encoder
    code: Features | None = None  # what a transfer derives from the two above; made once per style, by its `encode`


@dataclass
class View:
    """One image as the losses see it."""

    image: Tensor  # [B, 3, H, W] in [0, 1]
    features: Features  # of the judge
    embedding: Tensor  # [B, D], unit length; [B, 0] where no loss looks at it


@dataclass
class LossInputs:
    """Everything one step produced, for the losses to judge."""

    content: View
    style: View
    output: View
    artist: Tensor  # [B], int64
    text: Tensor | None = None  # [B, D], of the style's name
    photo: Tensor | None = None  # [1, D], of the words "a photo"
    target: Tensor | None = None  # [B, 3, H, W], what a teacher painted of the two pictures
    restyled_content: View | None = None  # the content painted in its own style: for the identity losses
    restyled_style: View | None = None  # the style picture painted in its own style
    embed: Callable[[Tensor], Tensor] | None = None  # [B, 3, H, W] -> [B, D], for losses that look at crops


@dataclass
class Painted:
    """Finished pictures, as the judges of metrics/ see them."""

    content: Tensor  # [B, 3, H, W] in [0, 1], the photos
    output: Tensor  # [B, 3, H, W] in [0, 1], the same painted
    style: Tensor  # [B, 3, h, w] in [0, 1], a real painting by each artist
    artist: list[str]  # B names, canonical
    movement: list[str]  # B names, "" where unknown
    repaint: Callable[[Tensor, Tensor], Tensor] | None = (
        None  # (pictures, style pictures) -> pictures; None where the method has no such thing
    )
