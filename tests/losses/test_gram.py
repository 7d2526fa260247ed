import numpy as np
import pytest
import torch

from txst.losses.gram import GramLoss


def test_zero_where_the_output_is_the_style(make_scene):
    scene = make_scene()
    scene.output = scene.style
    assert GramLoss(["shallow", "deep"], bounded=True)(scene) == 0


@pytest.mark.parametrize("bounded", [True, False])
def test_agrees_with_numpy(make_scene, bounded):
    scene = make_scene(dtype=torch.float64)
    ratios = []
    for name in ("shallow", "deep"):
        for x, y in zip(scene.output.features[name].numpy(), scene.style.features[name].numpy(), strict=True):
            x, y = (np.einsum("chw,dhw->cd", z, z) / z.size for z in (x, y))
            size = np.sum(y**2) + bounded * np.sum(x**2) / 4
            ratios.append(np.sum((x - y) ** 2) / size)
    assert GramLoss(["shallow", "deep"], bounded)(scene).item() == pytest.approx(np.mean(ratios))


@pytest.mark.parametrize(
    ("strength", "plain", "bounded"), [(0, 1, 1), (1, 0, 0), (2, 9, 9 / 5), (1000, 1e12, 4)]
)
def test_known_values_of_a_style_made_stronger(make_scene, strength, plain, bounded):
    scene = make_scene()
    scene.output.features["deep"] = strength * scene.style.features["deep"]
    assert GramLoss(["deep"], bounded=False)(scene).item() == pytest.approx(plain, rel=1e-4)
    assert GramLoss(["deep"], bounded=True)(scene).item() == pytest.approx(bounded, rel=1e-4)


def test_a_blank_style_leaves_the_gradient_finite(make_scene):
    scene = make_scene(torch.rand(2, 3, 64, 64, requires_grad=True))
    scene.style.features["deep"] = torch.zeros_like(scene.style.features["deep"])
    GramLoss(["deep"], bounded=True)(scene).backward()
    assert scene.output.image.grad.isfinite().all()
