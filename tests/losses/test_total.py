from dataclasses import replace

import pytest
import torch
from torch import nn

from txst.losses.clip_directional import ClipDirectional
from txst.losses.content import ContentLoss
from txst.losses.identity import PixelIdentity
from txst.losses.total import Total


class Constant(nn.Module):
    def __init__(self, value):
        super().__init__()
        self.value = value

    def forward(self, scene):
        return torch.tensor(self.value)


class Forbidden(nn.Module):
    def forward(self, scene):
        raise AssertionError("computed")


def test_sums_the_weighted_terms_and_gives_each_before_its_weight(make_scene):
    total, values = Total({"a": Constant(2.0), "b": Constant(3.0)}, {"a": 10, "b": 0.5})(make_scene())
    assert total == 21.5
    assert values == {"a": 2.0, "b": 3.0}


def test_a_term_of_weight_zero_is_not_computed_and_needs_nothing(make_scene):
    loss = Total({"a": Constant(2.0), "b": Forbidden(), "c": PixelIdentity()}, {"a": 1.0, "b": 0.0, "c": 0})
    assert not loss.needs_identity
    assert loss(make_scene())[1].keys() == {"a"}


def test_needs_identity_where_a_term_does():
    assert Total({"a": Constant(1.0), "c": PixelIdentity()}, {"a": 1, "c": 50}).needs_identity
    assert not Total({"a": Constant(1.0)}, {"a": 1}).needs_identity


@pytest.mark.parametrize("weights", [{}, {"a": 1.0, "b": 1.0}, {"b": 1.0}])
def test_terms_and_weights_that_disagree_are_refused(weights):
    with pytest.raises(ValueError, match="both or neither"):
        Total({"a": Constant(1.0)}, weights)


def test_a_loss_of_nothing_is_refused():
    with pytest.raises(ValueError, match="every weight of the loss is 0"):
        Total({"a": Constant(1.0)}, {"a": 0.0})


@pytest.mark.parametrize(
    ("term", "field"), [(ClipDirectional(), "text"), (ClipDirectional(), "photo"), (PixelIdentity(), "restyled_style")]
)
def test_a_scene_that_lacks_what_a_term_needs_is_refused_by_name(make_scene, term, field):
    scene = replace(make_scene(), **{field: None})
    with pytest.raises(ValueError, match=rf"loss 'mine' needs scene\.{field}.*loss\.weights\.mine=0"):
        Total({"mine": term}, {"mine": 1.0})(scene)


def test_a_layer_the_judge_does_not_give_is_refused_by_name(make_scene):
    with pytest.raises(
        ValueError, match=r"'relu9_9', but the judge gives shallow, deep: set loss\.terms\.mine\.layers"
    ):
        Total({"mine": ContentLoss(["relu9_9"])}, {"mine": 1.0})(make_scene())
