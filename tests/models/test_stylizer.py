"""A decoder that reads the style keeps to a mask; dabs are made of what is decoded, whatever the photo's size."""

import pytest
import torch
from hydra.errors import InstantiationException
from hydra.utils import instantiate
from small import painted

from txst.layers.guided import calm, hold
from txst.layers.kuwahara import coloured, kuwahara
from txst.layers.tone import toned
from txst.layers.touch import dabs, touched
from txst.models.stylizer import PRINT
from txst.types import Style


@torch.no_grad()
def test_outside_a_mask_a_decoder_that_reads_the_style_paints_as_at_no_strength(config):
    cfg = config("+experiment=demo", "style_width=16")
    model = instantiate(cfg.model, _convert_="all").eval()
    image = torch.rand(1, 3, 64, 64)
    style = Style(torch.nn.functional.normalize(torch.randn(1, 16), dim=-1))
    mask = torch.zeros(1, 1, 64, 64)
    torch.testing.assert_close(
        painted(model, image, style, mask), painted(model, image, style, 0.0), atol=1e-4, rtol=1e-3
    )
    torch.testing.assert_close(
        painted(model, image, style, mask + 1), painted(model, image, style, 1.0), atol=1e-4, rtol=1e-3
    )
    mask[..., :32] = 1
    half = painted(model, image, style, mask)
    none, whole = (painted(model, image, style, s) for s in (0.0, 1.0))
    assert (half - none)[..., 48:].abs().mean() < (half - none)[..., :16].abs().mean() / 2
    assert (half - whole)[..., :16].abs().mean() < (half - whole)[..., 48:].abs().mean() / 2


@pytest.mark.parametrize(
    "settings",
    [
        (0, 2, 0, 1, 1, 0),
        (0, 2, 0, 1, 1, 0.7),
        (0.05, 0, 0, 1, 1, 0),
        (0.05, 8, 0.02, 1.5, 1.3, 0.7),
        (0, 0, 0.02, 1, 1, 0),
        (0, 0, 0, 1, 2, 0),
    ],
)
@torch.no_grad()
def test_patches_go_and_strokes_are_held_and_become_dabs_but_those_of_prints(config, settings):
    torch.manual_seed(0)
    most, dab, patches, contrast, saturation, touch = settings
    own = ["+experiment=painter", "loss_network.weights=null"]
    plain, done = (instantiate(config(*own, *changes).model, _convert_="all").eval()
                   for changes in ([], [f"model.hold={most}", f"model.dab={dab}", f"model.calm={patches}", f"model.contrast={contrast}", f"model.saturation={saturation}", f"model.touch={touch}"]))  # fmt: skip
    style = Style(torch.nn.functional.normalize(torch.randn(1, 128), dim=-1))
    image = torch.rand(1, 3, 32, 48)
    plain.decoder.to_rgb.weight.mul_(0.02)
    for tint in (0, 0.5):  # a print, and a painting
        plain.decoder.to_rgb.bias.copy_(torch.tensor([tint, 0, 0]) + 0.4)
        done.load_state_dict(plain.state_dict())
        before = painted(plain, image, style, 1.0)
        share = coloured(before)
        assert share == (tint > 0)
        half = 1 if tint else PRINT
        after = before + half * (calm(before, image, patches) - before) if patches else before
        after = toned(after, contrast, 1 + share * (saturation - 1))
        after = hold(after, image, most) if most and tint else after
        after = after + half * (kuwahara(after, dab) - after) if dab else after
        found = done.prepare_style(style).get("touch")
        assert (found is not None) == (touch > 0)
        after = touched(after, image, found, touch, dabs()) if touch and tint else after
        torch.testing.assert_close(painted(done, image, style, 1.0), after)
    assert not after.equal(before)
    for size in ((1, 1), (3, 50), (33, 2)):
        assert painted(done, torch.rand(1, 3, *size), style, 0.5).shape[-2:] == size


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ("dab=3", "dab=3 is no power of 2"),
        ("dab=128", "dab=128 is no power of 2 up to 64"),
        ("hold=-1", "hold=-1"),
        ("calm=-1", "calm=-1"),
        ("contrast=3", "contrast=3 is not"),
        ("saturation=-1", "saturation=-1"),
        ("touch=-1", "touch=-1"),
        ("touch=0.5", "and dab=0 draws none"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(config, setting, says):
    with pytest.raises(InstantiationException, match=says):
        instantiate(
            config("+experiment=painter", "loss_network.weights=null", f"model.{setting}").model, _convert_="all"
        )


@torch.no_grad()
def test_dabs_come_with_the_strength_where_features_are_mixed(config):
    settings = ["model.dab=2", "model.touch=1", "encoder.weights=null"]
    model = instantiate(config("+experiment=adain", *settings).model, _convert_="all").eval()
    style = Style(image=torch.rand(1, 3, 48, 48))
    [*model.decoder.parameters()][-1].copy_(torch.tensor([0.8, 0.4, 0.1]))  # a painting, and no print
    image = torch.rand(1, 3, 48, 56)
    none = painted(model, image, style, 0.0)
    mask = torch.zeros(1, 1, 48, 56)
    torch.testing.assert_close(painted(model, image, style, mask), none)
    model.touch, dabbed = 0.0, painted(model, image, style, 1.0)
    assert not dabbed.equal(painted(model, image, style, 1.0))
    torch.testing.assert_close(painted(model, image, style, 0.0), none)


def test_a_transfer_that_attends_to_several_styles_has_no_touch(config):
    settings = ["model.dab=2", "model.touch=1", "encoder.weights=null"]
    with pytest.raises(InstantiationException, match="attends to several styles at once"):
        instantiate(config("+experiment=sanet", *settings).model, _convert_="all")
