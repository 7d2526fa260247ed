"""What holds for every loss there is a yaml of."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from hydra.utils import instantiate
from omegaconf import OmegaConf

from txst.losses.total import Total
from txst.types import View

YAMLS = sorted(Path("conf/loss").glob("*.yaml"))
LAYERS = {"style": ["shallow", "deep"], "content": ["deep"]}
FLAT = {"size": 64, "lr": 1e-4}  # what a yaml may refer to


def build(path, classifier):
    config = OmegaConf.merge(OmegaConf.create({"layers": LAYERS, **FLAT}), OmegaConf.load(path))
    if path.stem == "recognised":
        config.terms.recognised.head = str(classifier)
    return Total(instantiate(config.terms, _convert_="all"), OmegaConf.to_container(config.weights))


def cast(thing, dtype):
    """The same with every float tensor in another dtype, and with all worked out that a loss may ask for."""
    if isinstance(thing, torch.Tensor):
        return thing.to(dtype) if thing.is_floating_point() else thing
    if isinstance(thing, dict):
        return {key: cast(value, dtype) for key, value in thing.items()}
    if isinstance(thing, View):
        view = replace(thing, image=cast(thing.image, dtype))
        view.extracted, view.kept["embedding"] = cast(thing.features, dtype), cast(thing.embedding, dtype)
        return view
    views = {name: cast(getattr(thing, name), dtype) for name in ("content", "style", "output")}
    asked = {name: cast(getattr(thing, name), dtype) for name in thing.sources if name not in ("embed", "repaint")}
    return with_(replace(thing, **views), **asked)


def with_(inputs, **asked):
    inputs.answers |= asked
    return inputs


@pytest.fixture(params=YAMLS, ids=lambda path: path.stem)
def loss(request, classifier):
    return build(request.param, classifier)


def test_there_are_losses():
    assert len(YAMLS) >= 10


def test_gradient_is_the_slope(loss, make_inputs):
    def evaluate(image):
        torch.manual_seed(0)
        return loss(make_inputs(image, dtype=torch.float64))[0]

    image = torch.rand(2, 3, 64, 64, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(evaluate, image, fast_mode=True)


def test_value_is_a_positive_scalar_in_float32(loss, make_inputs):
    total, values = loss(make_inputs())
    for value in (total, *values.values()):
        assert value.shape == ()
        assert value.dtype == torch.float32
        assert value > 0


def test_statistics_stay_in_float32_under_autocast(loss, make_inputs):
    rough = cast(make_inputs(), torch.bfloat16)
    torch.manual_seed(0)
    expected, _ = loss(cast(rough, torch.float32))
    torch.manual_seed(0)
    with torch.autocast("cpu", torch.bfloat16):
        total, _ = loss(rough)
    assert total.dtype == torch.float32
    torch.testing.assert_close(total, expected, rtol=1e-5, atol=1e-6)


def test_every_weight_says_where_it_is_from():
    for path in YAMLS:
        weights = path.read_text().split("weights:\n")[1].strip().splitlines()
        assert all("#" in line for line in weights), path


MASKED = {"colour", "content", "gram", "style"}  # what looks where a mask is; the others say that they cannot


@pytest.mark.parametrize("path", YAMLS, ids=lambda path: path.stem)
def test_what_a_mask_hides_does_not_count_or_the_loss_refuses_it(path, classifier, make_inputs):
    """Two outputs, two photos and two styles that differ where their masks are 0 alone; masks of whole 4 x 4 blocks."""
    loss, inputs = build(path, classifier), make_inputs(size=65)
    mask = torch.zeros(2, 1, 65, 65)
    mask[..., 10:50, 20:65] = 1

    def masked(change):
        views = []
        for view in (inputs.content, inputs.style, inputs.output):
            new = replace(view, image=view.image + change * (mask == 0), mask=mask)
            new.extracted = {
                name: x + change * (F.adaptive_avg_pool2d(mask, x.shape[-2:]) == 0) for name, x in view.features.items()
            }
            views.append(new)
        return replace(inputs, content=views[0], style=views[1], output=views[2])

    if path.stem not in MASKED:
        with pytest.raises(ValueError, match=r"cannot leave out what a mask hides.*loss\.weights\."):
            loss(masked(0.0))
        return
    value = loss(masked(0.0))[0]
    torch.testing.assert_close(loss(masked(0.7))[0], value)
    assert value != loss(inputs)[0]
    everywhere = [replace(v, mask=torch.ones_like(mask)) for v in (inputs.content, inputs.style, inputs.output)]
    whole = replace(inputs, content=everywhere[0], style=everywhere[1], output=everywhere[2])
    torch.testing.assert_close(loss(whole)[0], loss(inputs)[0])


def test_a_mask_that_hides_all_leaves_the_gradient_finite(make_inputs, classifier):
    for name in sorted(MASKED):
        inputs = make_inputs(torch.rand(2, 3, 64, 64, requires_grad=True))
        inputs.output.mask = torch.zeros(2, 1, 64, 64)
        build(Path(f"conf/loss/{name}.yaml"), classifier)(inputs)[0].backward()
        assert inputs.output.image.grad.isfinite().all(), name
