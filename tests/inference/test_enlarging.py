"""What a painting of a small copy becomes in the photo's size."""

import numpy as np
import pytest
from PIL import Image

from txst.inference import finish
from txst.inference.finish import enlarged, working_scale

SIZE, FACTOR = (240, 160), 4
SMALL = tuple(side // FACTOR for side in SIZE)


def shrunk(pixels):
    return np.asarray(Image.fromarray(pixels).resize(SMALL, Image.Resampling.LANCZOS))


def soft(pixels):
    return np.asarray(Image.fromarray(pixels).resize(SIZE, Image.Resampling.LANCZOS))


def disc():
    """A light disc on a dark ground, in the photo's size."""
    y, x = np.mgrid[: SIZE[1], : SIZE[0]]
    return np.where(np.hypot(x - 118.3, y - 77.7)[..., None] < 51, (220, 190, 150), (40, 60, 90)).astype(np.uint8)


def between(pixels):
    """Share of the pixels that are neither of the two colours of the disc."""
    red = pixels[..., 0]
    return ((red > 70) & (red < 190)).mean()


@pytest.mark.parametrize(
    ("size", "stroke", "scale"),
    [((4000, 3000), 1, 640 / 3000), ((4000, 3000), 2, 320 / 3000), ((512, 512), 1, 1), ((512, 512), 2, 0.5), ((4000, 3000), 0, 1)],
)  # fmt: skip
def test_large_photos_are_painted_in_the_working_size(size, stroke, scale):
    assert working_scale(size, stroke) == pytest.approx(scale)


def test_the_photos_edges_are_those_of_the_painting():
    photo = disc()
    copy = shrunk(photo)
    painting = 255 - copy  # other colours on the same shapes
    found = enlarged(painting, copy, photo)
    assert between(255 - found) < between(copy) / 10  # a clean edge,
    assert ((found[..., 0] < 128) == (photo[..., 0] > 128)).all()  # where the photo has it


def test_strokes_that_are_not_in_the_photo_are_crisp_and_keep_their_colours():
    painting, photo = shrunk(disc()), np.full((SIZE[1], SIZE[0], 3), 128, np.uint8)
    found = enlarged(painting, shrunk(photo), photo)
    assert between(found) < between(soft(painting)) / 1.5
    assert painting.min() - 6 <= found.min() <= found.max() <= painting.max() + 6


def test_fine_texture_of_the_photo_is_not_painted():
    grain = np.random.default_rng(0).integers(124, 133, (SIZE[1], SIZE[0], 3), dtype=np.uint8)
    painting = np.full((*SMALL[::-1], 3), (200, 60, 90), np.uint8)
    assert (enlarged(painting, shrunk(grain), grain) == (200, 60, 90)).all()


def test_strips_leave_no_seams(monkeypatch):
    photo = disc()
    copy = shrunk(photo)
    whole = enlarged(255 - copy, copy, photo)
    monkeypatch.setattr(finish, "ROWS", 40)
    assert np.abs(enlarged(255 - copy, copy, photo).astype(int) - whole).max() <= 1
