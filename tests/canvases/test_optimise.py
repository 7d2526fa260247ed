"""A canvas is moved to where its loss is least, by any optimizer, and stays in [0, 1]."""

from functools import partial

import pytest
import torch

from txst.canvases.optimise import optimise
from txst.canvases.pixels import Pixels

ADAM = partial(torch.optim.Adam, lr=0.05)


def distance(target):
    return lambda view: (view.image - target).square().mean()


@pytest.mark.parametrize("optimizer", [ADAM, partial(torch.optim.LBFGS, lr=1.0, line_search_fn="strong_wolfe")])
def test_pixels_reach_what_the_loss_wants(optimizer):
    target = torch.rand(2, 3, 8, 9)
    canvas = Pixels().begin(torch.full_like(target, 0.5))
    best = optimise(canvas, distance(target), optimizer, steps=120)
    assert best < 1e-4
    assert distance(target)(canvas()).item() == pytest.approx(best)


def test_pixels_begin_as_the_content_and_never_leave_the_unit_range():
    content = torch.rand(1, 3, 8, 8)
    canvas = Pixels().begin(content)
    assert canvas().image.equal(content)
    optimise(canvas, distance(torch.full_like(content, 3.0)), ADAM, steps=60)
    assert canvas().image.min() >= 0
    assert canvas().image.max() == 1


def test_a_pixel_held_at_the_border_comes_back_when_the_loss_asks_for_it():
    canvas = Pixels().begin(torch.full((1, 3, 4, 4), 1.2))
    distance(torch.full((1, 3, 4, 4), 0.5))(canvas()).backward()
    assert (canvas.pixels.grad > 0).all()


def test_the_best_is_kept_though_later_steps_are_worse():
    canvas = Pixels().begin(torch.full((1, 3, 4, 4), 0.9))
    seen = []

    def loss(view):
        seen.append(distance(0.5)(view).item())
        return distance(0.5)(view)

    # the slope is 2 / 48 of it: it swings out
    best = optimise(canvas, loss, partial(torch.optim.SGD, lr=60.0), steps=4)
    assert best == min(seen) < seen[-1]
    assert distance(0.5)(canvas()).item() == pytest.approx(best)


def test_a_loss_that_is_no_number_stops_with_the_remedy():
    canvas = Pixels().begin(torch.rand(1, 3, 4, 4))
    with pytest.raises(ValueError, match="the loss is nan while optimising: lower"):
        optimise(canvas, lambda view: view.image.mean() * float("nan"), ADAM, steps=2)


def test_a_canvas_begun_twice_is_two():
    prototype = Pixels()
    first, second = (prototype.begin(torch.zeros(1, 3, 2, 2)) for _ in range(2))
    optimise(first, distance(torch.ones(1, 3, 2, 2)), ADAM, steps=3)
    assert not second().image.any()
