"""The nouns of the project, and the contract of every part that can be exchanged. Every other module speaks in these and in tensors.

Letters in shape comments: B batch, C channels, H W height and width of the image,
h w of a feature map, D width of the embedding, K style tokens, L layers.
Pixels are RGB in [0, 1] everywhere; embeddings have unit length.

A part fulfils its Protocol by having all of it; nothing inherits. tests/test_contract.py lets mypy check every target in conf/.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NotRequired, Protocol, Self, TypedDict, runtime_checkable

import torch.nn.functional as F
from torch import Tensor, nn

Features = dict[str, Tensor]  # layer name -> [B, C, h, w], shallow to deep
# All that a model works out of a style, for any number of images: name -> tensor with a batch axis
Prepared = dict[str, Tensor]
Moments = tuple[Tensor, Tensor]  # mean and deviation of each channel, [B, C, 1]
Encode = Callable[[Tensor], Features]

Reads = Literal["text", "image", "code", "fixed"]
# What a style may be given as:
# text:  an embedding of words; one of a picture lies in the same space and does as well
# image: a style picture
# code:  a code that the model has read off a picture itself; a palette keeps such codes under names
# fixed: nothing, as there is one style, the model's own; it stands alone
Blends = Literal["features", "pixels"]


@dataclass(frozen=True)
class Style:
    """What a painting should look like. Whoever has more of it gives more; a model takes what it `reads`."""

    embedding: Tensor | None = None  # [B, D], unit length, of a text or of a picture; or a code
    image: Tensor | None = None  # [B, 3, h, w] in [0, 1], where the style is shown
    features: Features | None = None  # of that picture by the model's own encoder, where they are at hand
    kept: dict[str, Tensor] = field(default_factory=dict)  # see `once`

    def once(self, name: str, measure: Callable[[], Tensor]) -> Tensor:
        """See `once`."""
        return once(self.kept, name, measure)


def once(kept: dict[str, Tensor], name: str, measure: Callable[[], Tensor]) -> Tensor:
    """A statistic of a picture that frozen networks alone have part in: what is kept under the name, or what is measured now.

    Args:
        kept: name -> [B, ...], each row a sample's own. Where it is filled beforehand, nobody looks at the picture.
        name: of the statistic.
        measure: works it out; it is then kept.
    """
    if name not in kept:
        kept[name] = measure()
    return kept[name]


class NormStatistics(Protocol):
    """Where a normalisation takes its means and deviations from, see layers/norm_statistics.py."""

    def __call__(self, measure: Callable[[], Moments], /) -> Moments:
        """The moments to normalise by.

        Args:
            measure: works out those of the map itself.
        """


@dataclass(frozen=True)
class Controls:
    """How an image is painted, beside its style."""

    strength: float | Tensor = 1.0  # 0 to 1, or a mask of these [B, 1, H, W]
    statistics: NormStatistics | None = None  # None: every map by its own
    strokes: Tensor | None = (
        None  # [B, 1, H, W], 0 the coarsest to 1 the finest, of methods that choose strokes by place; None: they choose
    )


@dataclass
class Painting:
    """What a model gives."""

    image: Tensor  # [B, 3, H, W] in [0, 1]; in training mode what lies beyond is left, so that losses can pull it back
    extras: dict[str, Tensor] = field(default_factory=dict)  # for losses: a warp field, an attention map, a cycle, ...


class Network(Protocol):
    """The part of nn.Module that is used of every network."""

    training: bool

    def train(self, mode: bool = True, /) -> Any: ...
    def eval(self) -> Self: ...
    def to(self, *args: Any, **kwargs: Any) -> Self: ...
    def requires_grad_(self, requires_grad: bool = True, /) -> Self: ...
    def parameters(self) -> Iterator[nn.Parameter]: ...
    def named_parameters(self) -> Iterator[tuple[str, nn.Parameter]]: ...
    def named_buffers(self) -> Iterator[tuple[str, Tensor]]: ...
    def modules(self) -> Iterator[nn.Module]: ...
    def compile(self) -> Any: ...
    def state_dict(self) -> dict[str, Any]: ...


class Batch(TypedDict):
    """What training is given: photos, each with a style; see data/epoch.py."""

    content: Tensor  # [B, 3, H, W] in [0, 1]; on their way to the device they are bytes
    style: NotRequired[Tensor]  # the same, of the style pictures; where the style is a text there are none
    teacher: NotRequired[Tensor]  # the same, what a teacher painted of the photos, where that was worked out before
    artist: Tensor  # [B] numbers of the styles' names
    prompt: list[str]  # those names
    movement: list[str]
    keys: list[str]  # where both pictures lie
    skipped: NotRequired[int]  # pictures that could not be read
    lost: NotRequired[list[str]]  # shards, and samples in them, that could not be
    view: NotRequired[Tensor]  # [B] rows of the styles among the views that are kept, see data/cache.py


class StyleModel(Network, Protocol):
    """An image and a style in, a painting out: what training, export, backends and the board speak to."""

    reads: frozenset[Reads]
    stride: int  # pixels of a place of its coarsest map
    blends: Blends  # what strength mixes: features, so that at 0 the image is redrawn; or the painting's pixels with the image's
    whole: bool  # it needs the whole image at once: it is never painted in tiles, and blends pixels

    def prepare_style(self, style: Style) -> Prepared:
        """Works out all that depends on the style alone, once a style.

        Raises:
            ValueError: the style is not given as anything that the model reads.
        """

    def prepare_image(self, image: Tensor) -> Features | None:
        """Works out all that depends on the image alone, once for any number of styles; None: there is no such thing."""

    def forward(
        self, image: Tensor, prepared: Prepared, controls: Controls = Controls(), features: Features | None = None
    ) -> Painting:
        """Paints.

        Args:
            image: [B, 3, H, W] in [0, 1], any H and W.
            prepared: what `prepare_style` gives.
            controls: strength and statistics.
            features: what `prepare_image` gives of this image, where it is at hand.
        """

    def __call__(
        self, image: Tensor, prepared: Prepared, controls: Controls = Controls(), features: Features | None = None
    ) -> Painting: ...


class CodeModel(StyleModel, Protocol):
    """A model that reads codes."""

    def style_code(self, picture: Tensor) -> Tensor:
        """Style pictures [B, 3, h, w] in [0, 1] -> codes [B, D], unit length."""


class Encoder(Network, Protocol):
    """Image [B, 3, H, W] in [0, 1] -> Features."""

    widths: dict[str, int]  # layer -> channels, shallow to deep
    strides: dict[str, int]  # layer -> pixels of a place

    def forward(self, image: Tensor) -> Features: ...
    def __call__(self, image: Tensor) -> Features: ...


class Embedder(Network, Protocol):
    """Texts and pictures in one space (the group `clip`)."""

    width: int  # D; 0 of one that reads nothing
    bundled: bool  # its weights travel with the models that are conditioned on it
    reads_text: bool  # and not pictures alone

    def forward(self, image: Tensor) -> Tensor:
        """Pictures [B, 3, H, W] in [0, 1] -> [B, D]."""

    def __call__(self, image: Tensor) -> Tensor: ...

    def text(self, prompts: list[str]) -> Tensor:
        """Texts -> [B, D]."""


class Transfer(Network, Protocol):
    """How a style changes the features of an image."""

    reads: frozenset[Reads]

    def prepare_style(self, style: Style, encode: Encode) -> Prepared:
        """See `StyleModel.prepare_style`.

        Args:
            style: what the painting should look like.
            encode: picture -> features, as the image's are made.
        """

    def forward(self, content: Features, prepared: Prepared, statistics: NormStatistics | None = None) -> Features: ...
    def __call__(self, content: Features, prepared: Prepared, statistics: NormStatistics | None = None) -> Features: ...

    @property
    def unstyled(self) -> Callable[[Features], Features] | None:
        """A method, content -> the same with no style put in, which strength mixes with the styled features.

        None: the styled features have no such counterpart, and strength blends pixels.
        """


class CodeTransfer(Transfer, Protocol):
    """A transfer that reads codes."""

    def style_code(self, picture: Tensor) -> Tensor:
        """Style pictures [B, 3, h, w] in [0, 1] -> codes [B, D], unit length."""


@runtime_checkable
class MixesStyles(Protocol):
    """A model or a transfer that reads pictures and can paint after several at once."""

    def mix_styles(self, styles: Sequence[Prepared], weights: Sequence[float] | Tensor) -> Prepared:
        """Several styles as one.

        Args:
            styles: R of them, what `prepare_style` gives of each.
            weights: 0 or more, not all 0; or what each counts at each pixel of the image that is painted, grown to multiples of the
                model's stride: [B, R, H, W], 0 or more. Mixes by numbers may then be among the styles, and the result is for this image.
        """


class Decoder(Network, Protocol):
    """Features -> image [B, 3, H, W], meant for [0, 1] and not held to it."""

    reads_embedding: bool  # of the style, [B, D]

    def forward(
        self, features: Features, embedding: Tensor | None = None, statistics: NormStatistics | None = None
    ) -> Tensor: ...
    def __call__(
        self, features: Features, embedding: Tensor | None = None, statistics: NormStatistics | None = None
    ) -> Tensor: ...


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
    # What of the image, or of its mask, the loss network sees; None: all
    window: Callable[[Tensor], Tensor] | None = None
    # See `once`; of this image, so `replace` does not take it over
    kept: dict[str, Tensor] = field(default_factory=dict, init=False)
    # Not functools' cached_property, whose lock would break a compiled step in pieces
    extracted: Features | None = field(default=None, init=False)

    @property
    def features(self) -> Features:
        """Of the loss network."""
        if self.extracted is None:
            if self.extract is None:
                raise LossInputError(
                    "needs features, and no loss network is given: choose one, e.g. loss_network=squeezenet"
                )
            self.extracted = self.extract(self.seen(self.image))
        return self.extracted

    def seen(self, image: Tensor) -> Tensor:
        """What of the image, or of its mask, the loss network sees."""
        return image if self.window is None else self.window(image)

    def once(self, name: str, measure: Callable[[], Tensor]) -> Tensor:
        """See `once`."""
        return once(self.kept, name, measure)

    @property
    def embedding(self) -> Tensor:
        """[B, D], unit length, of the whole image; [B, 0] from an embedder that embeds nothing."""
        embed = self.embed
        if embed is None:
            raise LossInputError("needs embeddings, and no embedder is given: choose one, e.g. clip=openclip")
        return self.once("embedding", lambda: embed(self.pixels))

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
        return x, F.adaptive_avg_pool2d(self.seen(self.mask), (x.shape[-2], x.shape[-1]))

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
    answers: dict[str, Any] = field(default_factory=dict, init=False)  # what was asked for

    @property
    def text(self) -> Tensor:
        """[B, D], the embedding of the style's name."""
        return self.ask("text", "the embedding of the style's name (a clip that reads text: clip=openclip)")

    @property
    def photo(self) -> Tensor:
        """[1, D], the embedding of the words "a photo"."""
        return self.ask("photo", 'the embedding of the words "a photo" (a clip that reads text: clip=openclip)')

    @property
    def embed(self) -> Callable[[Tensor], Tensor]:
        """[B, 3, H, W] -> [B, D], for losses that look at crops."""
        return self.ask("embed", "the embedder of pictures (clip=openclip)")

    @property
    def teacher(self) -> View:
        """What a teacher painted of the two pictures."""
        return self.ask("teacher", "what a teacher painted (teacher=microast)")

    @property
    def repaint(self) -> Callable[[Tensor], Tensor]:
        """Paints other images [b, 3, H, W], b <= B, in the styles of the first b samples."""
        return self.ask("repaint", "the model that paints, to paint another image with")

    @property
    def restyled_content(self) -> View:
        """The content painted in its own style."""
        return self.ask("restyled_content", "the content painted in its own style")

    @property
    def restyled_style(self) -> View:
        """The style picture painted in its own style."""
        return self.ask("restyled_style", "the style picture painted in its own style")

    def ask(self, name: str, what: str) -> Any:
        if name not in self.sources:
            raise LossInputError(f"needs inputs.{name}, {what}, which nothing gives here: add it")
        if name not in self.answers:
            self.answers[name] = self.sources[name]()
        return self.answers[name]


class Loss(Protocol):
    """One term of the loss, a module: what of the inputs it wants it asks them for."""

    def forward(self, inputs: LossInputs, /) -> Tensor:
        """Gives a scalar, in float32 or float64."""


class Canvas(Network, Protocol):
    """Parameters -> images: what is optimised where no model is trained."""

    def begin(self, content: Tensor) -> "Canvas":
        """A canvas of its own, as it is before the first step, for images [B, 3, H, W] in [0, 1]."""

    def forward(self) -> View:
        """What it shows now, and where losses look."""

    def __call__(self) -> View: ...
    def load_state_dict(self, state_dict: Any, /) -> Any: ...


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
    """Finished pictures, as metrics see them."""

    content: Tensor  # [B, 3, H, W] in [0, 1], the photos
    output: Tensor  # [B, 3, H, W] in [0, 1], the same painted
    style: Tensor  # [B, 3, h, w] in [0, 1], a real painting by each artist
    artist: list[str]  # B names, canonical
    movement: list[str]  # B names, "" where unknown
    repaint: Callable[[Tensor, Tensor], Tensor] | None = (
        None  # (pictures, style pictures) -> pictures; None where the method has no such thing
    )
