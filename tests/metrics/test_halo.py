from dataclasses import replace

import numpy as np
import pytest
import torch
from pairs_of_pictures import random_pairs
from scipy.ndimage import gaussian_filter

from txst.metrics.halo import Halo, lightness


def grey(light):
    """sRGB grey of a CIE lightness, by the standard's formulas the other way round."""
    light = np.asarray(light, np.float64)
    y = np.where(light > 8, ((light + 16) / 116) ** 3, light * 27 / 24389)
    code = np.where(y <= 0.0031308, 12.92 * y, 1.055 * y ** (1 / 2.4) - 0.055)
    return torch.tensor(np.broadcast_to(code, (1, 3, *light.shape)).copy(), dtype=torch.float32)


def step(bright=70.0, dark=30.0, size=64):
    plain = np.full((size, size), dark)
    plain[:, size // 2 :] = bright
    return plain


def measured(content, output):
    metric = Halo()
    metric.update(replace(random_pairs(1, 0), content=grey(content), output=grey(output)))
    return metric.compute().item()


@pytest.mark.parametrize("light", [0.0, 5, 30, 100])
def test_lightness_is_that_of_the_standard(light):
    assert lightness(grey(np.full((4, 4), light))).mean().item() == pytest.approx(light, abs=0.01)


def test_the_photo_has_no_halo():
    assert measured(step(), step()) == 0


@pytest.mark.parametrize(("side", "sign"), [(slice(32, 37), 1), (slice(27, 32), -1)])
def test_a_seam_counts_by_its_lightness(side, sign):
    seam = step()
    seam[:, side] += sign * 10
    assert measured(step(), seam) == pytest.approx(10, abs=0.5)


def test_sharpening_is_punished_and_blur_is_not():
    smooth = gaussian_filter(step(), 1.0)
    sharpened = smooth + 1.5 * (smooth - gaussian_filter(smooth, 3.0))
    assert measured(smooth, sharpened) > 3
    assert measured(smooth, gaussian_filter(smooth, 2.0)) == pytest.approx(0, abs=0.01)


def test_brushwork_on_both_sides_cancels():
    noise = gaussian_filter(np.random.default_rng(0).normal(size=(64, 64)), 1.0)
    assert measured(step(), step() + 5 * noise / noise.std()) < 2.5


def test_less_contrast_is_no_halo():
    assert measured(step(), step(60, 40)) == pytest.approx(0, abs=0.01)


def test_a_photo_without_edges_gives_no_figure():
    assert np.isnan(measured(np.full((64, 64), 50.0), step()))
