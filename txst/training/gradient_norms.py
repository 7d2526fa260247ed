"""How hard each term of a loss pulls at the network: what its weight has to make up for."""

from collections.abc import Iterable

import torch

from txst.training.module import StyleTraining
from txst.types import Batch


def gradient_sizes(task: StyleTraining, batches: Iterable[Batch]) -> dict[str, float]:
    """Mean over batches of the length of each term's gradient to the model's trained weights, before the term's weight.

    Args:
        task: a StyleTraining, its model as far trained as it is to be weighed.
        batches: of its data.
    """
    weights = [p for p in task.model.parameters() if p.requires_grad]
    names = [name for name, weight in task.loss.weights.items() if weight]  # not faded
    found: dict[str, list[float]] = {name: [] for name in names}
    for batch in batches:
        inputs = task.inputs.paint(task.inputs.pair(batch))
        for name in names:
            pulls = torch.autograd.grad(task.loss.term(name, inputs), weights, retain_graph=True, allow_unused=True)
            found[name].append(float(torch.stack([p.square().sum() for p in pulls if p is not None]).sum().sqrt()))
    return {name: sum(sizes) / len(sizes) for name, sizes in found.items()}
