"""Let the output be taken for the artist's, by a classifier of real paintings that looks with the loss network."""

from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from txst.layers.artist_classifier import read_facts, read_weights
from txst.layers.ops import at_least_float32, full_precision, statistics
from txst.types import LossInputError, LossInputs


class RecognisedLoss(nn.Module):
    """Cross-entropy of the classifier's guess for the output, over the pairs whose artist it knows; 0 where it knows none.

    Its inputs are means and deviations of features, as in `metrics.artist`: what an artist's works have in common,
    beside the one painting that other losses compare with. Never measure a model by the classifier that it was trained with.

    Args:
        head: folder that scripts/train_artist_classifier.py wrote, on the features of the loss network, all of its layers.
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
        self.head, self.network = head, facts["network"]
        self.temperature = temperature

    def forward(self, inputs: LossInputs) -> Tensor:
        if inputs.network != self.network:
            raise LossInputError(
                f"has a classifier, {self.head}, that was trained on {self.network}, and the loss network is {inputs.network}: "
                "train one on it (scripts/train_artist_classifier.py --network)"
            )
        found = statistics({name: at_least_float32(inputs.output.layer(name)) for name in inputs.output.features})
        if found.shape[1] != len(self.mean):
            raise LossInputError(
                f"has a classifier of {len(self.mean)} statistics and the loss network gives {found.shape[1]}: "
                "let loss_network.layers be those that it was trained on"
            )
        same = inputs.artist[:, None] == self.ids
        known = same.any(1)
        with full_precision(found):
            logits = F.linear((found - self.mean) / self.scale, self.weight.to(found), self.bias.to(found))
        each = F.cross_entropy(logits / self.temperature, same.float().argmax(1), reduction="none")  # [B]
        return each.where(known, 0).sum() / known.sum().clamp_min(1)  # and no choice of rows: shapes stay the same
