"""From a batch to what the losses compare: every call of a model in training is here."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

import pytorch_lightning as pl
import torch
from torch import Tensor, nn

from txst.layers.running_standardize import averages_at_rest
from txst.metrics.networks import named
from txst.models.optimised import NoStylePicture
from txst.models.stylizer import Stylizer
from txst.types import Batch, Embedder, Encoder, Features, LossInputs, Painting, Style, StyleModel, View


@dataclass(eq=False)
class Pair:
    """What a batch shows and names, before it is painted."""

    content: View
    style: View
    artist: Tensor  # [B]
    text: Tensor | None  # [B, D], of the styles' names; None where nothing reads them


class LossInputBuilder:
    """Paints a batch with a model and gathers what the losses compare. The frozen networks see each picture once at most.

    Args:
        model: the model that is trained.
        loss_network: image -> Features, frozen; None takes the model's own frozen encoder, and the model is given what it saw.
        clip: image -> embedding and `text` -> embedding; frozen here.
        teacher: a model that paints after pictures, whose paintings some losses want, frozen here; or None.
        text_share: share of a step's samples that are painted after the style's name; the others after its picture.
        shift: pixels by which a loss network of its own looks past the upper left corner at most, another number every step: it
            sees in strides, and a painter that is always seen at the same ones learns a grid.
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
        self.network = named(cast(nn.Module, self.loss_network))

    def of_step(self, batch: Batch, seed: int) -> LossInputs:
        """What a training step's losses compare: from a corner, and after names and pictures, that a seed draws."""
        draw = torch.Generator().manual_seed(seed)
        row, column = torch.randint(self.shift + 1, (2,), generator=draw).tolist()
        pair = self.pair(batch, (row, column))
        by_text = (torch.rand(len(pair.artist), 1, generator=draw) < self.text_share).to(pair.artist.device)
        return self.paint(pair, by_text)

    def pair(self, batch: Batch, corner: tuple[int, int] = (0, 0)) -> Pair:
        """The views of a batch's photos and style pictures, of which the loss network sees what is right of and below a corner."""
        view = partial(self.view, corner=corner)
        text = self.clip.text(batch["prompt"]) if self.clip.reads_text else None
        style: Any = view(batch["style"]) if "style" in batch else NoStylePicture()
        return Pair(view(batch["content"]), style, batch["artist"], text)

    def paint(self, pair: Pair, by_text: bool | Tensor = False) -> LossInputs:
        """Runs the model.

        Args:
            pair: what is painted, and after what.
            by_text: whether after the style's name, and else after its picture; or [B, 1] of these.
        """
        content, style = pair.content, pair.style
        embedding = self.embedding(pair, by_text) if "text" in self.model.reads else None
        painting = self.stylize(content, self.style(style, embedding))
        view = partial(self.view, corner=content.corner)
        sources: dict[str, Callable[[], Any]] = {
            "embed": lambda: self.clip,
            "restyled_content": lambda: view(self.restyle(content)),
            "restyled_style": lambda: view(self.restyle(style)),
        }
        if pair.text is not None:
            sources |= {"text": lambda: pair.text, "photo": lambda: self.clip.text(["a photo"])}
        if self.teacher is not None:
            teacher = self.teacher
            sources["teacher"] = lambda: view(teach(teacher, content, style))
        return LossInputs(
            content, style, view(painting.image), pair.artist, self.network, painting.extras, sources=sources
        )

    def view(self, image: Tensor, corner: tuple[int, int] = (0, 0)) -> View:
        return View(image, extract=self.loss_network, embed=self.clip, corner=corner)

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

    def stylize(self, content: View, style: Style) -> Painting:
        """Runs the model."""
        prepared = self.model.prepare_style(style)
        return self.model(content.image, prepared, features=content.features if self.shared else None)

    def style(self, view: View, embedding: Tensor | None) -> Style:
        """A picture as a style, told as an embedding or shown, whatever the model reads of it."""
        if self.model.reads == {"fixed"}:
            return Style()
        seen: Features | None = view.features if self.shared and "image" in self.model.reads else None
        return Style(embedding, view.image, seen)


@torch.no_grad()
def teach(teacher: StyleModel, content: View, style: View) -> Tensor:
    """What a teacher paints that is shown the style picture."""
    return teacher(content.image, teacher.prepare_style(Style(image=style.image))).image


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
