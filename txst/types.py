"""The nouns of the project. Every other module speaks in these and in tensors.

Letters in shape comments: B batch, C channels, H W height and width of the image,
h w of a feature map, D width of the embedding, K style tokens, L layers.
Pixels are RGB in [0, 1] everywhere; embeddings have unit length.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

import torch.nn.functional as F
from torch import Tensor

Features = dict[str, Tensor]  # layer name -> [B, C, h, w], shallow to deep


@dataclass
class Style:
    """What an image should look like: always an embedding, sometimes also a picture."""

    embedding: Tensor  # [B, D], unit length, from a text or from a picture
    features: Features | None = None  # of the style picture, where there is one, by the model's own encoder
    code: Features | None = None  # what a transfer derives from the two above; made once per style, by its `encode`


class LossInputError(ValueError):
    """A loss cannot use what it is given; the message goes on from the loss's name."""


@dataclass(eq=False)
class View:
    """One image as the losses see it; features and embedding are worked out when a loss asks, once.

    A loss that can leave places out takes `masked_layer`, or `image` and `mask`; one that cannot takes `layer`, `pixels` and
    `embedding`, which refuse a view with a mask.
    """

    image: Tensor  # [B, 3, H, W] in [0, 1]
    mask: Tensor | None = None  # [B, 1, H, W] in [0, 1], where losses look; None: everywhere
    extract: Callable[[Tensor], Features] | None = None  # the loss network
    embed: Callable[[Tensor], Tensor] | None = None  # [B, 3, H, W] -> [B, D], unit length
    corner: tuple[int, int] = (0, 0)  # row and column from which on the loss network looks

    @cached_property
    def features(self) -> Features:
        """Of the loss network."""
        if self.extract is None:
            raise LossInputError(
                "needs features, and no loss network is given: choose one, e.g. loss_network=squeezenet"
            )
        row, column = self.corner
        return self.extract(self.image[..., row:, column:])

    @cached_property
    def embedding(self) -> Tensor:
        """[B, D], unit length, of the whole image; [B, 0] from an embedder that embeds nothing."""
        if self.embed is None:
            raise LossInputError("needs embeddings, and no embedder is given: choose one, e.g. clip=openclip")
        return self.embed(self.pixels)

    @property
    def pixels(self) -> Tensor:
        """The image [B, 3, H, W], all of which counts."""
        self.refuse_mask()
        return self.image

    def layer(self, name: str) -> Tensor:
        """Features [B, C, h, w] of one layer, all of which count."""
        self.refuse_mask()
        return self.masked_layer(name)[0]

    def masked_layer(self, name: str) -> tuple[Tensor, Tensor | None]:
        """Features [B, C, h, w] of one layer, and the share of each place that counts [B, 1, h, w], or None: everywhere."""
        if name not in self.features:
            raise LossInputError(
                f"looks at layer {name!r}, but the loss network gives {', '.join(self.features)}: name one of these"
            )
        x = self.features[name]
        if self.mask is None:
            return x, None
        row, column = self.corner
        return x, F.adaptive_avg_pool2d(self.mask[..., row:, column:], (x.shape[-2], x.shape[-1]))

    def refuse_mask(self) -> None:
        if self.mask is not None:
            raise LossInputError(
                "looks at whole pictures and cannot leave out what a mask hides: give views without masks"
            )


@dataclass(eq=False)
class LossInputs:
    """Everything that one step produced, for the losses to compare.

    What is not every loss's need is worked out when a loss asks for it, once. Where nothing gives it, the loss is told so.
    """

    content: View
    style: View
    output: View
    artist: Tensor  # [B], int64: numbers of the names; -1: of nobody known
    network: str = ""  # the loss network and its weights, for losses with weights of their own that were made for one
    extras: dict[str, Tensor] = field(default_factory=dict)  # what the model gave beside its painting
    sources: dict[str, Callable[[], Any]] = field(default_factory=dict)  # name of one of the below -> what works it out

    @cached_property
    def text(self) -> Tensor:
        """[B, D], the embedding of the style's name."""
        return self.ask("text", "the embedding of the style's name (a clip that reads text: clip=openclip)")

    @cached_property
    def photo(self) -> Tensor:
        """[1, D], the embedding of the words "a photo"."""
        return self.ask("photo", 'the embedding of the words "a photo" (a clip that reads text: clip=openclip)')

    @cached_property
    def embed(self) -> Callable[[Tensor], Tensor]:
        """[B, 3, H, W] -> [B, D], for losses that look at crops."""
        return self.ask("embed", "the embedder of pictures (clip=openclip)")

    @cached_property
    def teacher(self) -> View:
        """What a teacher painted of the two pictures."""
        return self.ask("teacher", "what a teacher painted (teacher=microast)")

    @cached_property
    def restyled_content(self) -> View:
        """The content painted in its own style."""
        return self.ask("restyled_content", "the content painted in its own style")

    @cached_property
    def restyled_style(self) -> View:
        """The style picture painted in its own style."""
        return self.ask("restyled_style", "the style picture painted in its own style")

    def ask(self, name: str, what: str) -> Any:
        if name not in self.sources:
            raise LossInputError(f"needs inputs.{name}, {what}, which nothing gives here: add it")
        return self.sources[name]()


class Loss(Protocol):
    """One term of the loss, a module: what of the inputs it wants it asks them for."""

    def forward(self, inputs: LossInputs, /) -> Tensor:
        """Gives a scalar, in float32 or float64."""


class StyleMetric(Protocol):
    """What evaluation and validation want of a metric, which is a torchmetrics.Metric."""

    unit: str
    network: str  # what it looks with, and "" for none

    @property
    def higher_is_better(self) -> bool | None: ...

    @property
    def values(self) -> Tensor | None:
        """[N], one for each picture that was shown; None of a metric that looks at all together."""

    def update(self, painted: "Painted", /) -> None:
        """Takes in finished pictures."""

    def compute(self) -> Any:
        """The figure of all pictures since the last reset, of all ranks."""

    def reset(self) -> None: ...


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
