"""What holds for every decoder: a new yaml in conf/decoder is under test at once."""

import pytest
import torch
from hydra.utils import instantiate
from small import CONF

from txst.decoders.adain import Mirror
from txst.decoders.paint_mix import PaintMixDecoder
from txst.decoders.txst_released import TxSTReleased

DECODERS = sorted(path.stem for path in CONF.glob("decoder/*.yaml"))


@pytest.fixture(params=["pyramid", "bank"])
def cfg(request, config):
    return lambda decoder: config(f"encoder={request.param}", "transfer=adain", f"decoder={decoder}")


@pytest.fixture(params=DECODERS)
def decoder(request, cfg):
    return instantiate(cfg(request.param).decoder, _convert_="all")


@pytest.fixture
def features(cfg):
    composed = cfg("pyramid")
    return {
        k: torch.randn(2, c, 32 // composed.strides[k], 48 // composed.strides[k]) for k, c in composed.styled.items()
    }


@pytest.fixture
def paint(cfg, decoder, features):
    """Decodes the features, for a style where the decoder wants to know it."""
    embedding = torch.randn(2, cfg("pyramid").style_width) if decoder.reads_embedding else None
    return lambda: decoder(features, embedding)


def test_paints_a_picture_of_full_size(paint):
    assert paint().shape == (2, 3, 32, 48)


def test_every_weight_gets_a_gradient(decoder, paint):
    paint().square().mean().backward()
    assert [n for n, p in decoder.named_parameters() if p.grad is None] == []


def test_the_mirror_has_as_many_weights_as_published():
    assert sum(p.numel() for p in Mirror({"relu4_1": 512}, {"relu4_1": 8}).parameters()) == 3_505_219


def test_finer_layers_join_a_mirror_where_it_has_their_size_and_change_nothing_at_first():
    widths, strides = {"a": 4, "b": 8, "c": 16}, {"a": 2, "b": 4, "c": 8}
    skipping = Mirror(widths, strides, skips=True)
    features = {name: torch.randn(2, width, 48 // strides[name], 32 // strides[name]) for name, width in widths.items()}
    plain = Mirror(widths, strides)
    plain.load_state_dict(skipping.state_dict(), strict=False)
    assert plain(features).equal(skipping(features))
    skipping(features).square().mean().backward()
    assert {name: bool(join.weight.grad.any()) for name, join in skipping.skips.items()} == {"a": True, "b": True}


def test_the_released_decoder_wants_three_doubling_strides():
    with pytest.raises(ValueError, match=r"strides are \[4, 8, 8\]"):
        TxSTReleased({"a": 1, "b": 1, "c": 1}, {"a": 4, "b": 8, "c": 8})


def test_four_pixels_of_a_place_start_out_equal():
    from txst.decoders.shuffle import Shuffle

    decoder = Shuffle({"a": 8, "b": 12}, {"a": 2, "b": 4})
    picture = decoder({"a": torch.rand(1, 8, 6, 7), "b": torch.rand(1, 12, 3, 4)})
    assert picture.shape == (1, 3, 12, 14)
    for i, j in ((0, 1), (1, 0), (1, 1)):
        torch.testing.assert_close(picture[..., i::2, j::2], picture[..., ::2, ::2])


def test_smooth_growth_leaves_no_block_in_a_slope():
    from txst.decoders.smooth import Smooth

    decoder = Smooth({"a": 8, "b": 12}, {"a": 2, "b": 4})
    slope = torch.linspace(0, 1, 16).expand(1, 12, 16, 16)
    picture = decoder({"a": torch.zeros(1, 8, 32, 32), "b": slope})[0, :, 24:40, 16:48]  # away from the border
    steps = picture.diff(dim=2)
    at_blocks, within = steps[..., 3::4].abs().mean(), steps[..., 1::4].abs().mean()
    assert 0 < at_blocks < 3 * within


def test_smooth_is_cheap_at_full_resolution():
    from txst.decoders.smooth import Smooth

    decoder = Smooth({"a": 32, "b": 96}, {"a": 2, "b": 4})
    assert [conv.out_channels for conv in decoder.polish] == [16]
    assert [conv.out_channels for conv in decoder.merge] == [32]


def test_the_paints_give_each_style_its_own_paints_and_strokes():
    decoder = PaintMixDecoder({"a": 8, "b": 8}, {"a": 4, "b": 8}, style_width=16, paints=4)
    blank = {"a": torch.zeros(1, 8, 16, 16), "b": torch.zeros(1, 8, 8, 8)}
    one, other = (decoder(blank, torch.nn.functional.normalize(torch.randn(1, 16), dim=1)) for _ in range(2))
    assert (one.mean((2, 3)) - other.mean((2, 3))).abs().max() > 0.02
    assert one.std((2, 3)).max() > 0.01, "nothing woven where the photo is blank"
