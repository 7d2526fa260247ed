from dataclasses import replace

import pytest
import torch
from pairs_of_pictures import random_pairs
from torchmetrics.functional.image import structural_similarity_index_measure

from txst.metrics.identity import IdentityError, IdentitySSIM


def towards_white(picture, _):
    return picture + 0.1 * (1 - picture)


@pytest.mark.parametrize("rounds", [1, 5])
def test_the_error_is_how_far_the_photo_has_come(rounds):
    metric, pairs = IdentityError(rounds), replace(random_pairs(2, 0), repaint=towards_white)
    metric.update(pairs)
    expected = (1 - 0.9**rounds) * (1 - pairs.content).mean((1, 2, 3))
    torch.testing.assert_close(metric.values, expected)


def test_ssim_is_of_the_photo_and_what_it_became():
    metric, pairs = IdentitySSIM(), replace(random_pairs(1, 0), repaint=towards_white)
    metric.update(pairs)
    became = towards_white(pairs.content, pairs.content)
    torch.testing.assert_close(
        metric.compute(), structural_similarity_index_measure(became, pairs.content, data_range=1.0)
    )


def test_the_style_is_the_photo_itself_in_every_round():
    seen = []

    def remember(picture, style):
        seen.append(style)
        return picture

    pairs = replace(random_pairs(1, 0), repaint=remember)
    IdentityError(3).update(pairs)
    assert len(seen) == 3
    assert all(style is pairs.content for style in seen)


def test_a_painter_that_leaves_a_picture_in_its_own_style_alone_has_no_error():
    metric, ssim = IdentityError(5), IdentitySSIM()
    for one in (metric, ssim):
        one.update(replace(random_pairs(2, 0), repaint=lambda picture, style: picture))
    assert metric.compute() == 0
    assert ssim.compute().item() == pytest.approx(1)
