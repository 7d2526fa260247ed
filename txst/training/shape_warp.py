"""Trains the network that warps silhouettes, on pairs that are drawn as it goes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import Tensor
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from txst.data.silhouettes import Pairs
from txst.models.shape_warp import ShapeWarp, jacobian, warped

BAND = 0.06  # of the side: distances to the outline that count


class ShapeWarpTraining(pl.LightningModule):
    """Moves every flow so that the source's silhouette becomes the target's.

    The masks' difference and the smoothness of the flow near both silhouettes are those of Yang et al., 2022 (ShapeWarp); distances to the outlines
    tell a flow where to go where the masks do not meet, and foldings are pushed open. Both are ours, and so are the weights.

    Args:
        model: the ShapeWarp.
        optimizer: parameters -> optimizer.
        scheduler: optimizer -> a schedule that is advanced every step.
        gamma: what a flow counts to the one after it.
        distance: weight of the distances to the outlines.
        smoothness: weight of the differences of the flow from pixel to pixel.
        folding: weight of foldings.
    """

    def __init__(
        self,
        model: ShapeWarp,
        optimizer: Callable[..., Optimizer],
        scheduler: Callable[[Optimizer], LRScheduler],
        gamma: float = 0.7,
        distance: float = 2.0,
        smoothness: float = 0.1,
        folding: float = 50.0,
    ) -> None:
        super().__init__()
        self.model = model
        self.make_optimizer, self.make_scheduler = optimizer, scheduler
        self.gamma = gamma
        self.weights = {"mask": 1.0, "distance": distance, "smoothness": smoothness, "folding": folding}

    def training_step(self, batch: dict[str, Tensor], _: int) -> Tensor:
        source, target = batch["source"], batch["target"]
        flows = self.model(source, target)
        shares = [self.gamma ** (len(flows) - 1 - n) for n in range(len(flows))]
        of_flows = [terms(source, target, flow) for flow in flows]
        summed = {
            name: torch.stack([share * one[name] for share, one in zip(shares, of_flows, strict=True)]).sum()
            for name in self.weights
        }
        loss = torch.stack([weight * summed[name] for name, weight in self.weights.items()]).sum()
        self.log_dict({"train/loss": loss, **{f"train/{name}": value for name, value in summed.items()}})
        return loss

    def validation_step(self, batch: dict[str, Tensor], _: int) -> None:
        source, target = batch["source"], batch["target"]
        flow = self.model(source, target)[-1]
        values = {
            "iou_before": iou(source[:, :1], target[:, :1]),
            "iou": iou(warped(source[:, :1], flow), target[:, :1]),
            "folded": (jacobian(flow) <= 0).flatten(1).any(1).float().mean(),
        }
        self.log_dict({f"val/{name}": value for name, value in values.items()}, batch_size=len(source), prog_bar=True)

    def configure_optimizers(self) -> Any:
        optimizer = self.make_optimizer(self.parameters())
        schedule = {"scheduler": self.make_scheduler(optimizer), "interval": "step"}
        return {"optimizer": optimizer, "lr_scheduler": schedule}

    def on_train_end(self) -> None:
        if self.trainer.is_global_zero:
            save_file(self.model.state_dict(), Path(self.trainer.default_root_dir) / "shape_warp.safetensors")


def terms(source: Tensor, target: Tensor, flow: Tensor) -> dict[str, Tensor]:
    """What a flow [B, 2, H, W] leaves to be desired; source and target are those of `ShapeWarp.forward`."""
    came = warped(source, flow)
    near = torch.maximum(came[:, :1], target[:, :1]) + 0.02  # [B, 1, H, W]: the ground may stretch
    across, down = flow.diff(dim=-1)[..., :-1, :], flow.diff(dim=-2)[..., :-1]
    rough = (across.square() + down.square()).sum(1, keepdim=True) * near[..., :-1, :-1]
    apart = came[:, 1:].clamp(-BAND, BAND) - target[:, 1:].clamp(-BAND, BAND)
    return {
        "mask": (came[:, :1] - target[:, :1]).abs().mean() / target[:, :1].mean(),
        "distance": apart.abs().mean() / BAND,
        "smoothness": rough.mean() / near.mean(),
        "folding": F.relu(0.1 - jacobian(flow)).mean(),
    }


def iou(mask: Tensor, other: Tensor) -> Tensor:
    """Mean over a batch [B, 1, H, W] of the share of both that they have in common."""
    a, b = (x.flatten(1) >= 0.5 for x in (mask, other))
    return ((a & b).sum(1) / (a | b).sum(1).clamp(min=1)).mean()


class SilhouettePairs(pl.LightningDataModule):
    """Batches of drawn pairs; see `Pairs`.

    Args:
        size: pixels of a side, a multiple of 4.
        batch_size: pairs.
        batches: in an epoch.
        val_pairs: for validation, which are never trained on.
        workers: processes that draw.
        seed: what is drawn is a function of it, the epoch and the number.
        style: not looked at; named by whoever names it for other experiments.
        content: not looked at.
    """

    def __init__(
        self,
        size: int = 64,
        batch_size: int = 8,
        batches: int = 250,
        val_pairs: int = 64,
        workers: int = 0,
        seed: int = 0,
        style: Any = None,
        content: Any = None,
    ) -> None:
        super().__init__()
        self.size, self.batch_size, self.batches = size, batch_size, batches
        self.val_pairs, self.workers, self.seed = val_pairs, workers, seed

    def train_dataloader(self) -> Any:
        epoch = self.trainer.current_epoch if self.trainer else 0
        pairs = Pairs(self.size, self.batches * self.batch_size, (self.seed, 1, epoch))
        return torch.utils.data.DataLoader(pairs, self.batch_size, num_workers=self.workers)

    def val_dataloader(self) -> Any:
        return torch.utils.data.DataLoader(Pairs(self.size, self.val_pairs, (self.seed, 0)), self.batch_size)
