"""Numbers of more than 8 bits and floats become 8 bits by the range that they really have, and keep their transparency."""

import numpy as np
import pytest
from made import page, png, tiff
from PIL import Image

from txst import Photo
from txst.images import notices, open_picture, read_picture

RNG = np.random.default_rng(0)
FLOATS = 339, ("H", (3,))


def deep(bits, *channels):
    return RNG.integers(0, 2**bits, (40, 50, *channels), dtype=np.uint16)


def floats(values):
    return tiff(page(np.asarray(values, np.float32), 1) | dict([FLOATS]))


def grey(data, **more):
    return np.asarray(open_picture(data, **more).convert("RGB"))[..., 0].astype(int)


def furthest(image, expected):
    return np.abs(np.asarray(image).astype(float) - expected).max()


RAMP = np.tile(np.linspace(0, 1, 256), (64, 1))


@pytest.mark.parametrize("top", [1.0, 1.01, 7.5, 1e6, np.nan, np.inf, -np.inf, -3.0])
@pytest.mark.parametrize("scale", [1, 255, 65535])
def test_one_odd_pixel_does_not_set_the_range_of_floats(scale, top):
    values = RAMP * scale
    values[0, 0] = top * scale
    assert np.abs(grey(floats(values)) - RAMP * 255)[1:].max() <= 0.5


@pytest.mark.parametrize("white", [1, 3.5, 255, 1023, 4095, 65535, 1e9])
def test_floats_are_read_by_their_range(white):
    assert np.abs(grey(floats(RAMP * white)) - RAMP * 255).max() <= 0.5


@pytest.mark.parametrize("values", [np.zeros((5, 6)), np.full((5, 6), np.nan), np.ones((1, 1)), np.full((5, 6), -1.0)])
def test_floats_that_say_nothing_are_read_all_the_same(values):
    assert set(np.unique(grey(floats(values)))) <= {0, 255}


@pytest.mark.parametrize("mode", ["F", "I", "I;16"])
def test_floats_and_deep_pictures_are_brought_to_8_bits_before_they_are_shrunk(mode):
    half = np.zeros((64, 256), {"F": np.float32, "I": np.int32, "I;16": np.uint16}[mode])
    half[:, 128:] = {"F": 1, "I": 65535, "I;16": 65535}[mode]
    data = floats(half) if mode == "F" else png(half.astype(np.uint16)[..., None], 0)
    for given in (data, Image.fromarray(half)):
        small = Photo.open(given, 100).pixels
        assert small.shape[:2] == (25, 100)
        assert abs(small.mean() - 127.5) < 2


@pytest.mark.parametrize("bits", [8, 10, 12, 14, 16])
@pytest.mark.parametrize("kind", [0, 2, 4, 6])
def test_a_png_of_16_bits_is_as_bright_as_the_bits_that_are_used(bits, kind):
    channels = {0: 1, 2: 3, 4: 2, 6: 4}[kind]
    pixels = deep(bits, channels)
    pixels[0, 0] = 2**bits - 1
    if kind in (4, 6):
        pixels[..., -1] = 65535
    colours = pixels[..., : 1 if channels < 3 else 3] / (2**bits - 1) * 255
    image = open_picture(png(pixels, kind))
    assert furthest(np.asarray(image)[..., :3], colours) <= 1
    told = notices(read_picture(png(pixels, kind)))
    assert [f"{2**bits - 1} is taken for white" in notice for notice in told] == [True] * (bits < 16)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("shape", [(), (3,)])
def test_a_tiff_of_12_in_16_bits_is_no_night(order, shape):
    pixels = deep(12, *shape)
    data = tiff(page(pixels.astype(f"{order}u2"), 2 if shape else 1), order=order)
    assert furthest(open_picture(data), (pixels if shape else pixels[..., None]) / 4095 * 255) <= 0.5


def test_white_may_be_zero_and_numbers_may_have_32_bits():
    pixels = deep(16)
    assert np.abs(grey(tiff(page(pixels, 0))) - (255 - pixels / 257)).max() <= 0.5
    large = pixels.astype(np.uint32) * 65537
    assert np.abs(grey(tiff(page(large, 1))) - pixels / 257).max() <= 1
    assert np.abs(grey(tiff(page(large[..., :1] * 0 + 7, 1))) - 7).max() <= 0


def test_a_dark_picture_that_was_made_of_8_bits_stays_dark():
    dark = RNG.integers(0, 4, (40, 50, 3), dtype=np.uint16)
    assert furthest(open_picture(png(dark * 257, 2)), dark) == 0
    assert furthest(open_picture(png(dark[..., :1] * 257, 0)), dark[..., :1]) == 0


@pytest.mark.parametrize("bits", [8, 12, 16])
@pytest.mark.parametrize("kind", [0, 2])
def test_a_colour_of_16_bits_that_stands_for_transparency_is_kept(bits, kind):
    pixels = deep(bits, 1 if kind == 0 else 3)
    pixels[0, 0] = 2**bits - 1
    key = pixels[3, 4]
    image = open_picture(png(pixels, kind, (b"tRNS", key.astype(">u2").tobytes())))
    assert image.mode == "RGBA"
    assert np.array_equal(np.asarray(image)[..., 3] == 0, (pixels == key).all(-1))
