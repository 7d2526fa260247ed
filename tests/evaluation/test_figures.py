import numpy as np
import pytest
from scipy import stats

from txst.evaluation.figures import Bootstrap, slices


def test_the_interval_of_independent_values_is_the_normal_one():
    values = np.random.default_rng(0).normal(3, 2, 400)
    figure = Bootstrap(rounds=4000).figure(values, [str(i) for i in range(400)])
    low, high = stats.norm.interval(0.95, values.mean(), values.std() / 20)
    assert (figure.value, figure.n) == (pytest.approx(values.mean()), 400)
    assert (figure.low, figure.high) == (pytest.approx(low, abs=0.02), pytest.approx(high, abs=0.02))


def test_the_interval_agrees_with_scipys():
    values = np.random.default_rng(1).exponential(1, 60)
    figure = Bootstrap(rounds=5000).figure(values, [str(i) for i in range(60)])
    theirs = stats.bootstrap((values,), np.mean, n_resamples=5000, method="percentile", rng=2)
    assert figure.low == pytest.approx(theirs.confidence_interval.low, abs=0.03)
    assert figure.high == pytest.approx(theirs.confidence_interval.high, abs=0.03)


def test_pairs_of_one_artist_count_as_alike():
    """Ten copies of each of 20 values tell no more than the 20."""
    values = np.random.default_rng(2).normal(size=20)
    once = Bootstrap().figure(values, [str(i) for i in range(20)])
    copies = Bootstrap().figure(np.repeat(values, 10), [str(i) for i in range(20) for _ in range(10)])
    assert (copies.low, copies.high) == (pytest.approx(once.low), pytest.approx(once.high))
    assert copies.n == 200


def test_the_same_seed_gives_the_same_interval():
    values = np.random.default_rng(3).normal(size=30)
    names = [str(i % 6) for i in range(30)]
    assert Bootstrap(seed=1).figure(values, names) == Bootstrap(seed=1).figure(values, names)
    assert Bootstrap(seed=1).figure(values, names) != Bootstrap(seed=2).figure(values, names)


def test_what_is_no_number_does_not_count():
    figure = Bootstrap().figure(np.array([1.0, np.nan, 3.0, np.nan]), list("abcd"))
    assert (figure.value, figure.n) == (2.0, 2)
    nothing = Bootstrap().figure(np.array([np.nan]), ["a"])
    assert np.isnan(nothing.value)
    assert (nothing.n, nothing.low) == (0, None)
    assert Bootstrap().figure(np.array([5.0]), ["a"]).low is None


def test_parts_are_the_means_of_their_pairs():
    values = np.array([1.0, 2.0, 3.0, 4.0])
    parts = slices(values, ["hill", "hill", "cup", "cup"], ["a", "b", "a", "b"], Bootstrap())
    assert {k: f.value for k, f in parts["kind"].items()} == {"hill": 1.5, "cup": 3.5}
    assert {k: f.value for k, f in parts["artist"].items()} == {"a": 2.0, "b": 3.0}
    assert parts["artist"]["a"].low >= 1.0
    assert parts["artist"]["a"].high <= 3.0
