"""From a batch to what the losses compare: every call of a model in training is here."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor

from txst.metrics.networks import named
from txst.types import Features, LossInputs, Style, View


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
        teacher: a frozen picture-driven model, whose paintings some losses want; or None.
    """

    def __init__(self, model: Any, loss_network: Any, clip: Any, teacher: Any = None) -> None:
        self.model, self.loss_network, self.clip, self.teacher = model, loss_network, clip, teacher
        self.shared = loss_network is model.encoder
        self.network = named(loss_network)

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
        embedding = self.embedding(pair, by_text)
        output = self.model(
            content.image,
            Style(embedding, self.style_features(style)),
            features=content.features if self.shared else None,
        )
        view = partial(self.view, corner=content.corner)
        sources: dict[str, Callable[[], Any]] = {
            "embed": lambda: self.clip,
            "restyled_content": lambda: view(self.restyle(content)),
            "restyled_style": lambda: view(self.restyle(style)),
        }
        if pair.text is not None:
            sources |= {"text": lambda: pair.text, "photo": lambda: self.clip.text(["a photo"])}
        if self.teacher is not None:
            sources["teacher"] = lambda: view(self.teach(content, style, embedding))
        return LossInputs(content, style, view(output), pair.artist, self.network, sources=sources)

    def view(self, image: Tensor, corner: tuple[int, int] = (0, 0)) -> View:
        return View(image, extract=self.loss_network, embed=self.clip, corner=corner)

    def embedding(self, pair: Pair, by_text: bool | Tensor) -> Tensor:
        """What the model is told, [B, D]."""
        if pair.text is None or by_text is False:
            return pair.style.embedding
        return pair.text if by_text is True else torch.where(by_text, pair.text, pair.style.embedding)

    @torch.no_grad()
    def teach(self, content: View, style: View, embedding: Tensor) -> Tensor:
        """What the teacher paints."""
        return self.teacher(content.image, Style(embedding, self.teacher.look(style.image)))

    def restyle(self, view: View) -> Tensor:
        """A picture painted in its own style."""
        own = Style(view.embedding, self.style_features(view))
        return self.model(view.image, own, features=view.features if self.shared else None)

    def style_features(self, view: View) -> Features | None:
        """What a picture-driven model wants to know of a picture."""
        if not self.model.needs_picture:
            return None
        return view.features if self.shared and self.model.looks_as_it_paints else self.model.look(view.image)
