import pytest
import torch
from by_formula import array, attention, nearest, normed

from txst.losses.local_feature import LocalFeatureLoss

LAYERS = ["shallow", "deep"]


def by_loops(inputs, name, layers, at):
    """What sample `at` of the output is held against, from the description."""
    content, style = (array(view.features[name][at]) for view in (inputs.content, inputs.style))
    query, key = (
        torch.cat([torch.from_numpy(normed(nearest(array(view.features[k][at]), x.shape[1:]))) for k in layers]).numpy()
        for view, x in ((inputs.content, content), (inputs.style, style))
    )
    weights, values = attention(query, key), style.reshape(len(style), -1)
    mean = values @ weights.T
    std = (values**2 @ weights.T - mean**2).clip(0) ** 0.5
    return std.reshape(content.shape) * normed(content) + mean.reshape(content.shape)


@pytest.mark.parametrize("relative", [False, True])
def test_is_the_distance_from_what_loops_find(make_inputs, relative):
    inputs = make_inputs(size=24)
    expected = 0.0
    for name, layers in (("shallow", ["shallow"]), ("deep", LAYERS)):
        for at in range(2):
            target = by_loops(inputs, name, layers, at)
            distance = ((array(inputs.output.features[name][at]) - target) ** 2).mean()
            expected += distance / (target**2).mean() / 2 if relative else distance / 2
    loss = LocalFeatureLoss(LAYERS, relative=relative)(inputs)
    assert loss.item() == pytest.approx(expected, rel=1e-4)


def test_an_output_that_is_what_is_wanted_costs_nothing(make_inputs):
    inputs, loss = make_inputs(), LocalFeatureLoss(["deep"], LAYERS)
    inputs.output.extracted = {"deep": loss.target(inputs, "deep")}
    assert loss(inputs) == 0


def test_places_are_drawn_anew_each_time(make_inputs):
    inputs, loss = make_inputs(), LocalFeatureLoss(["deep"], places=5)
    assert loss(inputs) != loss(inputs)
    whole = LocalFeatureLoss(["deep"])
    assert whole(inputs) == whole(inputs)


def test_a_layer_is_among_its_keys():
    with pytest.raises(ValueError, match="keys lacks 'deep'"):
        LocalFeatureLoss(LAYERS, ["shallow"])
