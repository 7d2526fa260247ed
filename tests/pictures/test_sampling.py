"""Values between pixels, in closed forms."""

import numpy as np
import pytest

from txst.pictures.sampling import bilinear

RAMP = np.arange(12.0).reshape(3, 4)  # 4 y + x


def test_between_pixels_a_plane_goes_on_straight_and_beyond_the_border_the_last_pixels_repeat():
    x, y = np.array([0.25, 2.5, -3.0, 9.0]), np.array([1.75, 0.0, 1.0, 9.0])
    assert bilinear(RAMP, x, y) == pytest.approx([7.25, 2.5, 4.0, 11.0])
    assert bilinear(np.stack([RAMP, -RAMP], 2), x, y)[:, 1] == pytest.approx([-7.25, -2.5, -4.0, -11.0])


def test_a_picture_that_wraps_begins_anew():
    x, y = np.array([3.5, -0.5, 4.0, 0.0]), np.array([0.0, 0.0, 1.0, 2.5])
    assert bilinear(RAMP, x, y, wrap=True) == pytest.approx([1.5, 1.5, 4.0, 4.0])


def test_of_bytes_it_gives_floats_of_4_bytes_and_of_8_it_loses_nothing():
    there = np.array([0.5])
    assert bilinear(RAMP.astype(np.uint8), there, there).dtype == np.float32
    assert bilinear(RAMP + 1e9, np.array([1.0]), np.array([0.0])) == 1e9 + 1
    assert bilinear(np.ones((1, 1)), there, there) == 1
