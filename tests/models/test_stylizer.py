"""A decoder that reads the style keeps to a mask; dabs are made of what is decoded, whatever the photo's size."""

import pytest
import torch
from hydra.errors import InstantiationException
from hydra.utils import instantiate
from small import painted

from txst.layers.guided import hold
from txst.layers.kuwahara import kuwahara
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


@torch.no_grad()
def test_dabs_are_made_of_what_is_decoded_and_tiny_photos_have_them_too(config):
    torch.manual_seed(0)
    made = [config("+experiment=painter", "loss_network.weights=null", f"model.dab={dab}") for dab in (0, 2, 4)]
    plain, dabbed = (instantiate(cfg.model, _convert_="all").eval() for cfg in made[:2])
    dabbed.load_state_dict(plain.state_dict())
    style = Style(torch.nn.functional.normalize(torch.randn(1, 128), dim=-1))
    image = torch.rand(1, 3, 32, 48)
    torch.testing.assert_close(painted(dabbed, image, style, 1.0), kuwahara(painted(plain, image, style, 1.0), 2))
    assert not painted(dabbed, image, style, 1.0).equal(painted(plain, image, style, 1.0))
    for size in ((1, 1), (3, 50), (33, 2)):
        assert painted(dabbed, torch.rand(1, 3, *size), style, 0.5).shape[-2:] == size
    with pytest.raises(InstantiationException, match="dab=4 is not from 0 to below 4"):
        instantiate(made[2].model, _convert_="all")


@torch.no_grad()
def test_strokes_are_held_to_the_photo_before_they_become_dabs(config):
    torch.manual_seed(0)
    own = ["+experiment=painter", "loss_network.weights=null"]
    plain, held = (instantiate(config(*own, f"model.hold={most}", f"model.dab={dab}").model, _convert_="all").eval()
                   for most, dab in ((0, 0), (0.05, 2)))  # fmt: skip
    held.load_state_dict(plain.state_dict())
    style = Style(torch.nn.functional.normalize(torch.randn(1, 128), dim=-1))
    image = torch.rand(1, 3, 32, 48)
    wanted = kuwahara(hold(painted(plain, image, style, 1.0), image, 0.05), 2)
    torch.testing.assert_close(painted(held, image, style, 1.0), wanted)
    for size in ((1, 1), (3, 50), (33, 2)):
        assert painted(held, torch.rand(1, 3, *size), style, 0.5).shape[-2:] == size
    with pytest.raises(InstantiationException, match="hold=-1"):
        instantiate(config(*own, "model.hold=-1").model, _convert_="all")
