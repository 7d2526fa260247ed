import pytest
import torch

from txst.losses.calm import CalmLoss
from txst.types import LossInputs, View


def loss(output, content):
    views = [View(image) for image in (content, content, output)]
    return CalmLoss(window=8, flat=0.05)(LossInputs(*views, artist=torch.zeros(1))).item()


def half(left, right):
    return torch.cat([left[..., :32], right[..., 32:]], 3)


SKY, LEAVES = torch.full((1, 3, 64, 64), 0.6), torch.rand(1, 3, 64, 64)
STROKES = SKY + 0.1 * torch.tensor([-1.0, 1.0]).repeat(32)


def test_strokes_in_the_sky_are_their_variance():
    assert loss(STROKES, SKY) == pytest.approx(0.01, rel=1e-3)


def test_any_colour_is_calm_and_a_slow_change_nearly():
    assert loss(SKY * 0.3, SKY) == pytest.approx(0, abs=1e-9)
    assert loss(SKY + torch.linspace(-0.1, 0.1, 64), SKY) < 1e-4


def test_strokes_cost_more_in_the_sky_than_in_the_leaves():
    photo = half(SKY, LEAVES)
    assert loss(half(STROKES, SKY), photo) > 10 * loss(half(SKY, STROKES), photo)
