"""A model without weights of its own: each image is optimised anew, under losses."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, NoReturn, cast

import torch
from torch import Tensor, nn

from txst.canvases.contrast import stretched
from txst.canvases.optimise import Descent, optimise
from txst.layers.blend import blend, is_full
from txst.losses.total import Total
from txst.metrics.networks import named
from txst.types import (
    Blends,
    Canvas,
    Controls,
    Embedder,
    Encoder,
    Features,
    LossInputError,
    LossInputs,
    Painting,
    Prepared,
    Reads,
    Style,
    View,
)

IMAGE, EMBEDDING = "image", "embedding"  # names among what is prepared
LARGE = 64  # pixels a side, which every network can look at


class Optimised(nn.Module):
    """Begins a canvas for each image and moves it with Adam to where the losses are least.

    The same image and style give the same painting: what losses draw has a seed of its own.

    Args:
        canvas: what is moved.
        loss_network: image -> features, frozen, for the losses.
        loss: on what the canvas shows. The styles are its style pictures and texts.
        embedder: of texts and pictures, frozen, where styles are texts or losses want embeddings.
        steps: of the optimizer, for each image.
        rate: of the optimizer.
        seed: of what the losses draw, and of a canvas that begins at random.
        halve: steps, counted from 0, from which on the rate is half of what it was.
        as_published: paint with the contrast that CLIPstyler's pictures are saved with, see `stretched`.

    Attributes:
        watch: is shown the descent after every step, and may end it, see `optimise`.
        state: of a descent that was ended, for the next image to go on with, see `optimise`.
    """

    stride = 1
    blends: Blends = "pixels"
    whole = True
    bundled = True

    def __init__(
        self,
        canvas: Canvas,
        loss_network: Encoder,
        loss: Total,
        embedder: Embedder | None = None,
        steps: int = 300,
        rate: float = 0.02,
        seed: int = 0,
        halve: Sequence[int] = (),
        as_published: bool = False,
    ) -> None:
        super().__init__()
        self.canvas, self.loss = canvas, loss
        self.loss_network = loss_network.requires_grad_(False).eval()
        self.embedder = None if embedder is None else embedder.requires_grad_(False).eval()
        self.steps, self.rate, self.seed, self.halve = steps, rate, seed, tuple(halve)
        self.as_published = as_published
        self.watch: Callable[[Descent], bool] | None = None
        self.state: dict[str, Any] | None = None
        self.reads: frozenset[Reads] = frozenset(
            {"image", "text"} if embedder is not None and embedder.reads_text else {"image"}
        )
        self.network = named(cast(nn.Module, loss_network))

    def prepare_style(self, style: Style) -> Prepared:
        """The style picture, the embedding of the text, or both."""
        given = {IMAGE: style.image, EMBEDDING: style.embedding if "text" in self.reads else None}
        prepared = {name: x for name, x in given.items() if x is not None}
        if not prepared:
            raise ValueError(
                f"this method is given its style as {' or '.join(sorted(self.reads))}, and nothing of it is there"
            )
        return prepared

    def prepare_image(self, image: Tensor) -> None:
        """There is no such thing."""

    def forward(
        self, image: Tensor, prepared: Prepared, controls: Controls = Controls(), features: Features | None = None
    ) -> Painting:
        """Paints.

        Args:
            image: [B, 3, H, W] in [0, 1], as large as the losses can look at.
            prepared: what `prepare_style` gives.
            controls: strength blends pixels.
            features: None.

        Raises:
            ValueError: the image is too small for the loss network.
        """
        self.refuse_small(image)
        devices = [image.device] if image.device.type == "cuda" else []
        # under inference_mode, in which backends paint, nothing could be optimised
        with torch.inference_mode(False), torch.enable_grad(), torch.random.fork_rng(devices):
            torch.manual_seed(self.seed)
            canvas = self.canvas.begin(image.clone())
            loss = self.loss_of(image.clone(), {name: x.clone() for name, x in prepared.items()})
            adam = partial(torch.optim.Adam, lr=self.rate)
            state, self.state = self.state, None
            optimise(canvas, loss, adam, self.steps, halve=self.halve, watch=self.watch, state=state)
        painted = canvas().image.detach()
        painted = stretched(painted) if self.as_published else painted
        return Painting(painted if is_full(controls.strength) else blend(image, painted, controls.strength))

    def refuse_small(self, image: Tensor) -> None:
        """Refuses an image that has not as many pixels as the loss network's kernels."""
        height, width = image.shape[-2:]
        if min(height, width) >= LARGE:
            return
        try:
            self.loss_network(image)
        except RuntimeError as error:
            raise ValueError(
                f"a photo of {width} x {height} pixels is too small for the loss network: give a larger one"
            ) from error

    def loss_of(self, image: Tensor, prepared: Prepared) -> Callable[[View], Tensor]:
        """What the canvas shows -> its loss."""
        count = len(image)
        content = self.view(image)
        style: Any = self.view(prepared[IMAGE].expand(count, -1, -1, -1)) if IMAGE in prepared else NoStylePicture()
        sources: dict[str, Callable[[], Any]] = {}
        if EMBEDDING in prepared:
            sources["text"] = lambda: prepared[EMBEDDING].expand(count, -1)
        return lambda shown: self.compared(content, style, shown, sources)

    def view(self, image: Tensor) -> View:
        """An image [B, 3, H, W] as the losses see it."""
        return View(image, extract=self.loss_network, embed=self.embedder)

    def compared(
        self, content: View, style: View, shown: View, sources: dict[str, Callable[[], Any]] | None = None
    ) -> Tensor:
        """The loss of what is shown; `sources` as in `LossInputs`."""
        output = replace(shown, extract=self.loss_network, embed=self.embedder)
        output.extracted = shown.extracted
        sources = dict(sources or {})
        if self.embedder is not None:
            embedder = self.embedder
            sources |= {"embed": lambda: embedder, "photo": lambda: embedder.text(["a photo"])}
        nobody = torch.full((len(content.image),), -1, device=content.image.device)
        return self.loss(LossInputs(content, style, output, nobody, self.network, sources=sources))[0]


class NoStylePicture:
    """Stands where a style picture would, when the style is a text: a loss that looks at it is refused."""

    def __getattr__(self, name: str) -> NoReturn:
        raise LossInputError("looks at a style picture, and the style is a text: show one (style_image=...)")
