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
    best, kept = math.inf, {}

    def look() -> Tensor:
        nonlocal best, kept
        value = loss(canvas())
        if not value.isfinite():
            raise ValueError(f"the loss is {value.item()} while {title}: lower the learning rate or the largest weight")
        if value < best:
            best, kept = value.item(), {name: x.clone() for name, x in canvas.state_dict().items()}
        return value

    def look_and_pull() -> Tensor:
        moving.zero_grad()
        value = look()
        value.backward()
        return value

    with tqdm(range(steps), title, unit="step") as bar:
        for _ in bar:
            moving.step(look_and_pull)  # type: ignore[arg-type]  # torch's stub wants a float
            bar.set_postfix(loss=f"{best:.4g}", refresh=False)
    with torch.no_grad():
        look()  # where the last step led
    canvas.load_state_dict(kept)
    return best
