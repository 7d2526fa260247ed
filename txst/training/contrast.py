"""Trains CAST's style embedder: two crops of one painting against many others.

Zhang et al., SIGGRAPH 2022, https://arxiv.org/abs/2205.09542, eq. 1, with the memory of He et al., 2020 (MoCo),
https://arxiv.org/abs/1911.05722.
"""

from collections.abc import Callable
from pathlib import Path

import pytorch_lightning as pl
import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import Tensor
from torch.optim import Optimizer

from txst.encoders.cast import StyleProjector
from txst.types import Batch


class ContrastTraining(pl.LightningModule):
    """Each layer's code of a crop is to be found by that of another crop of the same painting, among those of other paintings.

    Departs from it: a painting's codes join the memory after the loss, so that none is held against itself; the memory is in
    the checkpoint. Crops are drawn from torch's global generator.

    Args:
        embedder: the StyleProjector.
        optimizer: parameters -> optimizer.
        temperature: of the contrast. Published: 0.07.
        memory: codes of other paintings that are kept, of each layer. Published: 4096.
    """

    memory: Tensor
    at: Tensor

    def __init__(
        self,
        embedder: StyleProjector,
        optimizer: Callable[..., Optimizer],
        temperature: float = 0.07,
        memory: int = 4096,
    ) -> None:
        super().__init__()
        self.model = embedder
        self.make_optimizer = optimizer
        self.temperature = temperature
        layers = len(embedder.projectors)
        self.register_buffer("memory", F.normalize(torch.randn(layers, memory, embedder.code), dim=2))
        self.register_buffer("at", torch.zeros((), dtype=torch.long))  # where the next codes go

    def training_step(self, batch: Batch, _: int) -> Tensor:
        one, other = (self.model.codes(random_crop(batch["style"])) for _ in range(2))
        losses = contrast(one, other, self.memory.clone(), self.temperature)  # [L]; the gradient wants it unchanged
        self.remember(other.detach())
        self.log_dict({"train/loss": losses.sum()})
        return losses.sum()

    def remember(self, codes: Tensor) -> None:
        """Puts codes [B, L, C] in the places of the oldest ones."""
        places = (self.at + torch.arange(len(codes), device=self.at.device)) % self.memory.shape[1]
        self.memory[:, places] = codes.transpose(0, 1)
        self.at.add_(len(codes)).remainder_(self.memory.shape[1])

    def validation_step(self, batch: Batch, _: int, dataloader_idx: int = 0) -> None:
        """How often the left half of a painting finds its right half among those of the batch; chance is one in B."""
        halves = batch["style"].chunk(2, dim=3)
        left, right = (self.model.codes(half).flatten(1) for half in halves)
        found = (left @ right.T).argmax(1) == torch.arange(len(left), device=left.device)
        self.log("val/found", found.float().mean(), sync_dist=True, batch_size=len(left))

    def configure_optimizers(self) -> Optimizer:
        return self.make_optimizer([p for p in self.parameters() if p.requires_grad])

    def on_train_end(self) -> None:
        if self.trainer.is_global_zero:
            save_file(self.model.state_dict(), Path(self.trainer.default_root_dir) / "embedder.safetensors")


def contrast(one: Tensor, other: Tensor, memory: Tensor, temperature: float) -> Tensor:
    """InfoNCE of each layer (van den Oord, Li and Vinyals, 2018, https://arxiv.org/abs/1807.03748).

    Args:
        one: codes [B, L, C], unit length.
        other: of other crops of the same paintings.
        memory: of other paintings, [L, M, C].
        temperature: that the cosines are divided by.

    Returns:
        [L].
    """
    own = (one * other).sum(2, keepdim=True)  # [B, L, 1]
    others = torch.einsum("blc,lmc->blm", one, memory)
    scores = torch.cat([own, others], 2) / temperature
    return -scores.log_softmax(2)[..., 0].mean(0)


def random_crop(image: Tensor) -> Tensor:
    """A part of the pictures [B, 3, H, W] of random shape, in their size: 0.8 to 1 of the area, proportions of 3:4 to 4:3."""
    height, width = image.shape[-2:]
    area, proportion = 0.8 + 0.2 * float(torch.rand(())), (4 / 3) ** (2 * float(torch.rand(())) - 1)
    h = min(height, round(height * (area * proportion) ** 0.5))
    w = min(width, round(width * (area / proportion) ** 0.5))
    top, left = (int(torch.randint(free + 1, ())) for free in (height - h, width - w))
    part = image[..., top : top + h, left : left + w]
    return F.interpolate(part, size=(height, width), mode="bilinear", antialias=True)
