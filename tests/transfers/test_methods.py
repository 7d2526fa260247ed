"""What holds for every method: a new yaml in conf/transfer is under test at once."""

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from hydra.utils import instantiate
from small import CONF

from txst.transfers.efdm import EFDM
from txst.types import Style

METHODS = sorted(path.stem for path in CONF.glob("transfer/*.yaml"))
WIDTH = 16


@pytest.fixture(params=METHODS)
def model(request, config):
    cfg = config("encoder=pyramid", f"transfer={request.param}", "clip=space", f"style_width={WIDTH}")
    return instantiate(cfg.model, _convert_="all").eval()


def style_of(model, pictures):
    embedding = F.normalize(torch.randn(len(pictures), WIDTH), dim=-1)
    return Style(embedding, model.look(pictures) if model.needs_picture else None)


@pytest.mark.parametrize("size", [(64, 64), (50, 77), (9, 130), (1, 1)])
@torch.no_grad()
def test_keeps_the_size_of_the_image(model, size):
    image = torch.rand(1, 3, *size)
    painted = model(image, style_of(model, torch.rand(1, 3, 48, 40)))
    assert painted.shape == image.shape
    assert painted.isfinite().all()


@torch.no_grad()
def test_paints_the_same_picture_twice(model):
    image, style = torch.rand(1, 3, 40, 40), style_of(model, torch.rand(1, 3, 48, 40))
    assert model(image, style).equal(model(image, style))


@torch.no_grad()
def test_pictures_of_a_batch_do_not_mix(model):
    image, style = torch.rand(2, 3, 40, 40), style_of(model, torch.rand(2, 3, 40, 40))
    features = style.features and {k: v[:1] for k, v in style.features.items()}
    alone = model(image[:1], Style(style.embedding[:1], features))
    torch.testing.assert_close(model(image, style)[:1], alone, atol=1e-4, rtol=1e-3)


@torch.no_grad()
def test_a_style_worked_out_before_paints_the_same(model):
    image, style = torch.rand(1, 3, 40, 40), style_of(model, torch.rand(1, 3, 40, 40))
    torch.testing.assert_close(model(image, model.encode(style)), model(image, style))


@torch.no_grad()
def test_another_style_paints_another_picture(model):
    image = torch.rand(1, 3, 40, 40)
    one, other = (model(image, style_of(model, torch.rand(1, 3, 40, 40) * s)) for s in (1, 0.3))
    assert (one - other).abs().mean() > 1e-4


@torch.no_grad()
def test_half_the_strength_lies_between_and_a_mask_acts_where_it_is(model):
    image, style = torch.rand(1, 3, 64, 64), style_of(model, torch.rand(1, 3, 40, 40))
    full, none, half = (model(image, style, s) for s in (1.0, 0.0, 0.5))
    assert (half - full).abs().mean() < (none - full).abs().mean()
    torch.testing.assert_close(model(image, style, torch.ones(1, 1, 64, 64)), full, atol=1e-4, rtol=1e-3)
    torch.testing.assert_close(model(image, style, torch.zeros(1, 1, 64, 64)), none, atol=1e-4, rtol=1e-3)


@torch.no_grad()
def test_a_flat_picture_is_painted_flat_up_to_its_borders(model):
    if isinstance(model.transfer, EFDM):
        pytest.skip("it gives a flat map all of the style's values, in no order")
    grey = torch.full((1, 3, 72, 88), 0.5)
    painted = model(grey, style_of(model, torch.rand(1, 3, 48, 40)))
    assert (painted - painted[..., 32:33, 40:41]).abs().max() < 1 / 255


def test_every_trained_parameter_gets_a_gradient(model):
    model(torch.rand(2, 3, 32, 32), style_of(model, torch.rand(2, 3, 32, 32))).square().mean().backward()
    assert [n for n, p in model.named_parameters() if p.requires_grad and p.grad is None] == []


def test_a_picture_driven_method_refuses_a_bare_prompt(model):
    style = style_of(model, torch.rand(1, 3, 40, 40))
    if model.needs_picture:
        with pytest.raises(ValueError, match="picture"):
            model(torch.rand(1, 3, 40, 40), replace(style, features=None))
    else:
        assert model(torch.rand(1, 3, 40, 40), style).shape == (1, 3, 40, 40)
