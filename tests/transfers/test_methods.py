"""What holds for every method: a new yaml in conf/transfer is under test at once."""

import pytest
import torch
import torch.nn.functional as F
from hydra.utils import instantiate
from small import CONF, painted

from txst.layers.norm_statistics import RecordStatistics, ReplayStatistics
from txst.transfers.efdm import EFDM
from txst.types import Controls, Style

METHODS = sorted(path.stem for path in CONF.glob("transfer/*.yaml"))
WIDTH = 16


@pytest.fixture(params=METHODS)
def model(request, config):
    cfg = config("encoder=pyramid", f"transfer={request.param}", "clip=space", f"style_width={WIDTH}")
    return instantiate(cfg.model, _convert_="all").eval()


def style_of(model, pictures):
    embedding = F.normalize(torch.randn(len(pictures), WIDTH), dim=-1)
    return Style(None if "code" in model.reads else embedding, pictures)


@pytest.mark.parametrize("size", [(64, 64), (50, 77), (9, 130), (1, 1)])
@torch.no_grad()
def test_keeps_the_size_of_the_image(model, size):
    image = torch.rand(1, 3, *size)
    painting = painted(model, image, style_of(model, torch.rand(1, 3, 48, 40)))
    assert painting.shape == image.shape
    assert painting.isfinite().all()


@torch.no_grad()
def test_paints_the_same_picture_twice(model):
    image, style = torch.rand(1, 3, 40, 40), style_of(model, torch.rand(1, 3, 48, 40))
    assert painted(model, image, style).equal(painted(model, image, style))


@torch.no_grad()
def test_pictures_of_a_batch_do_not_mix(model):
    image, style = torch.rand(2, 3, 40, 40), style_of(model, torch.rand(2, 3, 40, 40))
    first = Style(None if style.embedding is None else style.embedding[:1], style.image[:1])
    alone = painted(model, image[:1], first)
    torch.testing.assert_close(painted(model, image, style)[:1], alone, atol=1e-4, rtol=1e-3)


@torch.no_grad()
def test_an_image_prepared_before_is_painted_the_same(model):
    image, prepared = torch.rand(1, 3, 41, 38), model.prepare_style(style_of(model, torch.rand(1, 3, 40, 40)))
    features = model.prepare_image(image)
    assert model(image, prepared, features=features).image.equal(model(image, prepared).image)


@torch.no_grad()
def test_a_code_paints_what_the_picture_does_that_it_was_read_off(model):
    image, picture = torch.rand(1, 3, 40, 40), torch.rand(1, 3, 40, 40)
    if "code" in model.reads:
        code = model.style_code(picture)
        assert painted(model, image, Style(code)).equal(painted(model, image, Style(image=picture)))
    else:
        with pytest.raises(ValueError, match="reads no codes"):
            model.style_code(picture)


@torch.no_grad()
def test_recorded_statistics_paint_the_same_when_they_are_replayed(model):
    image, prepared = torch.rand(1, 3, 40, 40), model.prepare_style(style_of(model, torch.rand(1, 3, 40, 40)))
    record = RecordStatistics()
    whole = model(image, prepared, Controls(statistics=record)).image
    assert bool(record.moments) == (not isinstance(model.transfer, EFDM))
    replayed = model(image, prepared, Controls(statistics=ReplayStatistics(record.moments))).image
    torch.testing.assert_close(replayed, whole)
    if record.moments:
        with pytest.raises(ValueError, match="fewer moments"):
            model(image, prepared, Controls(statistics=ReplayStatistics(record.moments[:-1])))


@torch.no_grad()
def test_another_style_paints_another_picture(model):
    image = torch.rand(1, 3, 40, 40)
    one, other = (painted(model, image, style_of(model, torch.rand(1, 3, 40, 40) * s)) for s in (1, 0.3))
    assert (one - other).abs().mean() > 1e-4


@torch.no_grad()
def test_half_the_strength_lies_between_and_a_mask_acts_where_it_is(model):
    image, style = torch.rand(1, 3, 64, 64), style_of(model, torch.rand(1, 3, 40, 40))
    full, none, half = (painted(model, image, style, s) for s in (1.0, 0.0, 0.5))
    assert (half - full).abs().mean() < (none - full).abs().mean()
    torch.testing.assert_close(painted(model, image, style, torch.ones(1, 1, 64, 64)), full, atol=1e-4, rtol=1e-3)
    torch.testing.assert_close(painted(model, image, style, torch.zeros(1, 1, 64, 64)), none, atol=1e-4, rtol=1e-3)


@torch.no_grad()
def test_a_flat_picture_is_painted_flat_up_to_its_borders(model):
    if isinstance(model.transfer, EFDM):
        pytest.skip("it gives a flat map all of the style's values, in no order")
    grey = torch.full((1, 3, 72, 88), 0.5)
    painting = painted(model, grey, style_of(model, torch.rand(1, 3, 48, 40)))
    assert (painting - painting[..., 32:33, 40:41]).abs().max() < 1 / 255


def test_every_trained_parameter_gets_a_gradient(model):
    painted(model, torch.rand(2, 3, 32, 32), style_of(model, torch.rand(2, 3, 32, 32))).square().mean().backward()
    assert [n for n, p in model.named_parameters() if p.requires_grad and p.grad is None] == []


def test_what_a_method_does_not_read_does_not_change_it_and_what_it_reads_it_cannot_do_without(model):
    image, style = torch.rand(1, 3, 40, 40), style_of(model, torch.rand(1, 3, 40, 40))
    if "text" in model.reads:
        assert painted(model, image, style).equal(painted(model, image, Style(style.embedding)))
        with pytest.raises(ValueError, match="embedding"):
            model.prepare_style(Style(image=style.image))
    else:
        assert painted(model, image, style).equal(painted(model, image, Style(image=style.image)))
        with pytest.raises(ValueError, match="picture"):
            model.prepare_style(Style(torch.zeros(1, 0)))
