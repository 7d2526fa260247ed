import numpy as np
import pytest
import torch

from txst.losses.style import StyleLoss


def test_zero_where_the_output_is_the_style(make_inputs):
    inputs = make_inputs()
    inputs.output = inputs.style
    assert StyleLoss(["shallow", "deep"], relative=True)(inputs) == 0


def test_agrees_with_numpy(make_inputs):
    inputs = make_inputs(dtype=torch.float64)
    expected = 0.0
    for name in ("shallow", "deep"):
        x, y = (view.features[name].numpy() for view in (inputs.output, inputs.style))
        expected += np.square(x.mean((2, 3)) - y.mean((2, 3))).mean()
        expected += np.square(np.sqrt(x.var((2, 3)) + 1e-5) - np.sqrt(y.var((2, 3)) + 1e-5)).mean()
    assert StyleLoss(["shallow", "deep"])(inputs).item() == pytest.approx(expected)


def test_places_do_not_matter(make_inputs):
    inputs = make_inputs()
    inputs.output.features["deep"] = inputs.style.features["deep"].flip(-1).transpose(2, 3)
    torch.testing.assert_close(StyleLoss(["deep"])(inputs), torch.tensor(0.0), atol=1e-10, rtol=0)


def test_relative_is_the_same_for_a_loss_network_of_another_scale(make_inputs):
    inputs, loss = make_inputs(), StyleLoss(["deep"], relative=True)
    before = loss(inputs)
    for view in (inputs.output, inputs.style):
        view.features["deep"] = 100 * view.features["deep"]
    inputs.style.kept.clear()
    torch.testing.assert_close(loss(inputs), before, rtol=1e-3, atol=0)


def test_relative_is_one_for_a_blank_map(make_inputs):
    inputs = make_inputs()
    inputs.output.features["deep"] = torch.zeros_like(inputs.output.features["deep"])
    assert StyleLoss(["deep"], relative=True)(inputs).item() == pytest.approx(1, abs=0.01)
