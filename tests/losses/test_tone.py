import pytest
import torch

from txst.losses.tone import ToneLoss
from txst.types import LossInputs, View


def loss(output, content):
    views = [View(image) for image in (content, content, output)]
    return ToneLoss(block=4)(LossInputs(*views, artist=torch.zeros(1))).item()


@pytest.fixture
def photo():
    return torch.rand(2, 3, 32, 32)


def test_brightness_contrast_and_hue_are_free(photo):
    assert loss(photo, photo) == 0
    assert loss(0.3 * photo + 0.2, photo) == pytest.approx(0, abs=0.02)  # the deviation has its epsilon
    assert loss(photo.roll(1, 1), photo) == pytest.approx(0, abs=1e-6)


def test_a_negative_is_farthest(photo):
    assert loss(1 - photo, photo) == pytest.approx(4, abs=0.05)
    assert loss(torch.rand(2, 3, 32, 32), photo) == pytest.approx(2, abs=0.8)


def test_strokes_within_a_block_are_free(photo):
    strokes = torch.tensor([-0.1, 0.1]).repeat(16)
    assert loss(photo + strokes, photo) == pytest.approx(0, abs=1e-5)
