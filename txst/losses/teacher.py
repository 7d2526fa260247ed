"""Paint what a teacher paints."""

import torch.nn.functional as F
from torch import Tensor, nn

from txst.types import LossInputs


class TeacherLoss(nn.Module):
    """Mean absolute difference of the output's pixels from those that a teacher painted of the same two pictures.

    Distillation of a whole network, after Hinton, Vinyals and Dean, 2015, https://arxiv.org/abs/1503.02531. It gives a clean
    start; it is meant to fade (training/callbacks.py, AnnealLossWeight), for a student that only copies stays behind its teacher.
    """

    def forward(self, inputs: LossInputs) -> Tensor:
        return F.l1_loss(inputs.output.pixels, inputs.teacher.pixels)
