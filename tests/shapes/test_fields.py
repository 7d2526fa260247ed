"""Flows: result(p) = source(p + flow(p)), in closed forms."""

import numpy as np
import pytest

from txst.shapes.fields import areas, areas_of, corners, exponential, moved, sample

RNG = np.random.default_rng(0)


def constant(x, y, shape=(24, 32)):
    return np.broadcast_to(np.array([x, y], np.float32), (*shape, 2)).copy()


def test_a_flow_of_nothing_changes_nothing_to_the_bit():
    plane = RNG.random((24, 32)).astype(np.float32)
    assert (sample(plane, constant(0, 0)) == plane).all()
    for shape in ((1, 1), (2, 97), (61, 46, 3), (400, 300)):
        picture = RNG.integers(0, 256, shape, dtype=np.uint8)
        assert (moved(picture, constant(0, 0)) == picture).all()
    assert (moved(plane, constant(0, 0)) == plane).all()


def test_a_constant_flow_of_whole_pixels_is_a_crop():
    plane = RNG.random((24, 32)).astype(np.float32)
    assert (sample(plane, constant(3, -2))[2:, :-3] == plane[:-2, 3:]).all()


def test_half_a_pixel_is_the_mean_of_two():
    plane = RNG.random((24, 32)).astype(np.float32)
    np.testing.assert_allclose(sample(plane, constant(0.5, 0))[:, :-1], (plane[:, :-1] + plane[:, 1:]) / 2, atol=1e-6)


def test_large_pictures_are_moved_by_the_flow_of_a_small_copy_but_for_the_frame():
    y, x = np.indices((240, 320), dtype=np.float32)
    came = np.stack([moved(plane, constant(3, -2)) for plane in (x, y)], -1)[40:-40, 40:-40]
    np.testing.assert_allclose(came[..., 0], x[40:-40, 40:-40] + 30, atol=1e-3)  # ten times as large
    np.testing.assert_allclose(came[..., 1], y[40:-40, 40:-40] - 20, atol=1e-3)
    lines = [np.arange(0, 321, 10), np.arange(0, 241, 10)]
    places = corners(lines, constant(3, -2))
    assert (places[:, [0, -1], 0] == [0, 320]).all()
    assert (places[[0, -1], :, 1].T == [0, 240]).all()


def test_a_constant_picture_stays_constant_under_any_flow():
    flow = RNG.normal(0, 0.5, (24, 32, 2)).astype(np.float32)
    assert (moved(np.full((50, 70), 90, np.uint8), flow) == 90).all()
    np.testing.assert_allclose(sample(np.full((24, 32), 0.3, np.float32), flow), 0.3, atol=1e-6)


def test_areas_are_those_of_a_linear_map_and_tell_foldings():
    y, x = np.indices((9, 9), dtype=float)
    assert areas(np.stack([2 * x + 0.5 * y, 3 * y], -1)) == pytest.approx(6)
    assert areas(np.stack([-x, y], -1)).max() < 0
    folded = constant(0, 0, (9, 9))
    folded[4, 4] = (1.5, 0)  # beyond its neighbour
    assert areas_of(folded).min() < 0 < areas_of(constant(2, 5)).min()


def test_the_flow_of_a_turning_velocity_turns():
    y, x = np.indices((65, 65), dtype=np.float32) - 32
    angle = 0.5
    flow = exponential(angle * np.stack([-y, x], -1))[16:49, 16:49]
    y, x = y[16:49, 16:49], x[16:49, 16:49]
    expected = np.stack([x * np.cos(angle) - y * np.sin(angle) - x, x * np.sin(angle) + y * np.cos(angle) - y], -1)
    assert np.abs(flow - expected).max() < 0.15


def test_a_velocity_and_its_opposite_undo_each_other():
    y, x = np.indices((48, 48)) / 47 * np.pi
    there = (3 * np.stack([np.sin(x) * np.sin(2 * y), np.sin(2 * x) * np.sin(y)], -1)).astype(np.float32)
    back = exponential(-there)
    assert np.abs(back + sample(exponential(there), back)).max() < 0.1
