"""The registration: closed forms, and no foldings."""

import warnings

import numpy as np
import pytest

from txst.pictures.limits import PictureWarning
from txst.shapes.fields import areas, areas_of, corners, exponential, sample
from txst.shapes.masks import laid_over
from txst.shapes.register import away, bell, distances, flow_between, overlap, register, smoothed, unfolded
from txst.synthetic.silhouettes import THINGS, random_silhouette, thing


def disc(x, y, radius, size=64):
    rows, columns = np.indices((size, size)) + 0.5
    return (radius - np.hypot(columns - x, rows - y) + 0.5).clip(0, 1).astype(np.float32)


def test_distances_are_those_to_the_nearest_pixel_and_negative_inside():
    mask = np.random.default_rng(0).random((12, 17)) < 0.1
    places = np.argwhere(mask)
    expected = [[np.hypot(*(places - (y, x)).T).min() for x in range(17)] for y in range(12)]
    np.testing.assert_allclose(away(~mask), expected, atol=1e-5)
    y, x = np.indices((64, 64)) + 0.5
    assert np.abs(distances(disc(30, 33, 12)) - (np.hypot(x - 30, y - 33) - 12)).max() < 1


def test_identical_masks_give_the_identity():
    for mask in (disc(30, 34, 14), thing("mug", 64)):
        assert (register(mask, mask) == 0).all()


def test_a_shifted_disc_is_shifted():
    source, target = disc(28, 34, 12), disc(36, 30, 12)
    flow = register(source, target)
    assert overlap(sample(source, flow), target) > 0.97
    middle = flow[target >= 0.5].mean(0)
    assert middle == pytest.approx([-8, 4], abs=1)  # it comes from where it was


def test_nothing_folds_the_frame_stands_still_and_the_shape_is_reached():
    rng = np.random.default_rng(5)
    before, after = [], []
    for _ in range(3):
        source = random_silhouette(rng, 64)
        target = laid_over(random_silhouette(rng, 64), source)
        flow = register(source, target)
        assert areas_of(flow).min() > 0
        lines = [np.linspace(0, 1600, 161).astype(int)] * 2
        assert areas(corners(lines, flow) / 10).min() > 0  # of the mesh that moves a large photo
        assert not any(edge.any() for edge in (flow[0], flow[-1], flow[:, 0], flow[:, -1]))
        before.append(overlap(source, target))
        after.append(overlap(sample(source, flow), target))
    assert np.mean(after) > 0.93 > 0.8 > np.mean(before)


def test_a_velocity_that_folds_is_smoothed_until_it_does_not_and_another_is_left():
    wild = np.random.default_rng(0).normal(0, 4, (32, 40, 2)).astype(np.float32)
    assert areas_of(exponential(wild)).min() < 0 < areas_of(unfolded(wild)).min()
    calm = smoothed(smoothed(wild, 4.0), 4.0)
    assert np.abs(calm).max() > 0.1
    assert (unfolded(calm) == exponential(calm)).all()


def test_it_is_the_same_every_time():
    source, target = thing("shoe", 64), laid_over(thing("boot", 64), thing("shoe", 64))
    assert (register(source, target) == register(source, target)).all()


def test_a_shape_that_cannot_be_reached_is_told():
    with pytest.warns(PictureWarning, match=r"overlap by \d+% only"):
        flow_between(disc(32, 32, 20), thing("chair", 64))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        flow_between(disc(32, 32, 20), thing("apple", 64))


def test_smoothing_keeps_the_outermost_pixels_at_rest_and_a_line_as_it_is():
    blurred = bell(40, 1.5) @ np.linspace(-1, 1, 40)
    assert blurred[10:30] == pytest.approx(np.linspace(-1, 1, 40)[10:30], abs=1e-5)
    assert not bell(40, 1.5)[[0, -1]].any()


def test_the_target_is_laid_over_the_source_in_its_size_and_within_the_picture():
    source = disc(20, 40, 10)
    placed = laid_over(disc(90, 60, 30, 128), source)
    assert overlap(placed, source) > 0.97
    wide = laid_over(thing("fish", 128), disc(8, 32, 7))
    assert wide.sum() == pytest.approx(source.sum() * 0.49, rel=0.05)
    assert not wide[:, 0].any()


def test_twenty_things_are_drawn_within_their_squares():
    assert len(THINGS) == 20
    for name in THINGS:
        mask = thing(name, 64)
        assert 0.05 < mask.mean() < 0.6
        assert max(mask[0].max(), mask[-1].max(), mask[:, 0].max(), mask[:, -1].max()) == 0
