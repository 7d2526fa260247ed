"""Attention begins with what matches: a style that holds the photo's own places gives them back, wherever they are."""

import pytest
import torch

from txst.layers.attention import joined_keys
from txst.training.attention_start import begin_with_matches, merged
from txst.transfers.adaattn import AdaAttN
from txst.transfers.sanet import SANet
from txst.types import Style

WIDTHS = {"fine": 24, "deep": 24}


def encoder(images):
    """Maps whose places differ: the image's own pixels in fixed mixtures."""
    draw = torch.Generator().manual_seed(5)
    mixed = {}
    for name, size in (("fine", 8), ("deep", 4)):
        x = torch.nn.functional.adaptive_avg_pool2d(images, size)
        mixed[name] = torch.einsum("bchw,dc->bdhw", x.sin(), torch.randn(24, x.shape[1], generator=draw)).relu()
    return mixed


def pictures(seed, count=4):
    return 3 * torch.randn(count, 20, 8, 8, generator=torch.Generator().manual_seed(seed))


@pytest.fixture(params=[SANet, AdaAttN])
def transfer(request):
    torch.manual_seed(0)
    return request.param(WIDTHS)


@torch.no_grad()
def test_each_place_finds_its_like(transfer):
    begin_with_matches(transfer, encoder, [(pictures(0), pictures(1))])
    photo = pictures(2, 1)
    moved = photo.roll((2, 3), (2, 3))
    prepared = transfer.prepare_style(Style(image=moved), encoder)
    query = transfer.attend["fine"].query(keys(transfer, encoder(photo))).flatten(2)
    found = (query.mT @ prepared["fine.key"]).argmax(-1).view(8, 8)
    same = found == torch.arange(64).view(8, 8).roll((-2, -3), (0, 1))
    assert same.float().mean() > 0.8  # a product prefers places that stand out, too


def keys(transfer, content):
    layers = transfer.seen_by("fine") if isinstance(transfer, AdaAttN) else ["fine"]
    return joined_keys(content, layers, (8, 8))


@torch.no_grad()
def test_the_merged_layers_are_nearer_to_the_styled_one_than_by_chance(transfer):
    unseen = pictures(3), pictures(4)

    def apart():
        given, wanted = merged(transfer, encoder, *unseen)
        return (transfer.merge.conv(given) - wanted).square().mean() / wanted.var()

    by_chance = apart()
    begin_with_matches(transfer, encoder, [(pictures(i), pictures(i + 1)) for i in range(10, 40, 2)])
    assert apart() < 0.6 < by_chance


def test_without_a_pair_it_is_said(transfer):
    with pytest.raises(ValueError, match="there is none"):
        begin_with_matches(transfer, encoder, [])
