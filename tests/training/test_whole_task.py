"""The whole task: it learns one batch by heart, and two processes with half of a batch each take the step of one with all of it."""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest
import torch
import torch.distributed as dist
from hydra.utils import instantiate
from torch.utils.data import DataLoader, IterableDataset

from txst.benchmarks.training import random_batch

TASKS = {
    "told names": ["transfer=txst", "task.text_share=1"],
    "shown pictures": ["transfer=conditional_norm", "style_width=16"],
}
AGAINST = [
    "task=gan",
    "~task.optimizer.betas",
    "task.discriminator_lr=0.5",
    "task.discriminator.width=4",
    *TASKS["shown pictures"],
]
SMALL = ["encoder=pyramid", "loss_network=bank"]


class Shared(IterableDataset):
    """A batch, of which every rank gets its rows, so many times."""

    def __init__(self, batch, times=1):
        self.batch, self.times = batch, times

    def __iter__(self):
        rank, ranks = (dist.get_rank(), dist.get_world_size()) if dist.is_initialized() else (0, 1)
        count = len(self.batch["artist"]) // ranks
        rows = slice(rank * count, rank * count + count)
        yield from [{name: rows_of[rows] for name, rows_of in self.batch.items()}] * self.times


def fitted_by_two(cfg):
    """The weights after a step of two processes, from a process that has done nothing yet: autograd with threads cannot be forked."""
    with ProcessPoolExecutor(1, get_context("spawn")) as fresh:
        return fresh.submit(fitted, cfg, 2).result()[0]


def fitted(cfg, devices=1, steps=1):
    """The weights of a task after steps on one batch, by so many processes together, and the callback metrics."""
    torch.manual_seed(0)
    task = instantiate(cfg.task, _convert_="all")
    fit = instantiate(cfg.trainer, _partial_=True, _convert_="all")(
        # a spectral norm cannot be pickled, as spawning would
        devices=devices, strategy="ddp_fork" if devices > 1 else "auto", max_steps=steps, logger=False, callbacks=[], limit_val_batches=0, enable_checkpointing=False
    )  # fmt: skip
    fit.fit(task, DataLoader(Shared(random_batch(cfg, task.device), steps), batch_size=None))
    return {name: p.detach() for name, p in task.named_parameters() if p.requires_grad}, fit.callback_metrics


@pytest.mark.slow
@pytest.mark.parametrize(
    "task", [TASKS["told names"], AGAINST], ids=["told names", "shown pictures, against a discriminator"]
)
def test_two_processes_take_the_step_of_one_with_the_joined_batch(tiny, task):
    losses = "loss=[content,gram,identity,artist,nt_xent]"
    plain = "task.optimizer={_target_: torch.optim.SGD, _partial_: true, lr: 0.5}"  # a step of it is its gradient
    cfg = tiny(*SMALL, *task, losses, plain, "trainer.precision=64-true", "trainer.gradient_clip_val=null")
    (one, _), two = fitted(cfg), fitted_by_two(cfg)
    torch.manual_seed(0)
    start = dict(instantiate(cfg.task, _convert_="all").named_parameters())
    moved = [name for name, weight in one.items() if (weight - start[name]).abs().max() > 1e-4]
    assert len(moved) > 10
    for name, weight in one.items():  # what two processes learnt comes back in float32
        torch.testing.assert_close(
            two[name].float(), weight.float(), rtol=1e-6, atol=1e-7, msg=lambda m, n=name: f"{n}: {m}"
        )


@pytest.mark.parametrize("kind", TASKS)
def test_the_loss_of_one_batch_falls_by_a_fifth_when_it_is_learnt_by_heart(tiny, kind):
    cfg = tiny(*SMALL, *TASKS[kind], "loss=[content,gram,colour]", "lr=5e-3", "trainer.log_every_n_steps=1")
    _, first = fitted(cfg)
    _, last = fitted(cfg, steps=20)
    assert last["train/loss"] < 0.8 * first["train/loss"]
