import numpy as np
import pytest
import torch
from scipy.ndimage import correlate1d

from txst.losses.laplacian import LaplacianLoss, laplacian_pyramid


def test_zero_where_the_output_is_the_content(make_inputs):
    inputs = make_inputs()
    inputs.output = inputs.content
    assert LaplacianLoss()(inputs) == 0


def test_agrees_with_scipy(make_inputs):
    inputs = make_inputs(dtype=torch.float64)
    kernel = np.exp(-(np.arange(-2, 3) ** 2) / 8)
    kernel /= kernel.sum()
    x, expected = (inputs.output.image - inputs.content.image).numpy(), 0.0
    for _ in range(5):
        smooth = correlate1d(correlate1d(x, kernel, axis=2, mode="nearest"), kernel, axis=3, mode="nearest")
        expected += np.abs(x - smooth).mean()
        x = (smooth[:, :, ::2, ::2] + smooth[:, :, 1::2, ::2] + smooth[:, :, ::2, 1::2] + smooth[:, :, 1::2, 1::2]) / 4
    expected += np.abs(x).mean()
    assert LaplacianLoss(levels=5, size=5, sigma=2.0)(inputs).item() == pytest.approx(expected)


def test_a_shift_of_brightness_is_in_the_last_level_alone():
    *details, rest = laplacian_pyramid(torch.full((1, 3, 40, 48), 0.25), levels=3, size=5, sigma=2.0)
    assert all(level.abs().max() < 1e-6 for level in details)
    torch.testing.assert_close(rest, torch.full((1, 3, 5, 6), 0.25))


def test_a_picture_too_small_for_the_levels_is_refused(make_inputs):
    with pytest.raises(ValueError, match="16 x 16 is too small for 5 levels: at least 32"):
        LaplacianLoss(levels=5)(make_inputs(size=16))
