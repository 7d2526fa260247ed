"""Metrics that ask a space of texts and pictures, here one in which colours are names."""

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from pairs_of_pictures import random_pairs
from torch import nn

from txst.metrics.clip_score import ClipScore
from txst.metrics.zero_shot import ZeroShot

PLACES = {"red": (1.0, 0, 0), "green": (0, 1.0, 0), "blue": (0, 0, 1.0), "a photo": (1.0, 1, 1)}


class Colours(nn.Module):
    def forward(self, image):
        return F.normalize(image.mean((2, 3)), dim=1)

    def text(self, names):
        return F.normalize(torch.tensor([PLACES[name] for name in names]), dim=1)


def plain(*colours):
    return torch.tensor(colours).view(-1, 3, 1, 1).expand(-1, 3, 8, 8)


@pytest.fixture
def pairs():
    """Three photos, painted in the colours they should have, nearly, and in another."""
    output = plain((1.0, 0, 0), (0.3, 0.9, 0), (0, 0.9, 0.2))
    return replace(
        random_pairs(3, 0),
        content=plain((0.5, 0.5, 0.5), (0.5, 0.4, 0.5), (0.5, 0.4, 0.5)),
        output=output,
        artist=["red", "green", "blue"],
        movement=["green", "", "red"],
    )


def test_the_score_is_the_cosine(pairs):
    metric = ClipScore(Colours())
    metric.update(pairs)
    expected = torch.tensor([1, 0.9 / 0.9**0.5, 0.2 / 0.85**0.5])
    torch.testing.assert_close(metric.values, expected)


def test_the_directional_score_is_the_cosine_of_the_steps(pairs):
    metric, tower = ClipScore(Colours(), directional=True), Colours()
    metric.update(pairs)
    way = tower(pairs.output) - tower(pairs.content)
    words = tower.text(pairs.artist) - tower.text(["a photo"])
    expected = (way * words).sum(1) / way.norm(dim=1) / words.norm(dim=1)
    torch.testing.assert_close(metric.values, expected)
    assert metric.values[0] > 0.99


def test_a_photo_that_is_left_alone_has_gone_nowhere(pairs):
    metric = ClipScore(Colours(), directional=True)
    metric.update(replace(pairs, output=pairs.content))
    assert metric.values.tolist() == [0, 0, 0]


def test_the_nearest_name_counts(pairs):
    metric = ZeroShot(Colours(), ["red", "green", "blue"])
    metric.update(pairs)
    assert metric.values.tolist() == [1, 1, 0]
    assert metric.compute().item() == pytest.approx(2 / 3)


def test_what_has_no_name_is_left_out(pairs):
    metric = ZeroShot(Colours(), ["red", "green"], of="movement")
    metric.update(pairs)
    assert metric.values.isnan().tolist() == [False, True, False]
    assert metric.compute() == 0


def test_choices_that_make_no_sense_are_told():
    with pytest.raises(ValueError, match="genre"):
        ZeroShot(Colours(), ["red", "green"], of="genre")
    with pytest.raises(ValueError, match="at least two names"):
        ZeroShot(Colours(), ["red", "red"])


def test_a_tower_in_training_is_put_to_judging():
    assert not ClipScore(nn.Sequential(nn.Dropout())).tower.training
