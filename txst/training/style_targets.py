"""What a step wants of the style pictures, worked out once for every view that is kept, and kept beside it."""

from typing import Any

import torch
from torch import Tensor
from tqdm import tqdm

from txst.data.cache import Views
from txst.data.module import Paintings
from txst.layers.running_standardize import averages_at_rest
from txst.training.loss_inputs import Drawn


class StyleTargets:
    """Rows of the statistics (`types.once`) of all views.

    What is kept is what a step asks for, by a step of its own for each part of the views: the statistics of frozen networks;
    what a gradient goes through is left to each step. The loss network sees the views whole here, wherever
    `task.shift` lets it look at the paintings.

    Args:
        task: a StyleTraining, as it begins.
        data: its pictures.
        views: its style pictures.
        batch_size: views at a time.
    """

    def __init__(self, task: Any, data: Paintings, views: Views, batch_size: int) -> None:
        self.kept: dict[str, Tensor] = {}
        count = len(views.pixels)
        parts = range(0, count, batch_size)
        for first in tqdm(parts, "targets of styles", unit="batch", disable=not task.trainer.is_global_zero):
            rows = list(range(first, min(first + batch_size, count)))
            found = wanted(task, data, views, rows)
            if not first:
                data.allow(
                    views.bytes + data.cached.content.bytes + count * sum(map(size_of_a_row, found.values())),
                    f"{count} views of paintings with {', '.join(found) or 'no targets'}, and the photos,",
                )
                self.kept = {name: x.new_empty(count, *x.shape[1:]) for name, x in found.items()}
            for name, x in found.items():
                self.kept[name][first : first + len(rows)] = x

    def __call__(self, rows: Tensor) -> dict[str, Tensor]:
        """Name -> statistics of these views, [B, ...]."""
        return {name: x[rows].to(torch.promote_types(x.dtype, torch.float32)) for name, x in self.kept.items()}


def wanted(task: Any, data: Paintings, views: Views, rows: list[int]) -> dict[str, Tensor]:
    """What a step asks of these views as styles, name -> [B, ...]."""
    pictures = views.pixels[rows].to(task.dtype) / 255
    batch: Any = data.cached.named([row // views.count for row in rows])
    batch |= {"content": pictures, "style": pictures, "artist": data.cached.artist[[r // views.count for r in rows]]}
    batch["artist"] = batch["artist"].to(pictures.device)
    devices = [pictures.device] if pictures.is_cuda else []
    with (
        torch.random.fork_rng(devices),
        averages_at_rest(task.model),
        task.trainer.precision_plugin.train_step_context(),
    ):
        found = of_frozen_networks(task, task.inputs.drawn(batch))
    return {name: x.to(data.cache_dtype) if data.cache_dtype == torch.bfloat16 else x for name, x in found.items()}


def of_frozen_networks(task: Any, drawn: Drawn) -> dict[str, Tensor]:
    """What a step asks of the style pictures and no training changes, name -> [B, ...]."""
    pair = task.inputs.views(drawn)
    task.losses(task.inputs.paint(pair))
    return {name: x for name, x in pair.style.kept.items() if not x.requires_grad}


def size_of_a_row(x: Tensor) -> int:
    """Bytes."""
    return x[0].numel() * x.element_size()
