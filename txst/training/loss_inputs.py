"""From a batch to what the losses compare: every call of a model in training is here."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, cast

import pytorch_lightning as pl
import torch
from torch import Tensor, nn

from txst.layers.running_standardize import averages_at_rest
from txst.metrics.networks import named
from txst.models.optimised import NoStylePicture
from txst.models.stylizer import TOUCH, Stylizer
from txst.types import Batch, Embedder, Encoder, Features, LossInputError, LossInputs, Painting, Style, StyleModel, View


@dataclass(eq=False)
class Drawn:
    """All that a step is a function of, in tensors, so that it can be compiled whole."""

    content: Tensor  # [B, 3, H, W] in [0, 1]
    style: Tensor | None  # the same; None where the style is a text alone
    artist: Tensor  # [B]
    text: Tensor | None  # [B, D], of the styles' names; None where nothing reads them
    by_text: Tensor | None = None  # [B, 1] of bool, which are painted after the style's name; None: none
    corner: Tensor | None = None  # [2], row and column from which on the loss network looks; None: it sees all
    kept: dict[str, Tensor] = field(default_factory=dict)  # of the styles, see `types.once`
    teacher: Tensor | None = None  # as content, what a teacher painted of it, where the batch has that


@dataclass(eq=False)
class Pair:
    """What a batch shows and names, before it is painted."""

    content: View
    style: View
    artist: Tensor  # [B]
    text: Tensor | None  # [B, D], of the styles' names; None where nothing reads them
    teacher: View | None = None  # of what a teacher painted, where the batch has that


class LossInputBuilder:
    """Paints a batch with a model and gathers what the losses compare. The frozen networks see each picture once at most.

    Args:
        model: the model that is trained.
        loss_network: image -> Features, frozen; None takes the model's own frozen encoder, and the model is given what it saw.
        clip: image -> embedding and `text` -> embedding; frozen here.
        teacher: a model that paints after pictures, whose paintings some losses want, frozen here; or None.
        text_share: share of a step's samples that are painted after the style's name; the others after its picture.
        shift: pixels that a loss network of its own sees less of either side, from another corner every step: it sees in
            strides, and a painter that is always seen at the same ones learns a grid.

    Attributes:
        targets: what is kept of the style pictures' views, by the rows that a batch names; None: every picture is looked at.
    """

    def __init__(
        self,
        model: StyleModel,
        loss_network: Encoder | None,
        clip: Embedder,
        teacher: StyleModel | None = None,
        text_share: float = 0.0,
        shift: int = 0,
    ) -> None:
        self.model, self.clip = model, clip.requires_grad_(False).eval()
        self.teacher = (
            None if teacher is None else teacher.requires_grad_(False).eval().to(memory_format=torch.channels_last)
        )
        self.shared = loss_network is None
        self.loss_network = own_encoder(model) if loss_network is None else loss_network
        if shift < 0 or (shift and self.shared):
            raise ValueError(
                f"task.shift={shift}: give pixels from 0 on, and with more a loss network of its own, e.g. loss_network=squeezenet"
            )
        if any(p.requires_grad for p in self.loss_network.parameters()):
            raise ValueError("the loss network is being trained; give a frozen one: loss_network=squeezenet")
        self.text_share = text_share if "text" in model.reads else 0.0
        self.shift = shift
        self.targets: Callable[[Tensor], dict[str, Tensor]] | None = None
        self.network = named(cast(nn.Module, self.loss_network))

    def draw(self, batch: Batch, seed: int) -> Drawn:
        """What a training step is a function of: the batch, and what a seed draws, a corner and who is painted after names."""
        draw, artist = torch.Generator().manual_seed(seed), batch["artist"]
        corner = torch.randint(self.shift + 1, (2,), generator=draw).to(artist.device)
        by_text = (torch.rand(len(artist), 1, generator=draw) < self.text_share).to(artist.device)
        drawn = self.drawn(batch)
        drawn.by_text = None if drawn.text is None else by_text
        drawn.corner = corner if self.shift else None
        return drawn

    def drawn(self, batch: Batch) -> Drawn:
        """A batch in tensors; nothing is drawn."""
        text = self.clip.text(batch["prompt"]) if self.clip.reads_text else None
        kept = self.targets(batch["view"]) if self.targets and "view" in batch else {}
        return Drawn(
            batch["content"], batch.get("style"), batch["artist"], text, kept=kept, teacher=batch.get("teacher")
        )

    def of_step(self, drawn: Drawn) -> LossInputs:
        """What a training step's losses compare."""
        return self.paint(self.views(drawn), False if drawn.by_text is None else drawn.by_text)

    def pair(self, batch: Batch) -> Pair:
        """The views of a batch's photos and style pictures, looked at whole."""
        return self.views(self.drawn(batch))

    def views(self, drawn: Drawn) -> Pair:
        window = None if drawn.corner is None else partial(cut_out, corner=drawn.corner, less=self.shift)
        content = self.view(drawn.content, window)
        if drawn.style is None:
            nothing: Any = NoStylePicture()
            return Pair(content, nothing, drawn.artist, drawn.text)
        style = self.view(drawn.style, window)
        style.kept |= drawn.kept
        teacher = None if drawn.teacher is None else self.view(drawn.teacher, window)
        return Pair(content, style, drawn.artist, drawn.text, teacher)

    def paint(self, pair: Pair, by_text: bool | Tensor = False) -> LossInputs:
        """Runs the model.

        Args:
            pair: what is painted, and after what.
            by_text: whether after the style's name, and else after its picture; or [B, 1] of these.
        """
        content, style = pair.content, pair.style
        embedding = self.embedding(pair, by_text) if "text" in self.model.reads else None
        told = self.style(style, embedding)
        painting = self.stylize(content, told)
        view = partial(self.view, window=content.window)
        sources: dict[str, Callable[[], Any]] = {
            "embed": lambda: self.clip,
            "repaint": lambda: partial(self.repaint, style=told),
            "restyled_content": lambda: view(self.restyle(content)),
            "restyled_style": lambda: view(self.restyle(style)),
        }
        if pair.text is not None:
            sources |= {"text": lambda: pair.text, "photo": lambda: self.clip.text(["a photo"])}
        if pair.teacher is not None:
            sources["teacher"] = lambda: pair.teacher
        elif self.teacher is not None:
            teacher = self.teacher
            sources["teacher"] = lambda: view(teach(teacher, content, style))
        return LossInputs(
            content, style, view(painting.image), pair.artist, self.network, painting.extras, sources=sources
        )

    def view(self, image: Tensor, window: Callable[[Tensor], Tensor] | None = None) -> View:
        return View(image, extract=self.loss_network, embed=self.clip, window=window)

    def embedding(self, pair: Pair, by_text: bool | Tensor) -> Tensor:
        """What the model is told, [B, D]."""
        if pair.text is None or by_text is False:
            return pair.style.embedding
        return pair.text if by_text is True else torch.where(by_text, pair.text, pair.style.embedding)

    def restyle(self, view: View) -> Tensor:
        """A picture painted in its own style. It is no style of the data, and moves no average of these."""
        embedding = view.embedding if "text" in self.model.reads else None
        with averages_at_rest(self.model):
            return self.stylize(view, self.style(view, embedding)).image

    def repaint(self, image: Tensor, style: Style) -> Tensor:
        """Paints other images in the styles of the first samples of a step, whose texts the model reads."""
        rows = len(image)
        if style.embedding is None or "image" in self.model.reads:
            raise LossInputError("paints anew after texts alone; take a model that reads no style picture")
        return self.stylize(self.view(image), Style(style.embedding[:rows])).image

    def stylize(self, content: View, style: Style) -> Painting:
        """Runs the model."""
        prepared = self.model.prepare_style(style)
        return self.model(content.image, prepared, features=content.features if self.shared else None)

    def style(self, view: View, embedding: Tensor | None) -> Style:
        """A picture as a style, told as an embedding or shown, whatever the model reads of it."""
        if self.model.reads == {"fixed"}:
            return Style()
        seen: Features | None = view.features if self.shared and "image" in self.model.reads else None
        return Style(embedding, view.image, seen, view.kept)


def cut_out(image: Tensor, corner: Tensor, less: int) -> Tensor:
    """[B, C, H, W] -> [B, C, H - less, W - less], from a row and a column on, [2], that no shape depends on."""
    for axis, first in zip((-2, -1), corner, strict=True):
        places = torch.arange(image.shape[axis] - less, device=image.device)
        image = image.index_select(axis, first + places)
    return image


@torch.no_grad()
def teach(teacher: StyleModel, content: View, style: View) -> Tensor:
    """What a teacher paints that is shown the style picture, without dabs: these keep to places of the canvas, so that a student would learn their mean."""
    prepared = teacher.prepare_style(Style(image=style.image))
    return teacher(content.image, {name: x for name, x in prepared.items() if name != TOUCH}).image


def own_encoder(model: StyleModel) -> Encoder:
    """The model's own encoder, for the losses to look with."""
    if not isinstance(model, Stylizer):
        raise ValueError(
            f"{type(model).__name__} has no encoder for the losses to share; give a network: loss_network=squeezenet"
        )
    return model.encoder


def seed_of_step(seed: int, trainer: pl.Trainer) -> int:
    """A function of the run's seed, the rank and the batch: a resumed run draws the same, and no two batches do.

    A hash of numbers is the same everywhere; the 1 keeps it apart from the seed of all that losses draw (SeedEachStep).
    """
    return hash((1, seed, trainer.fit_loop.total_batch_idx, trainer.global_rank))
