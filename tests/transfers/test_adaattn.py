import numpy as np
import pytest
import torch
from by_formula import array, attention, conv3, fill, nearest, normed, numbers, pointwise

from txst.decoders.adaattn import SkipMirror
from txst.layers.ops import channel_stats
from txst.transfers.adaattn import AdaAttN
from txst.types import Style

CONTENT = {"a": numbers(1, 2, 8, 12), "b": numbers(1, 3, 4, 6, phase=1.0), "c": numbers(1, 3, 2, 3, phase=2.0)}
PICTURE = {
    "a": numbers(1, 2, 6, 4, phase=3.0),
    "b": numbers(1, 3, 3, 2, phase=4.0),
    "c": numbers(1, 3, 2, 1, phase=5.0),
}
WIDTHS = {"a": 2, "b": 3, "c": 3}


@pytest.fixture
def transfer():
    return fill(AdaAttN(WIDTHS, ["b", "c"], ["a", "b", "c"]), 2.0)


def styled(transfer, picture=PICTURE, content=CONTENT):
    return transfer(content, transfer.prepare_style(Style(features=picture), None))


def by_loops(block, name, layers):
    """One block's result from the description."""
    content, style = array(CONTENT[name][0]), array(PICTURE[name][0])
    query, key = (
        np.concatenate([normed(nearest(array(maps[layer][0]), x.shape[1:])) for layer in layers])
        for maps, x in ((CONTENT, content), (PICTURE, style))
    )
    weights = attention(pointwise(block.query, query), pointwise(block.key, key))
    values = pointwise(block.value, style).reshape(len(style), -1)
    mean, square = (np.zeros((len(content), len(weights))) for _ in range(2))
    for n in range(len(weights)):
        for m in range(weights.shape[1]):
            mean[:, n] += weights[n, m] * values[:, m]
            square[:, n] += weights[n, m] * values[:, m] ** 2
    std = np.sqrt(np.maximum(square - mean**2, 0))
    return std.reshape(content.shape) * normed(content) + mean.reshape(content.shape)


@torch.no_grad()
def test_agrees_with_loops_on_weights_by_a_formula(transfer):
    deep = by_loops(transfer.attend["c"], "c", "abc")
    fine = by_loops(transfer.attend["b"], "b", "ab")
    found = {name: x[0].double().numpy() for name, x in styled(transfer).items()}
    np.testing.assert_allclose(found["c"], deep, atol=1e-4)
    np.testing.assert_allclose(found["b"], conv3(transfer.merge.conv, fine + nearest(deep, (4, 6))), atol=1e-4)


@torch.no_grad()
def test_of_one_place_there_is_its_value_and_no_deviation(transfer):
    prepared = transfer.prepare_style(Style(features=PICTURE), None)
    one = {name: x[..., :1] for name, x in prepared.items()}
    torch.testing.assert_close(
        transfer(CONTENT, one)["c"], one["c.value"][..., None].expand_as(CONTENT["c"]), atol=1e-3, rtol=0
    )


@torch.no_grad()
def test_where_all_fits_alike_it_is_adain(transfer):
    for block in transfer.attend.values():
        block.key.weight.zero_()
    value = transfer.attend["c"].value(PICTURE["c"])
    mean, std = channel_stats(value, eps=0)
    content_mean, content_std = channel_stats(CONTENT["c"], correction=1)
    expected = (CONTENT["c"] - content_mean) / content_std * std + mean
    torch.testing.assert_close(styled(transfer)["c"], expected, atol=1e-4, rtol=1e-4)


@torch.no_grad()
def test_the_order_of_a_styles_places_does_not_matter():
    transfer = fill(AdaAttN(WIDTHS, ["c"]))
    turned = {"c": PICTURE["c"].flip(2).transpose(2, 3)}
    torch.testing.assert_close(styled(transfer, turned)["c"], styled(transfer)["c"], atol=1e-4, rtol=1e-4)


@torch.no_grad()
def test_of_a_large_style_the_same_places_are_looked_at_every_time():
    transfer = AdaAttN(WIDTHS, ["b", "c"], places=2)
    one, again = (transfer.prepare_style(Style(features=PICTURE), None) for _ in range(2))
    assert {x.shape[2] for x in one.values()} == {2}
    assert all(again[name].equal(x) for name, x in one.items())


def test_a_styled_layer_is_among_the_keys():
    with pytest.raises(ValueError, match="keys lacks 'c'"):
        AdaAttN(WIDTHS, ["b", "c"], ["a", "b"])


def test_has_as_many_weights_as_published():
    styled = {"relu3_1": 256, "relu4_1": 512, "relu5_1": 512}
    keys = {"relu1_1": 64, "relu2_1": 128, **styled}
    transfer = AdaAttN(keys, list(styled), list(keys))
    finest = sum(p.numel() for p in transfer.attend["relu3_1"].parameters())
    assert finest == 468_096
    assert sum(p.numel() for p in transfer.parameters()) - finest == 9_066_752
    decoder = SkipMirror(styled, {"relu3_1": 4, "relu4_1": 8, "relu5_1": 16})
    assert sum(p.numel() for p in decoder.parameters()) == 4_095_043


def test_the_decoder_says_which_layers_it_wants():
    with pytest.raises(ValueError, match=r"two styled layers of a, b, and not \['c'\]"):
        SkipMirror({"a": 2, "b": 2}, {"a": 1, "b": 2}, ["c"])
