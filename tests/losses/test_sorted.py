import numpy as np
import pytest
import torch

from txst.losses.sorted import SortedLoss


def test_zero_where_the_output_is_the_style_with_its_places_mixed(make_inputs):
    inputs = make_inputs()
    inputs.output.features["deep"] = inputs.style.features["deep"].flip(2).transpose(2, 3)
    assert SortedLoss(["deep"])(inputs) == 0


def test_agrees_with_numpy_for_maps_of_equal_size(make_inputs):
    inputs = make_inputs(dtype=torch.float64)
    expected = 0.0
    for name in ("shallow", "deep"):
        x, y = (np.sort(view.features[name].flatten(2).numpy()) for view in (inputs.output, inputs.style))
        expected += np.square(x - y).mean()
    assert SortedLoss(["shallow", "deep"])(inputs).item() == pytest.approx(expected)


def test_sees_what_mean_and_deviation_do_not(make_inputs):
    inputs = make_inputs(dtype=torch.float64)
    skewed = torch.tensor([0.0, 0.0, 0.0, 1.0]).double().view(1, 1, 2, 2)
    inputs.output.features["deep"], inputs.style.features["deep"] = skewed, skewed.mean() * 2 - skewed
    assert SortedLoss(["deep"])(inputs).item() == pytest.approx(0.25)


def test_relative_is_one_for_a_blank_map(make_inputs):
    inputs = make_inputs()
    inputs.output.features["deep"] = torch.zeros_like(inputs.output.features["deep"])
    assert SortedLoss(["deep"], relative=True)(inputs).item() == pytest.approx(1)
