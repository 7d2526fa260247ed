import pytest
import torch
from torch import nn

from txst.losses.clip_directional import ClipDirectional
from txst.losses.clip_patch import ClipPatch
from txst.losses.content import ContentLoss
from txst.losses.identity import FeatureIdentity, PixelIdentity
from txst.losses.nt_xent import NTXent
from txst.losses.teacher import TeacherLoss
from txst.losses.total import Total


class Constant(nn.Module):
    def __init__(self, value):
        super().__init__()
        self.value = value

    def forward(self, inputs):
        return torch.tensor(self.value)


class Forbidden(nn.Module):
    def forward(self, inputs):
        raise AssertionError("computed")


def test_sums_the_weighted_terms_and_gives_each_before_its_weight(make_inputs):
    total, values = Total({"a": Constant(2.0), "b": Constant(3.0)}, {"a": 10, "b": 0.5})(make_inputs())
    assert total == 21.5
    assert values == {"a": 2.0, "b": 3.0}


def test_a_term_of_weight_zero_is_not_computed_and_needs_nothing(make_inputs):
    loss = Total({"a": Constant(2.0), "b": Forbidden(), "c": PixelIdentity()}, {"a": 1.0, "b": 0.0, "c": 0})
    inputs = make_inputs()
    inputs.sources.clear()
    assert loss(inputs)[1].keys() == {"a"}


def test_training_goes_by_weights_that_change_and_validation_by_those_of_the_config(make_inputs):
    loss = Total({"a": Constant(2.0), "b": Constant(3.0)}, {"a": 10, "b": 1})
    loss.weights["b"] = 0.5
    assert loss.train()(make_inputs())[0] == 21.5
    assert loss.eval()(make_inputs())[0] == 23
    loss.weights["b"] = 0.0
    assert loss.train()(make_inputs())[1].keys() == {"a"}
    assert loss.eval()(make_inputs())[0] == 23


@pytest.mark.parametrize("weights", [{}, {"a": 1.0, "b": 1.0}, {"b": 1.0}])
def test_terms_and_weights_that_disagree_are_refused(weights):
    with pytest.raises(ValueError, match="both or neither"):
        Total({"a": Constant(1.0)}, weights)


def test_a_loss_of_nothing_is_refused():
    with pytest.raises(ValueError, match="every weight of the loss is 0"):
        Total({"a": Constant(1.0)}, {"a": 0.0})


@pytest.mark.parametrize(
    ("term", "field"),
    [
        (ClipDirectional(), "text"), (ClipDirectional(), "photo"), (PixelIdentity(), "restyled_style"),
        (TeacherLoss(), "teacher"), (ClipPatch(patches=1, size=16), "embed"),
    ],
)  # fmt: skip
def test_inputs_that_lack_what_a_term_asks_for_are_refused_by_name(make_inputs, term, field):
    inputs = make_inputs()
    del inputs.sources[field]
    with pytest.raises(ValueError, match=rf"loss 'mine' needs inputs\.{field}.*loss\.weights\.mine=0"):
        Total({"mine": term}, {"mine": 1.0})(inputs)


@pytest.mark.parametrize(("term", "gone"), [(ContentLoss(["deep"]), "extract"), (NTXent(), "embed")])
def test_views_without_a_network_say_which_to_choose(make_inputs, term, gone):
    inputs = make_inputs()
    setattr(inputs.output, gone, None)
    with pytest.raises(ValueError, match=r"loss 'mine' needs .*choose one, e\.g\."):
        Total({"mine": term}, {"mine": 1.0})(inputs)


def test_what_losses_ask_for_is_worked_out_once_and_what_they_do_not_never(make_inputs):
    inputs, asked = make_inputs(), []
    inputs.sources = {
        name: lambda name=name, source=source: asked.append(name) or source() for name, source in inputs.sources.items()
    }
    terms = {"pixels": PixelIdentity(), "features": FeatureIdentity(["deep"]), "direction": ClipDirectional()}
    Total(terms, dict.fromkeys(terms, 1.0))(inputs)
    assert sorted(asked) == ["photo", "restyled_content", "restyled_style", "text"]


def test_a_layer_the_loss_network_does_not_give_is_refused_by_name(make_inputs):
    with pytest.raises(ValueError, match=r"'mine' looks at layer 'relu9_9', but the loss network gives shallow, deep"):
        Total({"mine": ContentLoss(["relu9_9"])}, {"mine": 1.0})(make_inputs())
