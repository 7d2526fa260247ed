"""One adversarial step: the model paints, a discriminator tells its paintings from real ones, and each learns from the other."""

from collections.abc import Callable
from typing import Any, cast

import pytorch_lightning as pl
import torch
from pytorch_lightning.core.optimizer import LightningOptimizer
from torch import Tensor, nn
from torch.optim import Optimizer

from txst.training.loss_inputs import LossInputBuilder, seed_of_step
from txst.types import Embedder, Encoder, Network, StyleModel


class AdversarialTraining(pl.LightningModule):
    """Trains a StyleModel against a discriminator, with any other losses on top.

    The hinge loss of Lim and Ye, 2017, https://arxiv.org/abs/1705.02894. What is real are the style pictures.
    A batch is two steps of `trainer.max_steps`, one of each network.

    Args:
        model: a StyleModel, the generator.
        loss_network: image -> Features, frozen, for the losses; None takes the model's own frozen encoder.
        clip: image -> embedding and `text` -> embedding; it is frozen.
        loss: LossInputs -> (total, terms), of the generator.
        discriminator: image -> scores, above 0 for real pictures.
        optimizer: parameters -> optimizer, of the generator.
        discriminator_optimizer: the same of the discriminator.
        weight: of the adversarial term, beside those of the loss.
        clip_norm: length to which the gradient of each network is cut.
        teacher: a picture-driven model, whose paintings some losses want; or None.
        text_share: see LossInputBuilder.
        shift: see LossInputBuilder.
        seed: of the run.
    """

    held_out = ("val", "strangers")  # what validation shows: held-out works, and works of held-out artists

    def __init__(
        self,
        model: StyleModel,
        loss_network: Encoder | None,
        clip: Embedder,
        loss: Any,
        discriminator: nn.Module,
        optimizer: Callable[..., Optimizer],
        discriminator_optimizer: Callable[..., Optimizer],
        weight: float = 1.0,
        clip_norm: float = 1.0,
        teacher: StyleModel | None = None,
        text_share: float = 0.5,
        shift: int = 0,
        seed: int = 0,
    ) -> None:
        super().__init__()
        self.automatic_optimization = False
        self.strict_loading = False  # frozen weights are not in our checkpoints
        self.inputs = LossInputBuilder(model, loss_network, clip, teacher, text_share, shift)
        self.model, self.discriminator = model, discriminator
        self.loss_network, self.clip, self.teacher = self.inputs.loss_network, clip, teacher
        self.loss, self.weight, self.clip_norm, self.seed = loss, weight, clip_norm, seed
        self.makers = (optimizer, discriminator_optimizer)

    def train(self, mode: bool = True) -> "AdversarialTraining":
        """Switches what is trained: Lightning calls this on every child, and the frozen ones stay in eval."""
        super().train(mode)
        for frozen in filter(None, (self.clip, self.teacher)):
            frozen.eval()
        return self

    def on_fit_start(self) -> None:
        if self.trainer.world_size > 1:
            raise ValueError("task=gan trains on one device: trainer.devices=1")

    def training_step(self, batch: dict, _: int) -> None:
        generator, discriminator = cast(list[LightningOptimizer], self.optimizers())
        inputs = self.inputs.of_step(batch, seed_of_step(self.seed, self.trainer))
        painted, real = inputs.output.image, inputs.style.image

        self.discriminator.requires_grad_(False)
        total, terms = self.loss(inputs)
        terms["adversarial"] = -self.discriminator(painted).mean()
        total = total + self.weight * terms["adversarial"]
        self.step(generator, total)

        self.discriminator.requires_grad_(True)
        terms["discriminator"] = hinge(self.discriminator(real), self.discriminator(painted.detach()))
        self.step(discriminator, terms["discriminator"])
        self.log_dict({"train/loss": total, **{f"train/{name}": value for name, value in terms.items()}})

    def step(self, optimizer: Any, loss: Tensor) -> None:
        self.manual_backward(loss)
        self.clip_gradients(optimizer, self.clip_norm, "norm")
        optimizer.step()
        optimizer.zero_grad()

    def validation_step(self, batch: dict, _: int, dataloader_idx: int = 0) -> None:
        total, terms = self.loss(self.inputs.paint(self.inputs.pair(batch)))
        split = self.held_out[dataloader_idx]
        values = {f"{split}/picture/{name}": value for name, value in {"loss": total, **terms}.items()}
        self.log_dict(values, sync_dist=True, batch_size=len(batch["artist"]), add_dataloader_idx=False)

    def configure_optimizers(self) -> list[Optimizer]:
        networks: tuple[Network, ...] = (self.model, self.discriminator)
        return [
            make(p for p in network.parameters() if p.requires_grad)
            for make, network in zip(self.makers, networks, strict=True)
        ]

    def on_save_checkpoint(self, checkpoint: dict) -> None:
        kept = {name for name, p in self.named_parameters() if p.requires_grad}
        kept |= {name for name, _ in self.named_buffers() if name.startswith(("model.", "discriminator."))}
        checkpoint["state_dict"] = {k: v for k, v in checkpoint["state_dict"].items() if k in kept}


def hinge(real: Tensor, painted: Tensor) -> Tensor:
    """The discriminator's loss by its scores of real and of painted pictures, [B, 1, h, w] each; 0 where all are told apart well."""
    return torch.relu(1 - real).mean() + torch.relu(1 + painted).mean()
