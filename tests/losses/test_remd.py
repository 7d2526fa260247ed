import numpy as np
import pytest
import torch
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from txst.losses.remd import RelaxedEarthMover, relaxed_earth_mover


def costs(x, y):
    return [cdist(a.T, b.T, "cosine") for a, b in zip(x.double().numpy(), y.double().numpy(), strict=True)]


def test_zero_where_the_output_is_the_style(make_inputs):
    inputs = make_inputs()
    inputs.output = inputs.style
    assert RelaxedEarthMover(["deep"])(inputs).item() == pytest.approx(0, abs=1e-6)


def test_agrees_with_scipy():
    x, y = torch.randn(3, 5, 20), torch.randn(3, 5, 30)
    expected = [max(cost.min(0).mean(), cost.min(1).mean()) for cost in costs(x, y)]
    np.testing.assert_allclose(relaxed_earth_mover(x, y), expected, rtol=1e-5)


def test_is_no_more_than_the_true_earth_movers_distance():
    x, y = torch.rand(4, 5, 12), torch.rand(4, 5, 12)
    true = [cost[linear_sum_assignment(cost)].mean() for cost in costs(x, y)]
    assert (relaxed_earth_mover(x, y).numpy() <= np.array(true) + 1e-6).all()


def test_strength_and_places_do_not_matter():
    x, y = torch.rand(2, 5, 12), torch.rand(2, 5, 12)
    moved = 7 * x[..., torch.randperm(12)]
    torch.testing.assert_close(relaxed_earth_mover(moved, y), relaxed_earth_mover(x, y))


def test_looks_at_no_more_places_than_asked(make_inputs):
    inputs, loss = make_inputs(), RelaxedEarthMover(["shallow"], positions=10)
    drawn = loss.draw(inputs.output, "shallow")
    assert drawn.shape == (2, 4, 10)
    places = inputs.output.features["shallow"].flatten(2)
    assert all(any(torch.equal(drawn[..., i], places[..., j]) for j in range(places.shape[-1])) for i in range(10))
