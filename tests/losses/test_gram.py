import numpy as np
import pytest
import torch

from txst.losses.gram import GramLoss


def test_zero_where_the_output_is_the_style(make_inputs):
    inputs = make_inputs()
    inputs.output = inputs.style
    assert GramLoss(["shallow", "deep"], bounded=0.25)(inputs) == 0


@pytest.mark.parametrize("bounded", [0.25, 0.0])
def test_agrees_with_numpy(make_inputs, bounded):
    inputs = make_inputs(dtype=torch.float64)
    ratios = []
    for name in ("shallow", "deep"):
        for x, y in zip(inputs.output.features[name].numpy(), inputs.style.features[name].numpy(), strict=True):
            x, y = (np.einsum("chw,dhw->cd", z, z) / z.size for z in (x, y))
            size = np.sum(y**2) + bounded * np.sum(x**2)
            ratios.append(np.sum((x - y) ** 2) / size)
    assert GramLoss(["shallow", "deep"], bounded)(inputs).item() == pytest.approx(np.mean(ratios))


@pytest.mark.parametrize(
    ("strength", "plain", "bounded", "even"),
    [(0, 1, 1, 1), (0.5, 9 / 16, 9 / 16.25, 9 / 17), (1, 0, 0, 0), (2, 9, 9 / 5, 9 / 17), (1000, 1e12, 4, 1)],
)
def test_known_values_of_a_style_made_stronger(make_inputs, strength, plain, bounded, even):
    inputs = make_inputs()
    inputs.output.features["deep"] = strength * inputs.style.features["deep"]
    for share, expected in ((0.0, plain), (0.25, bounded), (1.0, even)):
        assert GramLoss(["deep"], share)(inputs).item() == pytest.approx(expected, rel=1e-4)


def test_pooled_channels_count_equally_however_faint(make_inputs):
    def off_by_half(channel, pooled):
        inputs = make_inputs(dtype=torch.float64)
        style = inputs.style.features["deep"] = torch.rand(2, 6, 64, 64, dtype=torch.float64) + 0.5
        style[:, 0] *= 20
        inputs.output.features["deep"] = style.clone()
        inputs.output.features["deep"][:, channel] *= 0.5
        return GramLoss(["deep"], pooled=pooled)(inputs).item()

    assert off_by_half(1, pooled=True) == pytest.approx(off_by_half(0, pooled=True), rel=0.05)
    assert off_by_half(1, pooled=False) < 0.05 * off_by_half(0, pooled=False)


@pytest.mark.parametrize("pooled", [True, False])
def test_pooled_the_best_strength_for_faint_and_loud_examples_is_their_mean(make_inputs, pooled):
    inputs = make_inputs(dtype=torch.float64)
    x = torch.rand(1, 6, 8, 8, dtype=torch.float64) + 0.5
    inputs.style.features["deep"] = torch.cat([x, 3 * x])  # powers 1 and 9
    strength = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
    inputs.output.features["deep"] = strength * 5**0.5 * x.expand(2, -1, -1, -1)  # power 5
    GramLoss(["deep"], pooled=pooled)(inputs).backward()
    if pooled:
        assert strength.grad.abs() < 1e-9
    else:
        assert strength.grad > 1, "each in its own units, the faint one weighs more"


def test_a_blank_style_leaves_the_gradient_finite(make_inputs):
    inputs = make_inputs(torch.rand(2, 3, 64, 64, requires_grad=True))
    inputs.style.features["deep"] = torch.zeros_like(inputs.style.features["deep"])
    GramLoss(["deep"], bounded=0.25)(inputs).backward()
    assert inputs.output.image.grad.isfinite().all()
