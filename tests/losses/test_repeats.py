import pytest
import torch

from txst.losses.repeats import RepeatsLoss
from txst.types import LossInputs, View

DRAW = torch.Generator().manual_seed(0)
SKY, LEAVES = torch.full((1, 3, 96, 96), 0.6), torch.rand(1, 3, 96, 96, generator=DRAW)
GRAIN = SKY + 0.1 * torch.randn(1, 1, 96, 96, generator=DRAW)
PLACE = torch.arange(96)


def lattice(period, contrast=0.1):
    """Diagonal hatching."""
    waves = torch.cos(2 * torch.pi / period * (PLACE[:, None] + PLACE))
    return SKY + contrast * waves


def loss(output, content=SKY):
    views = [View(image) for image in (content, content, output)]
    return RepeatsLoss()(LossInputs(*views, artist=torch.zeros(1)))


@pytest.mark.parametrize("period", [3, 5, 8])
def test_hatching_costs_far_more_than_grain_as_strong(period):
    assert loss(lattice(period)) > 10 * loss(GRAIN)


def test_hatching_costs_the_same_however_strong_once_it_is_seen():
    weak, strong = loss(lattice(5, 0.1)).item(), loss(lattice(5, 0.3)).item()
    assert strong == pytest.approx(weak, rel=0.05)
    assert loss(lattice(5, 0.001)) < 0.01 * strong


def test_a_sky_that_darkens_is_no_pattern():
    assert loss(SKY * torch.linspace(1, 0.4, 96)[:, None]) < 0.01


def test_a_pattern_that_the_photo_has_may_stay():
    assert loss(lattice(5), LEAVES) < 0.05 * loss(lattice(5), SKY)


def test_a_step_down_the_gradient_fades_the_hatching():
    picture = (0.9 * lattice(5) + 0.1 * GRAIN).requires_grad_()
    before = loss(picture)
    before.backward()
    assert loss(picture - 0.01 * picture.grad / picture.grad.abs().max()) < before


def test_blank_pictures_have_a_finite_gradient():
    picture = SKY.clone().requires_grad_()
    loss(picture).backward()
    assert picture.grad.isfinite().all()
