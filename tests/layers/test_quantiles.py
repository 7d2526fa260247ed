"""The map of quantiles against one value at a time."""

from itertools import pairwise

import numpy as np
import pytest
import torch

from txst.layers.ops import sort_match
from txst.layers.quantiles import match_quantiles, quantiles


def quantile_of(values, share):
    """Between the two order statistics around it, one at a time; the first and last of all hold beyond."""
    place = share * len(values) - 0.5
    low = min(max(int(np.floor(place)), 0), len(values) - 1)
    high = min(low + 1, len(values) - 1)
    part = min(max(place - low, 0), 1)
    return values[low] * (1 - part) + values[high] * part


def mapped(value, source, target):
    """The broken line through (source, target), its ties at their mean, slope 1 beyond."""
    known = {}
    for x, y in zip(source, target, strict=True):
        known.setdefault(x, []).append(y)
    points = sorted((x, sum(ys) / len(ys)) for x, ys in known.items())
    if value <= points[0][0]:
        return points[0][1] + value - points[0][0]
    for (x0, y0), (x1, y1) in pairwise(points):
        if x0 <= value <= x1:
            return y0 + (y1 - y0) * (value - x0) / (x1 - x0)
    return points[-1][1] + value - points[-1][0]


def rectified(*shape):
    """Values of which more than a third are zeros."""
    return (torch.randn(*shape, dtype=torch.float64) + 0.3).relu()


@pytest.mark.parametrize(("places", "count"), [(20, 7), (7, 20), (12, 12), (1, 4)])
def test_quantiles_are_those_one_by_one(places, count):
    x = rectified(2, 3, places)
    found = quantiles(x, count)
    for b in range(2):
        for c in range(3):
            values = sorted(x[b, c].tolist())
            wanted = [quantile_of(values, (k + 0.5) / count) for k in range(count)]
            np.testing.assert_allclose(found[b, c], wanted, atol=1e-12)


@pytest.mark.parametrize("count", [1, 5, 30, 40])
def test_the_map_is_the_broken_line_one_value_at_a_time(count):
    x, y = rectified(2, 2, 30), rectified(2, 2, 17)
    source, target = quantiles(x, count), quantiles(y, count)
    more = torch.cat([x, x.max() + torch.rand(2, 2, 3), x.min() - torch.rand(2, 2, 3)], -1)
    found = match_quantiles(more, source, target)
    for b in range(2):
        for c in range(2):
            wanted = [mapped(v, source[b, c].tolist(), target[b, c].tolist()) for v in more[b, c].tolist()]
            np.testing.assert_allclose(found[b, c], wanted, atol=1e-9)


def test_of_as_many_quantiles_as_values_it_is_the_closed_form_of_efdm():
    x, y = torch.randn(2, 3, 4, 5), torch.randn(2, 3, 4, 5)
    wanted = torch.empty_like(x)
    for b in range(2):
        for c in range(3):
            for i, place in enumerate(x[b, c].flatten().argsort().tolist()):
                wanted[b, c].view(-1)[place] = y[b, c].flatten().sort().values[i]
    assert sort_match(x, y).equal(wanted)


def test_equal_values_stay_equal_and_become_the_mean_of_theirs():
    x, y = rectified(1, 2, 6, 6), rectified(1, 2, 6, 6)
    matched = sort_match(x, y)
    for c in range(2):
        zeros = x[0, c] == 0
        assert zeros.sum() > 5
        lowest = y[0, c].flatten().sort().values[: zeros.sum()]
        torch.testing.assert_close(matched[0, c][zeros], lowest.mean().expand(int(zeros.sum())))
    torch.testing.assert_close(matched.mean((2, 3)), y.mean((2, 3)))


def test_a_flat_channel_becomes_flat_without_a_nan():
    matched = sort_match(torch.ones(1, 1, 4, 4), torch.rand(1, 1, 5, 3))
    assert matched.isfinite().all()
    assert matched.unique().numel() == 1


def test_what_is_nearly_tied_counts_as_tied_where_that_is_said():
    x = torch.tensor([[[0.0, 1e-6, 1.0]]])
    found = match_quantiles(x, x, torch.tensor([[[0.0, 2.0, 3.0]]]), tied=1e-4)
    torch.testing.assert_close(found, torch.tensor([[[1.0, 1.0, 3.0]]]))


def test_the_gradient_is_the_slope_of_the_map_and_of_the_targets():
    x = torch.rand(1, 2, 9, dtype=torch.float64, requires_grad=True)
    source = torch.rand(1, 2, 6, dtype=torch.float64).sort(-1).values
    target = torch.rand(1, 2, 6, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda a, b: match_quantiles(a, source, b), (x, target))
