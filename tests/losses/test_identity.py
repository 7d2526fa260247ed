from dataclasses import replace

import pytest
import torch

from txst.losses.identity import FeatureIdentity, PixelIdentity


def test_zero_where_pictures_stay_as_they_are(make_scene):
    scene = make_scene()
    scene = replace(scene, restyled_content=scene.content, restyled_style=scene.style)
    assert PixelIdentity()(scene) == 0
    assert FeatureIdentity(["shallow", "deep"], relative=True)(scene) == 0


def test_pixels_of_both_pictures_count(make_scene):
    scene = make_scene()
    scene.restyled_content.image = scene.content.image + 0.5
    scene.restyled_style.image = scene.style.image - 0.1
    assert PixelIdentity()(scene).item() == pytest.approx(0.25 + 0.01)


def test_features_of_both_pictures_and_all_layers_count(make_scene):
    scene = make_scene()
    for step, (new, old) in enumerate(
        [(scene.restyled_content, scene.content), (scene.restyled_style, scene.style)], start=1
    ):
        new.features = {name: x + step for name, x in old.features.items()}
    assert FeatureIdentity(["shallow", "deep"])(scene).item() == pytest.approx(2 * (1 + 4))


def test_relative_is_one_for_a_blank_map(make_scene):
    scene = make_scene()
    for view in (scene.restyled_content, scene.restyled_style):
        view.features["deep"] = torch.zeros_like(view.features["deep"])
    assert FeatureIdentity(["deep"], relative=True)(scene).item() == pytest.approx(2)
