"""Let the output be taken for the artist's, by a classifier of real paintings that looks with the judge."""

from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from txst.layers.artist_classifier import read_facts, read_weights
from txst.layers.ops import at_least_float32, full_precision, statistics
from txst.types import LossInputs


class RecognisedLoss(nn.Module):
    """Cross-entropy of the classifier's guess for the output, over the pairs whose artist it knows; 0 where it knows none.

    Its inputs are means and deviations of features, as in `metrics.artist`: what an artist's works have in common,
    beside the one painting that other losses compare with. Never judge by the classifier that was trained with.

    Args:
        head: folder that scripts/train_artist_classifier.py wrote, on the features of the losses' judge, all of its layers.
        temperature: by which the guesses are softened.
    """

    ids: Tensor  # [K], numbers of the artists
    mean: Tensor  # [C], and the next
    scale: Tensor
    weight: Tensor  # [K, C]
    bias: Tensor  # [K]

    def __init__(self, head: str | Path, temperature: float = 1.0) -> None:
        super().__init__()
        facts = read_facts(head)
        weights = read_weights(head)
        for name, value in weights.items():
            self.register_buffer(name.removeprefix("linear."), value, persistent=False)
        self.register_buffer("ids", torch.tensor(facts["ids"]), persistent=False)
        self.temperature = temperature

    def forward(self, scene: LossInputs) -> Tensor:
        seen = statistics({name: at_least_float32(x) for name, x in scene.output.features.items()})
        if seen.shape[1] != len(self.mean):
            raise ValueError(
                f"the classifier wants {len(self.mean)} statistics and the judge gives {seen.shape[1]}: "
                "train it on the judge's network (scripts/train_artist_classifier.py --network)"
            )
        same = scene.artist[:, None] == self.ids
        known = same.any(1)
        if not known.any():
            return seen.sum() * 0
        with full_precision(seen):
            logits = F.linear((seen[known] - self.mean) / self.scale, self.weight.to(seen), self.bias.to(seen))
        return F.cross_entropy(logits / self.temperature, same[known].float().argmax(1))
