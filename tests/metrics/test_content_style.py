from dataclasses import replace

import numpy as np
import pytest
import torch
from pairs_of_pictures import random_pairs

from txst.encoders.bank import FilterBank
from txst.metrics.content import ContentDistance
from txst.metrics.style import StyleDistance

LAYERS = ["bank2", "bank8"]


@pytest.fixture(scope="module")
def bank():
    return FilterBank()


def maps(bank, picture):
    return [bank(picture)[name].double().numpy() for name in LAYERS]


def test_content_agrees_with_numpy(bank):
    metric, pairs = ContentDistance(bank, LAYERS), random_pairs(2, 0)
    metric.update(pairs)
    expected = 0.0
    for pair in zip(maps(bank, pairs.output), maps(bank, pairs.content), strict=True):
        mean = [x.mean((2, 3), keepdims=True) for x in pair]
        x, y = ((x - m) / np.sqrt(x.var((2, 3), keepdims=True) + 1e-5) for x, m in zip(pair, mean, strict=True))
        expected += np.square(x - y).mean((1, 2, 3))
    np.testing.assert_allclose(metric.values, expected, rtol=1e-4)


def test_style_agrees_with_numpy(bank):
    metric, pairs = StyleDistance(bank, LAYERS), random_pairs(2, 0)
    metric.update(pairs)
    expected = 0.0
    for x, y in zip(maps(bank, pairs.output), maps(bank, pairs.style), strict=True):
        expected += np.square(x.mean((2, 3)) - y.mean((2, 3))).mean(1)
        expected += np.square(np.sqrt(x.var((2, 3)) + 1e-5) - np.sqrt(y.var((2, 3)) + 1e-5)).mean(1)
    np.testing.assert_allclose(metric.values, expected, rtol=1e-4)


def test_gram_agrees_with_numpy(bank):
    metric, pairs = StyleDistance(bank, LAYERS, "gram"), random_pairs(2, 0)
    metric.update(pairs)
    expected = 0.0
    for pair in zip(maps(bank, pairs.output), maps(bank, pairs.style), strict=True):
        x, y = (np.einsum("bchw,bdhw->bcd", x, x) / x[0].size for x in pair)
        expected += np.square(x - y).sum((1, 2)) / (np.square(x) + np.square(y)).sum((1, 2))
    np.testing.assert_allclose(metric.values, expected, rtol=1e-4)


def test_a_painting_of_another_size_has_a_style_all_the_same(bank):
    pairs = random_pairs(2, 0)
    metric = StyleDistance(bank, LAYERS)
    metric.update(replace(pairs, style=torch.rand(2, 3, 48, 80)))
    assert metric.compute().isfinite()


def test_statistics_that_are_not_there_are_named(bank):
    with pytest.raises(ValueError, match="one of stats, gram, not 'wavelets'"):
        StyleDistance(bank, LAYERS, "wavelets")
