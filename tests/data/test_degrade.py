import random

import torch
from drawn import drawn, encoded

from txst.data.degrade import degraded

DATA = encoded(drawn(0, (200, 160)), quality=95)


def test_a_square_of_the_size_that_is_asked_for():
    for seed in range(8):
        picture = degraded(DATA, 64, random.Random(seed))
        assert picture.shape == (3, 64, 64)
        assert 0 <= picture.min() <= picture.max() <= 1


def test_the_same_with_the_same_seed_and_another_with_another():
    first, again, other = (degraded(DATA, 64, random.Random(seed)) for seed in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_some_are_blurred_and_none_is_lost():
    sharpness = [degraded(DATA, 64, random.Random(seed)).diff().abs().mean() for seed in range(24)]
    assert max(sharpness) > 1.5 * min(sharpness)
    assert min(sharpness) > 0.002
