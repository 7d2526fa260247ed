"""One step against a discriminator: the model learns to be taken for real, the discriminator to tell it from what is."""

from collections.abc import Callable
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn.utils import clip_grad_norm_
from torch.optim import Optimizer

from txst.layers.edges import edges_smoothed
from txst.losses.total import Total
from txst.training.module import StyleTraining
from txst.types import Embedder, Encoder, LossInputs, StyleModel


class Adversarial(nn.Module):
    """A loss of the model: minus the mean score of what it paints. The discriminator gets no gradient of it.

    The hinge loss of Lim and Ye, 2017, https://arxiv.org/abs/1705.02894. What is real are the style pictures.

    Args:
        discriminator: image and number of its style -> scores, above 0 for real pictures.
        edges: what a real picture counts as a false one once its edges are smoothed, beside what is painted: the edge-promoting loss of
            Chen, Lai and Liu, 2018 (CartoonGAN), which has 1. 0: the two are told apart alone.
    """

    def __init__(self, discriminator: nn.Module, edges: float = 0.0) -> None:
        super().__init__()
        self.discriminator, self.edges = discriminator, edges

    def forward(self, inputs: LossInputs) -> Tensor:
        held = {name: p.detach() for name, p in self.discriminator.named_parameters()}
        return -functional_call(self.discriminator, held, (inputs.output.image, inputs.artist)).mean()

    def of_discriminator(self, inputs: LossInputs) -> Tensor:
        """The discriminator's own loss, of which the model gets no gradient."""
        real, painted = (
            self.discriminator(image, inputs.artist) for image in (inputs.style.image, inputs.output.image.detach())
        )
        if not self.edges:
            return hinge(real, painted)
        smooth = self.discriminator(edges_smoothed(inputs.style.image), inputs.artist)
        return hinge(real, painted) + self.edges * torch.relu(1 + smooth).mean()


class AdversarialTraining(StyleTraining):
    """Trains a model against a discriminator, with any other losses on top.

    Both losses are taken before either network moves, and neither pulls at the other network. So one step of one optimizer
    does for both, and all that works around a step of StyleTraining works around this one.

    Args:
        discriminator: see Adversarial.
        discriminator_lr: learning rate of the discriminator.
        weight: of the adversarial term, beside those of the loss.
        edges: see Adversarial.
        options: the rest of StyleTraining's.
    """

    kept = ("model.", "loss.terms.adversarial.discriminator.")

    def __init__(
        self,
        model: StyleModel,
        loss_network: Encoder | None,
        clip: Embedder,
        loss: Total,
        optimizer: Callable[..., Optimizer],
        discriminator: nn.Module,
        discriminator_lr: float,
        weight: float = 1.0,
        edges: float = 0.0,
        **options: Any,
    ) -> None:
        loss.terms["adversarial"] = Adversarial(discriminator, edges)
        # and not among those of validation: what a score means changes as the discriminator learns
        loss.weights["adversarial"] = weight
        super().__init__(model, loss_network, clip, loss, optimizer, **options)
        self.discriminator_lr = discriminator_lr

    @property
    def adversarial(self) -> Adversarial:
        return cast(Adversarial, self.loss.terms["adversarial"])

    def losses(self, inputs: LossInputs) -> tuple[Tensor, dict[str, Tensor]]:
        total, shown = super().losses(inputs)
        own = self.adversarial.of_discriminator(inputs)
        return total + own, {**shown, "train/discriminator": own}

    def parameter_groups(self) -> list[dict[str, Any]]:
        discriminator = list(self.adversarial.discriminator.parameters())
        own = set(discriminator)
        return [
            {"params": [p for p in self.parameters() if p.requires_grad and p not in own]},
            {"params": discriminator, "lr": self.discriminator_lr},
        ]

    def configure_gradient_clipping(
        self,
        optimizer: Optimizer,
        gradient_clip_val: int | float | None = None,
        gradient_clip_algorithm: str | None = None,
    ) -> None:
        """Cuts the gradient of each network alone: a long one does not shorten the other."""
        if gradient_clip_algorithm == "value" or not gradient_clip_val:
            self.clip_gradients(optimizer, gradient_clip_val, gradient_clip_algorithm)
            return
        for group in optimizer.param_groups:
            clip_grad_norm_(group["params"], gradient_clip_val)


def hinge(real: Tensor, painted: Tensor) -> Tensor:
    """The discriminator's loss by its scores of real and of painted pictures, [B, 1, h, w] each; 0 where all are told apart well."""
    return torch.relu(1 - real).mean() + torch.relu(1 + painted).mean()
