import pytest
import torch

from txst.losses.identity import FeatureIdentity, PixelIdentity


def test_zero_where_pictures_stay_as_they_are(make_inputs):
    inputs = make_inputs()
    inputs.answers |= {"restyled_content": inputs.content, "restyled_style": inputs.style}
    assert PixelIdentity()(inputs) == 0
    assert FeatureIdentity(["shallow", "deep"], relative=True)(inputs) == 0


def test_pixels_of_both_pictures_count(make_inputs):
    inputs = make_inputs()
    inputs.restyled_content.image = inputs.content.image + 0.5
    inputs.restyled_style.image = inputs.style.image - 0.1
    assert PixelIdentity()(inputs).item() == pytest.approx(0.25 + 0.01)


def test_features_of_both_pictures_and_all_layers_count(make_inputs):
    inputs = make_inputs()
    for step, (new, old) in enumerate(
        [(inputs.restyled_content, inputs.content), (inputs.restyled_style, inputs.style)], start=1
    ):
        new.extracted = {name: x + step for name, x in old.features.items()}
    assert FeatureIdentity(["shallow", "deep"])(inputs).item() == pytest.approx(2 * (1 + 4))


def test_relative_is_one_for_a_blank_map(make_inputs):
    inputs = make_inputs()
    for view in (inputs.restyled_content, inputs.restyled_style):
        view.features["deep"] = torch.zeros_like(view.features["deep"])
    assert FeatureIdentity(["deep"], relative=True)(inputs).item() == pytest.approx(2)
