"""Moves a canvas under losses: what a training is to a model this is to a single picture."""

import math
from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from tqdm import tqdm

from txst.types import Canvas, View


def optimise(
    canvas: Canvas,
    loss: Callable[[View], Tensor],
    optimizer: Callable[[Iterable[nn.Parameter]], Optimizer],
    steps: int,
    title: str = "optimising",
) -> float:
    """Moves a canvas's parameters downhill, and leaves it as it was where the loss was least.

    Args:
        canvas: begun.
        loss: what the canvas shows -> a scalar.
        optimizer: parameters -> optimizer; one that looks several times a step, as LBFGS, does as well.
        steps: of the optimizer.
        title: of the progress bar.

    Returns:
        The least loss.

    Raises:
        ValueError: the loss is no number any more.
    """
    moving = optimizer([p for p in canvas.parameters() if p.requires_grad])
    least = Least(canvas, loss, title)

    def look_and_pull() -> Tensor:
        moving.zero_grad()
        value = least.look()
        value.backward()
        return value

    with tqdm(range(steps), title, unit="step") as bar:
        for _ in bar:
            moving.step(look_and_pull)  # type: ignore[arg-type]  # torch's stub wants a float
            bar.set_postfix(loss=f"{least.value:.4g}", refresh=False)
    with torch.no_grad():
        least.look()  # where the last step led
    canvas.load_state_dict(least.weights)
    return least.value


class Least:
    """Where the loss of a canvas was least of all the times that it was looked at."""

    def __init__(self, canvas: Canvas, loss: Callable[[View], Tensor], title: str) -> None:
        self.canvas, self.loss, self.title = canvas, loss, title
        self.value = math.inf
        self.weights: dict[str, Tensor] = {}

    def look(self) -> Tensor:
        """The loss now."""
        value = self.loss(self.canvas())
        if not value.isfinite():
            raise ValueError(
                f"the loss is {value.item()} while {self.title}: lower the learning rate or the largest weight"
            )
        if value < self.value:
            self.value = value.item()
            self.weights = {name: x.clone() for name, x in self.canvas.state_dict().items()}
        return value
