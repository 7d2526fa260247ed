"""Moves a canvas under losses: what a training is to a model this is to a single picture."""

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import MultiStepLR
from tqdm import tqdm

from txst.types import Canvas, View


def optimise(
    canvas: Canvas,
    loss: Callable[[View], Tensor],
    optimizer: Callable[[Iterable[nn.Parameter]], Optimizer],
    steps: int,
    title: str = "optimising",
    halve: Sequence[int] = (),
    watch: "Callable[[Descent], bool] | None" = None,
    state: dict[str, Any] | None = None,
    noisy: bool = False,
) -> float:
    """Moves a canvas's parameters downhill, and leaves it as it was where the loss was least.

    Args:
        canvas: begun.
        loss: what the canvas shows -> a scalar.
        optimizer: parameters -> optimizer; one that looks several times a step, as LBFGS, does as well.
        steps: of the optimizer.
        title: of the progress bar.
        halve: steps, counted from 0, from which on the rate is half of what it was.
        watch: is shown the descent after every step; where it says so, that was the last one.
        state: of an earlier descent of the same canvas and loss, to go on with, see `Descent.state`.
        noisy: the loss looks at another part of the canvas each time, and the least one tells nothing: the canvas is left as
            the last step made it.

    Returns:
        The least loss.

    Raises:
        ValueError: the loss is no number any more.
    """
    descent = Descent(canvas, loss, optimizer, halve, title, noisy)
    if state is not None:
        descent.resume(state)
    with tqdm(range(steps), title, unit="step", initial=descent.step) as bar:
        while descent.step < steps:
            descent.take_step()
            bar.set_postfix(loss=f"{descent.last if noisy else descent.least:.4g}", refresh=False)
            bar.update()
            if watch is not None and watch(descent):
                break
        else:
            with torch.no_grad():
                descent.look()  # where the last step led
    if not noisy:
        canvas.load_state_dict(descent.best)
    return descent.least


class Descent:
    """A canvas on its way downhill, and where its loss was least of all the times that it was looked at.

    Args:
        canvas, loss, optimizer, halve, title, noisy: see `optimise`.
    """

    def __init__(
        self,
        canvas: Canvas,
        loss: Callable[[View], Tensor],
        optimizer: Callable[[Iterable[nn.Parameter]], Optimizer],
        halve: Sequence[int],
        title: str,
        noisy: bool = False,
    ) -> None:
        self.canvas, self.loss, self.title, self.noisy = canvas, loss, title, noisy
        self.optimizer = optimizer([p for p in canvas.parameters() if p.requires_grad])
        self.schedule = MultiStepLR(self.optimizer, list(halve), gamma=0.5)
        self.step = 0  # that were taken
        self.least = self.last = math.inf
        self.best: dict[str, Tensor] = {}  # weights of the canvas where the loss was least

    def take_step(self) -> None:
        """One step of the optimizer."""
        self.optimizer.step(self.look_and_pull)  # type: ignore[arg-type]  # torch's stub wants a float
        self.schedule.step()
        self.step += 1

    def look_and_pull(self) -> Tensor:
        """The loss now, and its gradient where the parameters keep theirs."""
        self.optimizer.zero_grad()
        value = self.look()
        value.backward()
        return value

    def look(self) -> Tensor:
        """The loss now."""
        value = self.loss(self.canvas())
        if not value.isfinite():
            raise ValueError(
                f"the loss is {value.item()} while {self.title}: lower the learning rate or the largest weight"
            )
        self.last = value.item()
        if self.last < self.least:
            self.least = self.last
            if self.noisy:
                return value
            self.best = {name: x.clone() for name, x in self.canvas.state_dict().items()}
        return value

    @torch.no_grad()
    def picture(self) -> Tensor:
        """What the canvas shows where the loss was least, [B, 3, H, W] in [0, 1]."""
        now = {name: x.clone() for name, x in self.canvas.state_dict().items()}
        self.canvas.load_state_dict(self.best)
        shown = self.canvas().image
        self.canvas.load_state_dict(now)
        return shown

    def state(self) -> dict[str, Any]:
        """All that the next step is a function of beside the loss, in tensors, numbers and names; torch.save keeps it."""
        place = next(iter(self.canvas.parameters())).device
        return {
            "step": self.step,
            "canvas": self.canvas.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule.state_dict(),
            "least": self.least,
            "best": self.best,
            "random": torch.get_rng_state(),
            "random_cuda": torch.cuda.get_rng_state(place) if place.type == "cuda" else None,
        }

    def resume(self, state: dict[str, Any]) -> None:
        """Goes on from what `state` gave."""
        self.canvas.load_state_dict(state["canvas"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])
        self.step, self.least, self.best = state["step"], state["least"], state["best"]
        torch.set_rng_state(state["random"])
        if state["random_cuda"] is not None:
            torch.cuda.set_rng_state(state["random_cuda"], next(iter(self.canvas.parameters())).device)
