from dataclasses import replace

import numpy as np
import pytest
import torch
from pairs_of_pictures import random_pairs

from txst.metrics.repetition import Repetition, correlate, repetition, skies


def waves(period, size=128, strength=0.2):
    light = 0.5 + strength * torch.sin(torch.arange(size) * 2 * torch.pi / period)
    return light.expand(1, 3, size, size)


def test_correlate_agrees_with_sums_written_out():
    x = np.random.default_rng(0).normal(size=(9, 12))
    found = correlate(torch.tensor(x)).numpy()
    assert found.shape == (7, 9)
    for dy in range(4):
        for dx in range(5):
            expected = (x[dy:, dx:] * x[: 9 - dy, : 12 - dx]).sum()
            np.testing.assert_allclose(found[3 + dy, 4 + dx], expected)
            np.testing.assert_allclose(found[3 - dy, 4 - dx], expected)


@pytest.mark.parametrize("period", [5, 8, 16])
def test_a_pattern_is_found_at_any_period(period):
    assert repetition(waves(period)).item() > 0.9


def test_a_stamped_texture_is_found():
    stamp = torch.rand(1, 3, 24, 24)
    assert repetition(stamp.repeat(1, 1, 6, 6)).item() > 0.9


def test_texture_by_chance_is_no_repetition():
    coarse = torch.nn.functional.interpolate(torch.rand(1, 3, 32, 32), size=128, mode="bicubic")
    assert repetition(torch.rand(1, 3, 128, 128)).item() < 0.2
    assert repetition(coarse).item() < 0.4


def test_a_pattern_that_nobody_can_see_hardly_counts():
    assert repetition(waves(8, strength=0.001)).item() < 0.02


def test_no_sky_repeats_itself():
    assert repetition(skies(1, 128)).item() < 0.1


def test_the_metric_orders_painters():
    def stamps(sky, _):
        return sky * (1 + 0.2 * waves(12, sky.shape[-1]))

    def strokes(sky, _):
        return sky + 0.1 * torch.randn(sky.shape)

    found = []
    for painter in (lambda sky, _: sky, strokes, stamps):
        metric = Repetition()
        metric.update(replace(random_pairs(2, 0), content=torch.rand(2, 3, 128, 128), repaint=painter))
        found.append(metric.compute().item())
    assert found[0] == 0
    assert found[1] < 0.3 < 0.5 < found[2]
