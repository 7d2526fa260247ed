"""From a batch to what the losses compare: every call of a model in training is here."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

import torch
from torch import Tensor, nn

from txst.layers.running_standardize import averages_at_rest
from txst.metrics.networks import named
from txst.models.stylizer import Stylizer
from txst.types import Embedder, Encoder, Features, LossInputs, Painting, Style, StyleModel, View


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
        loss_network: image -> Features, frozen; where it is the model's own encoder, the model is given what it saw.
        clip: image -> embedding and `text` -> embedding, frozen.
        teacher: a frozen model that paints after pictures, whose paintings some losses want; or None.
    """

    def __init__(
        self, model: StyleModel, loss_network: Encoder, clip: Embedder, teacher: StyleModel | None = None
    ) -> None:
        self.model, self.loss_network, self.clip, self.teacher = model, loss_network, clip, teacher
        self.shared = isinstance(model, Stylizer) and loss_network is model.encoder
        self.network = named(cast(nn.Module, loss_network))

    def pair(self, batch: dict[str, Any], corner: tuple[int, int] = (0, 0)) -> Pair:
        """The views of a batch's photos and style pictures, of which the loss network sees what is right of and below a corner."""
        view = partial(self.view, corner=corner)
        text = self.clip.text(batch["prompt"]) if self.clip.width else None
        return Pair(view(batch["content"]), view(batch["style"]), batch["artist"], text)

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
        seen: Features | None = view.features if self.shared and "image" in self.model.reads else None
        return Style(embedding, view.image, seen)


@torch.no_grad()
def teach(teacher: StyleModel, content: View, style: View) -> Tensor:
    """What a teacher paints that is shown the style picture."""
    return teacher(content.image, teacher.prepare_style(Style(image=style.image))).image
