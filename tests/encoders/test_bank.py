import pytest
import torch

from txst.encoders.bank import LAYERS, FilterBank

COLOURS, EDGES, CHROMA = slice(0, 3), slice(3, 19), slice(19, 27)  # channels of a map
IMAGE = torch.rand(2, 3, 64, 80, generator=torch.Generator().manual_seed(0))


def test_widths_and_strides_are_those_of_the_maps():
    bank = FilterBank()
    features = bank(IMAGE)
    assert list(features) == list(LAYERS)
    for name, x in features.items():
        assert x.shape == (2, bank.widths[name], 64 // bank.strides[name], 80 // bank.strides[name])


def test_a_flat_picture_has_colour_but_no_edges_even_at_the_borders():
    for x in FilterBank()(torch.tensor([0.8, 0.3, 0.1]).view(1, 3, 1, 1).expand(1, 3, 32, 32)).values():
        assert x[:, COLOURS].abs().amin() > 0.1
        assert x[:, 3:].abs().amax() < 2e-3


def test_a_transposed_picture_gives_transposed_maps_of_the_mirrored_orientations():
    bank = FilterBank()
    for (name, x), y in zip(bank(IMAGE).items(), bank(IMAGE.transpose(2, 3)).values(), strict=True):
        edges = x.transpose(2, 3)[:, EDGES].unflatten(1, (2, 2, 4))  # sign, edges and lines, orientation
        mirrored = torch.stack([edges[:, :, :, k] for k in (2, 1, 0)], 3)
        found = y[:, EDGES].unflatten(1, (2, 2, 4))[:, :, :, :3]
        torch.testing.assert_close(found, mirrored, msg=name)
        torch.testing.assert_close(y[:, COLOURS], x[:, COLOURS].transpose(2, 3))


def test_dark_lines_and_light_lines_speak_in_different_channels():
    light = torch.zeros(1, 3, 32, 32)
    light[..., 16] = 1
    bank = FilterBank(["bank1"])
    upright = 4  # lines, upright, among the eight of a sign
    a, b = (bank(image)["bank1"][0, EDGES, 16, 16] for image in (light, 1 - light))
    assert a.argmax() == upright
    assert b.argmax() == upright + 8


def test_colour_edges_answer_where_lightness_is_even():
    image = torch.full((1, 3, 32, 32), 0.5)
    image[:, 0, :, 16:], image[:, 1, :, 16:] = 0.7, 0.3
    x = FilterBank(["bank1"])(image)["bank1"][..., 16, 14:18]
    assert x[:, EDGES].abs().amax() < 1e-3
    assert x[:, CHROMA].amax() > 1


def test_has_no_state_and_is_deterministic_and_differentiable():
    bank = FilterBank().train()
    assert not bank.training
    assert not bank.state_dict()
    image = IMAGE.clone().requires_grad_()
    first, second = bank(image), bank(image)
    assert all(torch.equal(x, y) for x, y in zip(first.values(), second.values(), strict=True))
    sum(x.square().mean() for x in first.values()).backward()
    assert image.grad.isfinite().all()
    assert (image.grad.abs().sum((0, 2, 3)) > 0).all()


def test_only_the_layers_asked_for_are_given():
    bank = FilterBank(["bank4", "bank2"])
    assert list(bank(IMAGE)) == ["bank2", "bank4"] == list(bank.widths)
    with pytest.raises(ValueError, match="no layer 'bank3'"):
        FilterBank(["bank3"])
