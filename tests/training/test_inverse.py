"""The inverse of VGG by least squares: each convolution is as good as any could be, and a photo comes back."""

import pytest
import torch

from txst.decoders.adaattn import SkipMirror
from txst.decoders.adain import Mirror
from txst.encoders.vgg import VGG
from txst.layers.reflect import ReflectConv
from txst.models.aams import AAMS
from txst.training.inverse import caught, every_map, invert, mirrored

LAYERS = {"relu1_1": (8, 1), "relu2_1": (16, 2), "relu3_1": (32, 4), "relu4_1": (64, 8)}


@pytest.fixture
def vgg():
    torch.manual_seed(0)
    return VGG(list(LAYERS), channels=(8, 16, 32, 64), convs=(2, 2, 3, 3), unit=True).eval()


def images(seed, count=8):
    draw = torch.Generator().manual_seed(seed)
    coarse = torch.rand(count, 4, 3, 6, 6, generator=draw)
    return [torch.nn.functional.interpolate(x, size=(48, 48), mode="bilinear") for x in coarse]


def mirror(kind):
    """A decoder, and how it draws features; AAMS's takes moments beside."""
    if kind is AAMS:
        model = AAMS(VGG(list(LAYERS), channels=(8, 16, 32, 64), convs=(2, 2, 3, 3)))
        return model.decoder, model.decode
    widths, strides = ({name: facts[i] for name, facts in LAYERS.items() if name > "relu3"} for i in (0, 1))
    return (made := kind(widths, strides)), made


@pytest.mark.parametrize("kind", [Mirror, SkipMirror, AAMS])
@torch.no_grad()
def test_a_photo_that_was_not_seen_comes_back(vgg, kind):
    (decoder, decode), seen, unseen = mirror(kind), images(0), images(1)[0]
    flat = (unseen - unseen.mean((2, 3), keepdim=True)).square().mean()
    invert(vgg, decoder, seen, decode=decode)
    assert (decode(vgg(unseen)) - unseen).square().mean() < 0.75 * flat  # of its differences from place to place
    # least squares: whichever way the last one is bent, what it was given explains the photos less well
    last = [layer for layer in decoder.modules() if isinstance(layer, ReflectConv)][-1]
    given = [
        (mirrored(found, last, x), x)
        for found in (every_map(vgg, y) for y in seen)
        for x in [caught(decode, found, last)]
    ]
    left = lambda: sum(float((y - last(x)).square().sum()) for y, x in given)  # noqa: E731
    best, draw = left(), torch.Generator().manual_seed(2)
    for _ in range(3):
        bend = 0.03 * last.weight.std() * torch.randn(last.weight.shape, generator=draw)
        for way in (bend, -2 * bend, bend):
            last.weight += way
            assert left() >= best * (1 - 1e-6)


def test_what_vgg_has_no_place_for_is_named(vgg):
    with pytest.raises(ValueError, match="no map of 5 channels and"):
        invert(vgg, Mirror({"relu4_1": 10}, {"relu4_1": 8}), images(0))
