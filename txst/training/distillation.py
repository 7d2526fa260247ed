"""Distils a VGG to few channels, with the decoder that goes back: Chiu and Gurari, 2022, https://arxiv.org/abs/2203.13452.

Departs from it: the eigenbases are worked out from the covariances of the teacher's features, not descended to; all four pairs of
blocks learn at once, not one after the other; every distance is relative to its target's variance, so that no level outweighs
another and no weight depends on the teacher.
"""

from collections.abc import Callable
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from txst.layers.distributed import mean_of_ranks
from txst.layers.ops import at_least_float32
from txst.losses.total import Total
from txst.models.pca_kd import IMAGE, LEVELS, PCAKD
from txst.training.loss_inputs import LossInputBuilder, Pair
from txst.training.module import StyleTraining
from txst.types import Embedder, Encoder, LossInputs, StyleModel

FLOOR = 1e-3  # of variances: a level that hardly varies is not blown up


class DistillationTraining(StyleTraining):
    """Trains a PCA-KD to encode as a teacher does, in the teacher's eigenbases, and to decode what it has encoded.

    Args:
        loss_network: the teacher, with the layers relu1_1 to relu4_1.
        look: batches from which the eigenbases are worked out, before the first step.
        weight: of the distillation, beside the weights of the loss.
        options: the rest of StyleTraining's.
    """

    def __init__(
        self,
        model: StyleModel,
        loss_network: Encoder | None,
        clip: Embedder,
        loss: Total,
        optimizer: Callable[..., Optimizer],
        look: int = 20,
        weight: float = 1.0,
        **options: Any,
    ) -> None:
        refuse_others(model, loss_network)
        loss.terms["distillation"] = Distillation()
        loss.weights["distillation"] = loss.configured["distillation"] = weight
        super().__init__(model, loss_network, clip, loss, optimizer, **options)
        self.inputs = RedrawnInputs(model, loss_network, clip)
        self.look = look

    @torch.no_grad()
    def on_fit_start(self) -> None:
        """Works out the eigenbases, unless a checkpoint has brought them."""
        basis = cast(PCAKD, self.model).basis
        if any(b.any() for b in basis.buffers()):
            return
        data: Any = self.trainer.datamodule  # type: ignore[attr-defined]
        batches = data.train_dataloader()
        seen: dict[str, list[tuple[Tensor, Tensor]]] = {name: [] for name in LEVELS}
        for _, batch in zip(range(self.look), batches, strict=False):
            photos = data.on_after_batch_transfer(batch, 0)["content"].to(self.device)
            for name, x in self.inputs.loss_network(photos).items():
                if name in seen:
                    rows = at_least_float32(x).transpose(0, 1).flatten(1)  # [D, places]
                    seen[name].append((rows.mean(1), rows @ rows.T / rows.shape[1]))
        for name, parts in seen.items():
            mean, product = (mean_of_ranks(torch.stack(part).mean(0)) for part in zip(*parts, strict=True))
            found = basis.get_buffer(name)
            found.copy_(eigenbasis(mean, product - mean[:, None] * mean, found.shape[1]))


def refuse_others(model: StyleModel, teacher: Encoder | None) -> None:
    """Raises a ValueError if the model is no PCA-KD, or none of this teacher's widths."""
    if not isinstance(model, PCAKD):
        raise ValueError(f"task=distillation trains model=pca_kd, and not a {type(model).__name__}")
    widths = {} if teacher is None else teacher.widths
    wanted = {name: basis.shape[0] for name, basis in model.basis.named_buffers()}
    if {name: widths.get(name) for name in wanted} != wanted:
        raise ValueError(
            f"the teacher's layers have {widths} channels, and the model is for a teacher with {wanted}: "
            f"set loss_network.layers=[{','.join(LEVELS)}] and model.teacher to its channels there"
        )


def eigenbasis(mean: Tensor, covariance: Tensor, count: int) -> Tensor:
    """The directions in which features vary most, as columns [D, C]; each points to where the mean lies, as ReLUs cut off what is below 0."""
    _, vectors = torch.linalg.eigh(covariance)  # ascending
    kept = vectors[:, -count:].flip(1)
    return kept * torch.where(mean @ kept < 0, -1.0, 1.0)


class RedrawnInputs(LossInputBuilder):
    """What the losses compare where a model encodes and decodes with no style put in: the output is the photo drawn again."""

    def paint(self, pair: Pair, by_text: bool | Tensor = False) -> LossInputs:
        model = cast(PCAKD, self.model)
        student = model.prepare_image(pair.content.image)
        decoded = model.reconstructed(student)
        extras = {f"basis.{name}": basis for name, basis in model.basis.named_buffers()}
        for kind, features in (("student", student), ("decoded", decoded)):
            extras |= {f"{kind}.{name}": x for name, x in features.items()}
        height, width = pair.content.image.shape[-2:]
        output = self.view(decoded[IMAGE][..., :height, :width], pair.content.window)
        return LossInputs(pair.content, pair.style, output, pair.artist, self.network, extras)


class Distillation(nn.Module):
    """Distances of the student's features from the teacher's in its eigenbases, of what is decoded from what was encoded, and
    of the pixels; each relative to its target's variance.
    """

    def forward(self, inputs: LossInputs) -> Tensor:
        extras = inputs.extras
        terms = [relative(extras[f"decoded.{IMAGE}"], extras[f"student.{IMAGE}"])]
        for name in LEVELS:
            student = extras[f"student.{name}"]
            places = at_least_float32(inputs.content.layer(name)).movedim(1, -1)  # [B, h, w, D]
            wanted = (places @ extras[f"basis.{name}"]).movedim(-1, 1)
            height, width = wanted.shape[-2:]
            terms.append(relative(centred(student[..., :height, :width]), centred(wanted)))
            if f"decoded.{name}" in extras:
                terms.append(relative(extras[f"decoded.{name}"], student))
        return torch.stack(terms).sum()


def centred(x: Tensor) -> Tensor:
    x = at_least_float32(x)
    return x - x.mean((2, 3), keepdim=True)


def relative(x: Tensor, wanted: Tensor) -> Tensor:
    """Mean squared distance over the variance of what is wanted, both [B, C, h, w]: 1 is as far as its mean."""
    variance = centred(wanted).square().mean().clamp_min(FLOOR)
    return (at_least_float32(x) - wanted).square().mean() / variance
