import pytest
import torch

from txst.losses.stability import StabilityLoss
from txst.types import LossInputError


def test_what_paints_each_pixel_by_itself_is_stable_but_for_the_noise(make_inputs):
    inputs = make_inputs()
    inputs.output.image = 1 - inputs.content.image
    inputs.sources["repaint"] = lambda: lambda image: 1 - image
    assert StabilityLoss(noise=0)(inputs) == 0
    assert StabilityLoss(noise=0.05)(inputs) == pytest.approx(0.05 * (2 / torch.pi) ** 0.5, rel=0.1)


def test_a_shift_by_a_pixel_is_seen_whatever_corner_is_drawn(make_inputs):
    inputs = make_inputs()
    inputs.output.image = inputs.content.image
    inputs.sources["repaint"] = lambda: lambda image: image.roll(1, -1)
    for seed in range(4):
        torch.manual_seed(seed)
        assert StabilityLoss(noise=0)(inputs) > 0.2


def test_only_a_share_of_the_batch_is_painted_again(make_inputs):
    inputs, rows = make_inputs(), []
    inputs.sources["repaint"] = lambda: lambda image: rows.append(image.shape) or image
    StabilityLoss(less=0.375, share=0.25)(inputs)
    assert rows == [(1, 3, 40, 40)]


def test_crops_that_are_too_small_are_refused(make_inputs):
    with pytest.raises(LossInputError, match="leaves nothing of crops of 64 pixels"):
        StabilityLoss(less=0.8)(make_inputs())
