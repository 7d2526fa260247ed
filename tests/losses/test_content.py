import numpy as np
import pytest
import torch

from txst.losses.content import ContentLoss


def test_zero_where_the_output_is_the_content(make_scene):
    scene = make_scene()
    scene.output = scene.content
    assert ContentLoss(["shallow", "deep"])(scene) == 0


@pytest.mark.parametrize("normed", [True, False])
def test_agrees_with_numpy(make_scene, normed):
    scene = make_scene(dtype=torch.float64)
    expected = 0.0
    for name in ("shallow", "deep"):
        maps = [view.features[name].numpy() for view in (scene.output, scene.content)]
        if normed:
            axes = {"axis": (2, 3), "keepdims": True}
            maps = [(x - x.mean(**axes)) / np.sqrt(x.var(**axes) + 1e-5) for x in maps]
        expected += np.square(maps[0] - maps[1]).mean()
    assert ContentLoss(["shallow", "deep"], normed)(scene).item() == pytest.approx(expected)


def test_normed_does_not_see_a_channel_made_stronger_or_shifted(make_scene):
    scene = make_scene()
    scene.output.features["deep"] = 3 * scene.content.features["deep"] + 1
    assert ContentLoss(["deep"], normed=True)(scene) < 1e-4
    assert ContentLoss(["deep"], normed=False)(scene) > 1
