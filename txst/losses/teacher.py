"""Paint what a teacher paints."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from txst.types import LossInputs


class TeacherLoss(nn.Module):
    """Mean absolute difference of the output's pixels from those that a teacher painted of the same two pictures.

    Distillation of a whole network, after Hinton, Vinyals and Dean, 2015, https://arxiv.org/abs/1503.02531. It gives a clean
    start; where a student is to do something else than its teacher, it is meant to fade (training/callbacks.py, AnnealLossWeight).

    Args:
        layers: of the loss network, whose features are compared, too: lines that lie a pixel off then cost less than no lines.
        share: what these count beside the pixels: in each layer the mean absolute difference, divided by the mean of the teacher's.
    """

    def __init__(self, layers: Sequence[str] = (), share: float = 0.05) -> None:
        super().__init__()
        self.layers, self.share = list(layers), share

    def forward(self, inputs: LossInputs) -> Tensor:
        output, teacher = inputs.output, inputs.teacher
        pixels = F.l1_loss(output.pixels, teacher.pixels)
        if not self.layers:
            return pixels
        pairs = [(output.layer(name), teacher.layer(name).detach()) for name in self.layers]
        return pixels + self.share * torch.stack([F.l1_loss(o, t) / t.abs().mean() for o, t in pairs]).sum()
