"""What holds for every loss there is a yaml of."""

from dataclasses import fields, is_dataclass
from pathlib import Path

import pytest
import torch
from hydra.utils import instantiate
from omegaconf import OmegaConf

from txst.losses.total import Total

YAMLS = sorted(Path("conf/loss").glob("*.yaml"))
LAYERS = {"style": ["shallow", "deep"], "content": ["deep"]}
FLAT = {"size": 64, "lr": 1e-4}  # what a yaml may refer to


def build(path, critic):
    config = OmegaConf.merge(OmegaConf.create({"layers": LAYERS, **FLAT}), OmegaConf.load(path))
    if path.stem == "recognised":
        config.terms.recognised.head = str(critic)
    return Total(instantiate(config.terms, _convert_="all"), OmegaConf.to_container(config.weights))


def cast(thing, dtype):
    """The same scene with every float tensor in another dtype."""
    if isinstance(thing, torch.Tensor):
        return thing.to(dtype) if thing.is_floating_point() else thing
    if isinstance(thing, dict):
        return {key: cast(value, dtype) for key, value in thing.items()}
    if is_dataclass(thing):
        return type(thing)(**{field.name: cast(getattr(thing, field.name), dtype) for field in fields(thing)})
    return thing


@pytest.fixture(params=YAMLS, ids=lambda path: path.stem)
def loss(request, critic):
    return build(request.param, critic)


def test_there_are_losses():
    assert len(YAMLS) >= 10


def test_gradient_is_the_slope(loss, make_scene):
    def evaluate(image):
        torch.manual_seed(0)
        return loss(make_scene(image, dtype=torch.float64))[0]

    image = torch.rand(2, 3, 64, 64, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(evaluate, image, fast_mode=True)


def test_value_is_a_positive_scalar_in_float32(loss, make_scene):
    total, values = loss(make_scene())
    for value in (total, *values.values()):
        assert value.shape == ()
        assert value.dtype == torch.float32
        assert value > 0


def test_statistics_stay_in_float32_under_autocast(loss, make_scene):
    rough = cast(make_scene(), torch.bfloat16)
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
