import numpy as np
import pytest
import torch

from txst.losses.content import ContentLoss


def test_zero_where_the_output_is_the_content(make_inputs):
    inputs = make_inputs()
    inputs.output = inputs.content
    assert ContentLoss(["shallow", "deep"])(inputs) == 0


@pytest.mark.parametrize("normed", [True, False])
def test_agrees_with_numpy(make_inputs, normed):
    inputs = make_inputs(dtype=torch.float64)
    expected = 0.0
    for name in ("shallow", "deep"):
        maps = [view.features[name].numpy() for view in (inputs.output, inputs.content)]
        if normed:
            axes = {"axis": (2, 3), "keepdims": True}
            maps = [(x - x.mean(**axes)) / np.sqrt(x.var(**axes) + 1e-5) for x in maps]
        expected += np.square(maps[0] - maps[1]).mean()
    assert ContentLoss(["shallow", "deep"], normed)(inputs).item() == pytest.approx(expected)


def test_normed_does_not_see_a_channel_made_stronger_or_shifted(make_inputs):
    inputs = make_inputs()
    inputs.output.features["deep"] = 3 * inputs.content.features["deep"] + 1
    assert ContentLoss(["deep"], normed=True)(inputs) < 1e-4
    assert ContentLoss(["deep"], normed=False)(inputs) > 1
