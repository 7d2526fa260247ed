import numpy as np
import pytest
import torch

from txst.losses.style import StyleLoss


def test_zero_where_the_output_is_the_style(make_scene):
    scene = make_scene()
    scene.output = scene.style
    assert StyleLoss(["shallow", "deep"], relative=True)(scene) == 0


def test_agrees_with_numpy(make_scene):
    scene = make_scene(dtype=torch.float64)
    expected = 0.0
    for name in ("shallow", "deep"):
        x, y = (view.features[name].numpy() for view in (scene.output, scene.style))
        expected += np.square(x.mean((2, 3)) - y.mean((2, 3))).mean()
        expected += np.square(np.sqrt(x.var((2, 3)) + 1e-5) - np.sqrt(y.var((2, 3)) + 1e-5)).mean()
    assert StyleLoss(["shallow", "deep"])(scene).item() == pytest.approx(expected)


def test_places_do_not_matter(make_scene):
    scene = make_scene()
    scene.output.features["deep"] = scene.style.features["deep"].flip(-1).transpose(2, 3)
    torch.testing.assert_close(StyleLoss(["deep"])(scene), torch.tensor(0.0), atol=1e-10, rtol=0)


def test_relative_is_the_same_for_a_judge_of_another_scale(make_scene):
    scene, loss = make_scene(), StyleLoss(["deep"], relative=True)
    before = loss(scene)
    for view in (scene.output, scene.style):
        view.features["deep"] = 100 * view.features["deep"]
    torch.testing.assert_close(loss(scene), before, rtol=1e-3, atol=0)


def test_relative_is_one_for_a_blank_map(make_scene):
    scene = make_scene()
    scene.output.features["deep"] = torch.zeros_like(scene.output.features["deep"])
    assert StyleLoss(["deep"], relative=True)(scene).item() == pytest.approx(1, abs=0.01)
