"""Regions in one pass, of the methods that attend to places of style pictures."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from txst import Stylist
from txst.backends.pytorch import TorchBackend
from txst.decoders.adaattn import SkipMirror
from txst.decoders.adain import Mirror
from txst.encoders.null_text import NullTextEncoder
from txst.encoders.vgg import VGG
from txst.inference import styles, tiles
from txst.layers.tensors import pad_to_multiple
from txst.models.stylizer import Stylizer
from txst.models.stytr2 import StyTr2
from txst.transfers.adaattn import AdaAttN
from txst.transfers.sanet import SANet

HEIGHT, WIDTH = 45, 171  # no multiples of anything
MIDDLE = 85
LAYERS, PLACES = ["relu2_1", "relu3_1"], 100
SEEN = 40  # so far a place is seen in what is painted, by StyTr2's decoder


def built(method):
    if method == "stytr2":
        return StyTr2(width=16, heads=4, hidden=24, depth=2, grid=3)
    encoder = VGG(["relu1_1", "relu2_1", "relu3_1"], [6, 6, 6])
    if method == "sanet":
        transfer = SANet(encoder.widths, LAYERS, PLACES)
        return Stylizer(encoder, transfer, Mirror(encoder.widths, encoder.strides, LAYERS[0]))
    transfer = AdaAttN(encoder.widths, LAYERS, list(encoder.widths), PLACES)
    return Stylizer(encoder, transfer, SkipMirror(encoder.widths, encoder.strides, LAYERS))


@pytest.fixture(params=["sanet", "adaattn", "stytr2"])
def painter(request, monkeypatch):
    """A method with random weights, whose paintings have contrast and depend on the style."""
    monkeypatch.setattr(styles, "SIDE_WITHOUT_PALETTE", 48)
    model = built(request.param)
    for name, parameter in model.named_parameters():
        parameter.data *= 2 if "attend" in name and "transfer" in name else 1
    painter = TorchBackend(model, NullTextEncoder(), "cpu")
    pale = torch.from_numpy(painter.paint(planes(PHOTO), painter.prepare_style(painter.image_code(planes(ONE)))))[0]
    last = [layer for layer in model.modules() if getattr(layer, "out_channels", 0) == 3][-1]
    steep = 0.2 / pale.std()
    last.weight.data *= steep
    last.bias.data = 0.5 - steep * (pale.mean((1, 2)) - last.bias.data)
    return painter


@pytest.fixture
def stylist(painter):
    return Stylist(painter, Path("none"))


def planes(image, dtype=np.float32):
    return np.asarray(image, dtype).transpose(2, 0, 1)[None] / 255


def picture(seed, width=WIDTH, height=HEIGHT):
    blocks = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    return Image.fromarray(blocks).resize((width, height), Image.Resampling.BICUBIC)


PHOTO, ONE, OTHER = picture(0), picture(1, 40, 56), picture(2, 48, 40)


def mask(left=0, right=WIDTH):
    """White between two columns."""
    image = Image.new("L", (WIDTH, HEIGHT))
    image.paste(255, (left, 0, right, HEIGHT))
    return image


def furthest(a, b, left=0, right=None):
    return np.abs(np.asarray(a, int)[:, left:right] - np.asarray(b, int)[:, left:right]).max()


def test_by_place_each_style_is_where_it_counts_as_if_it_were_alone(painter):
    painter.model.double()
    photo, *shown = (planes(image, np.float64) for image in (PHOTO, ONE, OTHER))
    prepared = [painter.prepare_style(painter.image_code(picture)) for picture in shown]
    alone = [painter.paint(photo, style) for style in prepared]
    assert np.abs(alone[0] - alone[1]).max() > 0.02

    def paint(shares, styles=prepared):
        shares = np.broadcast_to(shares, (1, 2, HEIGHT, WIDTH)).astype(np.float64)
        return painter.paint(photo, painter.mix_by_place(styles, shares))

    white, black = np.array([0.0, 1]).reshape(1, 2, 1, 1), np.array([1.0, 0]).reshape(1, 2, 1, 1)
    same = {"rtol": 0, "atol": 2e-7}  # what is painted is float32
    np.testing.assert_allclose(paint(white), alone[1], **same)
    np.testing.assert_allclose(paint(black), alone[0], **same)
    left = (np.arange(WIDTH) < MIDDLE) * 1.0
    halves = paint(np.stack([left, 1 - left])[None, :, None])
    near, far = MIDDLE - SEEN, MIDDLE + SEEN
    np.testing.assert_allclose(halves[..., :near], alone[0][..., :near], **same)
    np.testing.assert_allclose(halves[..., far:], alone[1][..., far:], **same)
    np.testing.assert_allclose(paint(0.5 + left[None, None] / 3, [prepared[0]] * 2), alone[0], **same)


def test_masks_are_grown_as_the_photo_is(painter):
    prepared = [painter.prepare_style(painter.image_code(planes(picture))) for picture in (ONE, OTHER)]
    photo = torch.from_numpy(planes(PHOTO))
    mask = torch.linspace(0, 1, WIDTH).expand(1, 1, HEIGHT, WIDTH) ** 2
    shares = torch.cat([mask, 1 - mask], 1)
    small, grown = (
        painter.paint(image.numpy(), painter.mix_by_place(prepared, masks.numpy()))[..., :HEIGHT, :WIDTH]
        for image, masks in ((photo, shares), [pad_to_multiple(x, painter.model.stride) for x in (photo, shares)])
    )
    np.testing.assert_allclose(small, grown, atol=1e-6)


def test_regions_are_painted_in_one_pass_each_in_its_style(stylist, monkeypatch):
    alone = [stylist(PHOTO, style_image=style) for style in (ONE, OTHER)]
    assert min(furthest(*alone, right=MIDDLE - SEEN), furthest(*alone, left=MIDDLE + SEEN)) > 3
    calls, paint = [], stylist.painter.paint
    monkeypatch.setattr(stylist.painter, "paint", lambda *given: calls.append(given) or paint(*given))
    regions = [(mask(), OTHER), (mask(0, MIDDLE), PHOTO), (mask(0, MIDDLE), ONE)]  # later ones lie above
    painted = stylist(PHOTO, style_image=PHOTO, regions=regions)
    assert len(calls) == 1
    assert furthest(painted, alone[0], right=MIDDLE - SEEN) <= 1
    assert furthest(painted, alone[1], left=MIDDLE + SEEN) <= 1
    assert furthest(stylist(PHOTO, style_image=ONE, regions=[(mask(), OTHER)]), alone[1]) <= 1
    with pytest.warns(UserWarning, match="black all over"):
        assert furthest(stylist(PHOTO, style_image=ONE, regions=[(mask(0, 0), OTHER)]), alone[0]) <= 1


def test_outside_all_regions_the_photo_stays(stylist):
    painted = stylist(PHOTO, regions=[(mask(0, 60), ONE), (mask(110), OTHER)])
    assert furthest(painted, PHOTO, 65, 105) == 0
    for left, right, style in ((0, 60 - SEEN, ONE), (110 + SEEN, WIDTH, OTHER)):
        assert furthest(painted, stylist(PHOTO, style_image=style), left, right) <= 1
    assert furthest(stylist(PHOTO, regions=[(mask(0, 60), ONE)], strength=0), PHOTO) == 0


def test_grey_lies_between_the_styles(stylist):
    """However much better one of them fits: what is found of both is mixed, and not what they show."""
    alone = [np.asarray(stylist(PHOTO, style_image=style), float) for style in (ONE, OTHER)]
    grey = Image.new("L", PHOTO.size, 128)
    between = np.asarray(stylist(PHOTO, style_image=ONE, regions=[(grey, OTHER)]), float)
    near, far = np.abs(between - alone[0]).mean(), np.abs(alone[1] - alone[0]).mean()
    assert 0.25 * far < near < 0.75 * far


def test_a_region_may_hold_a_mix(stylist):
    mix = [(ONE, 1), (OTHER, 3)]
    painted = stylist(PHOTO, style_image=ONE, regions=[(mask(MIDDLE), mix)])
    assert furthest(painted, stylist(PHOTO, mix=mix), left=MIDDLE + SEEN) <= 1


def test_tiles_see_their_part_of_the_masks(stylist, monkeypatch):
    photo = picture(0, 105, 65)
    regions = [(mask(left).resize(photo.size), style) for left, style in ((40, OTHER), (90, ONE))]
    given = {"style_image": ONE, "regions": regions, "stroke": 0.5}  # a copy of twice the size
    whole = stylist(photo, **given)
    measure, tiled, in_tiles = tiles.measure, [], tiles.in_tiles
    monkeypatch.setattr(tiles, "measure", lambda *given: measure(*given[:4], 1e12))  # statistics of the whole
    monkeypatch.setattr(tiles, "in_tiles", lambda *given: tiled.append(given) or in_tiles(*given))
    stylist.memory = 1
    assert furthest(stylist(photo, **given), whole) <= 1
    assert bool(tiled) == (not stylist.painter.whole)


def test_a_strength_a_reference_and_a_stroke_go_with_regions(stylist):
    regions = [(mask(MIDDLE), OTHER)]
    faded = stylist(PHOTO, style_image=ONE, regions=regions, strength=mask(0, MIDDLE))
    assert furthest(faded, PHOTO, left=MIDDLE + 6) == 0
    large = stylist(PHOTO, style_image=ONE, regions=regions, stroke=2)
    assert furthest(large, stylist(PHOTO, style_image=OTHER, stroke=2), left=MIDDLE + 2 * SEEN) <= 1
    if not stylist.painter.whole:
        held = [stylist(PHOTO, style_image=s, reference_frame=picture(3)) for s in (ONE, OTHER)]
        both = stylist(PHOTO, style_image=ONE, regions=regions, reference_frame=picture(3))
        assert furthest(both, held[0], right=MIDDLE - SEEN) <= 1
        assert furthest(both, held[1], left=MIDDLE + SEEN) <= 1
