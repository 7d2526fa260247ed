import re

import numpy as np
import pytest

pytest.importorskip("skimage")

from txst.metrics.centroid import describe, name_the_manner
from txst.synthetic.dataset import HELD_OUT, glimpse, photos
from txst.synthetic.styles import MANNERS

SIZE = 96


def subjects(held_out, count, seed):
    sources = [photo for name, photo in photos().items() if (name in HELD_OUT) == held_out]
    rng = np.random.default_rng(seed)
    return [glimpse(sources[n % len(sources)], SIZE, rng) for n in range(count)]


def painted(subjects, seed):
    rng = np.random.default_rng(seed)
    return {name: [paint(photo, rng) for photo in subjects] for name, paint in MANNERS.items()}


@pytest.fixture(scope="module")
def paintings():
    return painted(subjects(False, 10, 0), 0)


@pytest.fixture(scope="module")
def unseen():
    return subjects(True, 6, 1)


def test_fresh_paintings_of_unseen_photos_are_named(paintings, unseen):
    assert name_the_manner(painted(unseen, 2), paintings) >= 0.9


def test_untouched_photos_do_not_pass(paintings, unseen):
    assert name_the_manner({manner: unseen for manner in MANNERS}, paintings) <= 1 / len(MANNERS)


def test_the_right_colours_without_the_texture_do_not_pass(paintings, unseen):
    def recoloured(photo, painting):
        normal = (photo - photo.mean((0, 1))) / photo.std((0, 1))
        return np.clip(normal * painting.std((0, 1)) + painting.mean((0, 1)), 0, 255).astype(np.uint8)

    outputs = {m: [recoloured(*pair) for pair in zip(unseen, works, strict=False)] for m, works in paintings.items()}
    assert name_the_manner(outputs, paintings) < 0.5


def test_paintings_under_the_wrong_names_score_nothing(paintings):
    names = list(paintings)
    shifted = {name: paintings[names[n - 1]] for n, name in enumerate(names)}
    assert name_the_manner(shifted, paintings) < 0.1


def test_the_order_of_the_manners_does_not_matter(paintings):
    backwards = dict(reversed(paintings.items()))
    assert name_the_manner(paintings, paintings) == name_the_manner(paintings, backwards)


def test_a_flat_picture_has_its_colour_and_no_texture():
    flat = describe(np.full((32, 40, 3), (255, 0, 51), np.uint8))
    assert flat[:6] == pytest.approx([1, 0, 0.2, 0, 0, 0])
    assert np.isfinite(flat).all()


@pytest.mark.parametrize("shape", [(64, 64), (64, 64, 1), (16, 64, 3)])
def test_a_shape_that_cannot_be_described_is_named(shape):
    with pytest.raises(ValueError, match=re.escape(str(list(shape)))):
        describe(np.zeros(shape, np.uint8))


def test_a_manner_without_paintings_is_named(paintings):
    with pytest.raises(ValueError, match="fresco"):
        name_the_manner({"fresco": []}, paintings)
