import numpy as np
import pytest
import torch
from by_formula import array, attention, conv3, fill, nearest, normed, numbers, pointwise
from small import painted

from txst.backends.pytorch import TorchBackend
from txst.decoders.adain import Mirror
from txst.encoders.null_text import NullTextEncoder
from txst.encoders.vgg import VGG
from txst.models.stylizer import Stylizer
from txst.transfers.adain import AdaIN
from txst.transfers.sanet import SANet
from txst.types import Style

CONTENT = {"fine": numbers(1, 4, 4, 6), "deep": numbers(1, 4, 2, 3, phase=1.0)}
PICTURE = {"fine": numbers(1, 4, 5, 3, phase=2.0), "deep": numbers(1, 4, 3, 2, phase=3.0)}
WIDTHS = {"fine": 4, "deep": 4}


def styled(transfer, picture=PICTURE, content=CONTENT):
    return transfer(content, transfer.prepare_style(Style(features=picture), None))


def by_loops(transfer):
    """SANet's result at the finer of two layers, from its description."""
    maps = {}
    for name, block in transfer.attend.items():
        content, style = array(CONTENT[name][0]), array(PICTURE[name][0])
        weights = attention(pointwise(block.query, normed(content)), pointwise(block.key, normed(style)))
        values = pointwise(block.value, style).reshape(len(style), -1)
        found = np.zeros((len(content), weights.shape[0]))
        for n in range(weights.shape[0]):
            for m in range(weights.shape[1]):
                found[:, n] += weights[n, m] * values[:, m]
        maps[name] = content + pointwise(block.out, found.reshape(content.shape))
    merged = maps["fine"] + nearest(maps["deep"], maps["fine"].shape[1:])
    return conv3(transfer.merge.conv, merged)


@torch.no_grad()
def test_agrees_with_loops_on_weights_by_a_formula():
    transfer = fill(SANet(WIDTHS), 2.0)
    torch.testing.assert_close(styled(transfer)["fine"][0].double().numpy(), by_loops(transfer), atol=1e-5, rtol=1e-5)


@torch.no_grad()
def test_where_all_fits_alike_the_mean_is_found():
    transfer = fill(SANet(WIDTHS))
    for block in transfer.attend.values():
        block.key.weight.zero_()
    maps = {}
    for name, block in transfer.attend.items():
        mean = block.value(PICTURE[name]).mean((2, 3), keepdim=True)
        maps[name] = CONTENT[name] + block.out(mean)
    torch.testing.assert_close(styled(transfer)["fine"], transfer.merge(maps)["fine"], atol=1e-5, rtol=1e-5)


@torch.no_grad()
def test_the_order_of_a_styles_places_does_not_matter():
    transfer = fill(SANet(WIDTHS))
    turned = {name: x.flip(2).transpose(2, 3) for name, x in PICTURE.items()}
    for name, x in styled(transfer, turned).items():
        torch.testing.assert_close(x, styled(transfer)[name], atol=1e-5, rtol=1e-5)


@torch.no_grad()
def test_of_a_large_style_some_places_are_looked_at_always_the_same():
    transfer = fill(SANet(WIDTHS, places=4))
    prepared = transfer.prepare_style(Style(features=PICTURE), None)
    assert {x.shape[2] for x in prepared.values()} == {4}
    again = transfer.prepare_style(Style(features=PICTURE), None)
    assert all(again[name].equal(x) for name, x in prepared.items())
    whole = SANet(WIDTHS).prepare_style(Style(features=PICTURE), None)
    assert whole["fine.value"].shape[2] == 15


def test_has_as_many_weights_as_published():
    layers = {"relu4_1": 512, "relu5_1": 512}
    assert sum(p.numel() for p in SANet({"relu3_1": 256, **layers}, list(layers)).parameters()) == 4_461_056


@pytest.fixture
def model():
    encoder = VGG(["relu1_1", "relu2_1"], [4, 4])
    return Stylizer(encoder, SANet(encoder.widths), Mirror(encoder.widths, encoder.strides, "relu1_1")).eval()


@torch.no_grad()
def test_several_style_pictures_paint_together(model):
    painter = TorchBackend(model, NullTextEncoder(), "cpu")
    photo, one, other = (torch.rand(1, 3, *size).numpy() for size in ((20, 30), (24, 32), (40, 28)))
    codes = [painter.image_code(picture) for picture in (one, other)]

    def paint(*weights):
        return painter.paint(photo, painter.prepare_style(painter.mix(codes, weights)))

    alone = [painter.paint(photo, painter.prepare_style(code)) for code in codes]
    np.testing.assert_allclose(paint(1, 0), alone[0], atol=1e-5)
    np.testing.assert_allclose(paint(0, 2), alone[1], atol=1e-5)
    assert np.abs(paint(1, 1) - alone[0]).max() > 1e-4
    model.transfer = AdaIN(["relu1_1", "relu2_1"])
    painter = TorchBackend(model, NullTextEncoder(), "cpu")
    assert not painter.mixes_by_place
    with pytest.raises(ValueError, match="mixes none"):
        painter.mix(codes, (1, 1))


@torch.no_grad()
def test_a_style_picture_that_the_coarsest_map_would_vanish_of_is_grown():
    encoder = VGG(["relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"], [2] * 5)
    widths = {"relu4_1": 2, "relu5_1": 2}
    model = Stylizer(encoder, SANet(widths), Mirror(widths, {"relu4_1": 8}, "relu4_1")).eval()
    for size in ((24, 31), (3, 90)):
        assert painted(model, torch.rand(1, 3, 33, 50), Style(image=torch.rand(1, 3, *size))).isfinite().all()
