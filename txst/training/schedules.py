"""Learning rates by the number of the step."""

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR


def inverse_decay(optimizer: Optimizer, decay: float, warm_up: int = 0, start: float = 1.0) -> LambdaLR:
    """The rate over 1 + decay times the steps, as AdaIN, SANet and StyTr2 train; before, it may rise in a line.

    Args:
        optimizer: with the rate that it comes to.
        decay: a step.
        warm_up: steps until the decay begins.
        start: share of the rate that the first step has.
    """

    def share(step: int) -> float:
        if step < warm_up:
            return start + (1 - start) * step / warm_up
        return 1 / (1 + decay * (step - warm_up))

    return LambdaLR(optimizer, share)
