"""Contrast about the mean lightness without clipping, and more of the same colours."""

import pytest
import torch

from txst.layers.norm_statistics import RecordStatistics, ReplayStatistics
from txst.layers.tone import lightness, toned

AS_IT_IS = torch.ones(1, 1, 1, 1, dtype=torch.float64)


def picture(seed=0, size=16):
    return torch.rand(1, 3, size, size, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_a_straight_curve_and_the_same_colours_change_nothing():
    torch.testing.assert_close(toned(picture(), 1.0, AS_IT_IS), picture())


@pytest.mark.parametrize("slope", [1.2, 2.0])
def test_white_and_black_and_the_mean_stay_and_between_them_light_parts(slope):
    grey = torch.linspace(0, 1, 257, dtype=torch.float64).square().view(1, 1, 1, -1).expand(1, 3, 1, -1)
    painted, mean = toned(grey, slope, AS_IT_IS), grey.mean()
    assert painted.min() == 0
    assert painted.max() == 1
    assert (painted.diff() >= 0).all()
    assert ((painted - mean) * (grey - mean) >= 0).all()
    assert ((painted - mean).abs() >= (grey - mean).abs() - 1e-12).all()
    about = (grey - mean).abs().sum(1).flatten().argsort()[:2].sort().values
    steps = (painted[..., about].diff(dim=-1) / grey[..., about].diff(dim=-1)).unique()
    torch.testing.assert_close(steps.mean(), torch.tensor(slope, dtype=torch.float64), atol=0.02, rtol=0)


def test_lightness_is_no_matter_of_saturation():
    x = picture(1)
    strong = toned(x, 1.0, 1.5 * AS_IT_IS)
    torch.testing.assert_close(lightness(strong), lightness(x))
    torch.testing.assert_close(strong - lightness(x), 1.5 * (x - lightness(x)))


def test_a_part_is_toned_as_in_the_whole():
    x, record = picture(2), RecordStatistics()
    whole = toned(x, 1.5, AS_IT_IS, record)
    part = toned(x[..., :5], 1.5, AS_IT_IS, ReplayStatistics(record.moments))
    torch.testing.assert_close(part, whole[..., :5])


@pytest.mark.parametrize("level", [0.0, 1.0])
def test_all_white_and_all_black_stay(level):
    plain = torch.full((1, 3, 4, 4), level)
    torch.testing.assert_close(toned(plain, 1.5, torch.ones(1, 1, 1, 1)), plain)
