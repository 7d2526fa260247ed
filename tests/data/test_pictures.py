import io
import random

import numpy as np
import pytest
import torch
from drawn import drawn, encoded
from PIL import Image, ImageCms

from txst.data.pictures import UNREADABLE, decode, draft, inspect, to_jpeg


def opened(data):
    return Image.open(io.BytesIO(data))


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_truncated_picture_is_found_out(kind):
    data = encoded(drawn(0, (300, 300)), kind)
    inspect(data, 64)
    with pytest.raises(UNREADABLE):
        inspect(data[: len(data) * 3 // 4], 64)


def test_what_is_no_picture_is_called_so():
    with pytest.raises(ValueError, match="not a picture"):
        inspect(b"<html>404</html>", 64)


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_huge_and_tiny_pictures_are_refused_with_their_size(monkeypatch):
    with pytest.raises(ValueError, match="too small: 96 x 40"):
        inspect(encoded(drawn(0, (96, 40))), 64)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 5000)
    with pytest.raises(ValueError, match="too large: 96 x 80"):
        inspect(encoded(drawn(0)), 64)


def test_a_good_jpeg_keeps_its_bytes():
    data = encoded(drawn(0))
    assert to_jpeg(data, 80) is data
    assert to_jpeg(data, 0) is data


def test_a_larger_picture_is_shrunk_to_the_size():
    picture = drawn(0, (400, 300))
    small = opened(to_jpeg(encoded(picture, quality=95), 75))
    assert small.size == (100, 75)
    wanted = np.asarray(picture.resize((100, 75), Image.Resampling.LANCZOS), float)
    assert np.abs(np.asarray(small, float) - wanted).mean() < 4


@pytest.mark.parametrize("mode", ["L", "CMYK", "P", "LA", "RGBA"])
def test_every_mode_becomes_a_jpeg_of_the_same_look(mode):
    picture = drawn(0).quantize(dither=Image.Dither.NONE) if mode == "P" else drawn(0).convert(mode)
    data = encoded(picture, "TIFF" if mode == "CMYK" else "PNG")
    jpeg = opened(to_jpeg(data, 0))
    assert (jpeg.format, jpeg.mode, jpeg.size) == ("JPEG", "RGB", picture.size)
    assert np.abs(np.asarray(jpeg, float) - np.asarray(picture.convert("RGB"), float)).mean() < 10


def test_transparency_is_laid_on_white():
    clear = Image.new("RGBA", (80, 80), (0, 0, 0, 0))
    assert np.asarray(opened(to_jpeg(encoded(clear, "PNG"), 0))).min() > 250


def test_a_foreign_colour_profile_is_converted_and_srgb_is_kept():
    srgb = encoded(drawn(0), icc_profile=ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    assert to_jpeg(srgb, 0) is srgb
    lab = encoded(drawn(0), icc_profile=ImageCms.ImageCmsProfile(ImageCms.createProfile("XYZ")).tobytes())
    assert to_jpeg(lab, 0) is not lab


def test_fast_decoding_gives_the_picture_that_slow_decoding_gives():
    picture = drawn(0, (640, 512))
    fast = decode(encoded(picture, quality=95), 64, 64, None)  # decoded at an eighth
    slow = decode(encoded(picture, "PNG"), 64, 64, None)
    assert (fast - slow).abs().mean() < 0.01
    assert (fast - slow).abs().max() < 0.1


@pytest.mark.parametrize(("side", "decoded"), [(64, (80, 64)), (65, (160, 128)), (256, (320, 256)), (600, (640, 512))])
def test_decoding_is_scaled_down_as_far_as_the_side_allows(side, decoded):
    image = opened(encoded(drawn(0, (640, 512))))
    draft(image, side)
    assert image.size == decoded


def test_the_square_is_of_the_resized_picture():
    picture = drawn(0, (200, 100))
    whole = np.asarray(picture.resize((100, 50), Image.Resampling.BICUBIC))
    square = decode(encoded(picture, "PNG"), 30, 50, None)
    wanted = torch.from_numpy(whole[10:40, 35:65].copy()).permute(2, 0, 1) / 255
    assert (square - wanted)[:, 2:-2, 2:-2].abs().max() < 0.02


def test_random_squares_are_resized_as_pillow_does():
    picture = drawn(0, (80, 80))
    for size in (50, 80, 120):
        wanted = np.asarray(picture.resize((size, size), Image.Resampling.BICUBIC))
        square = decode(encoded(picture, "PNG"), size, size, random.Random(0), mirror=False)
        wanted = torch.from_numpy(wanted.copy()).permute(2, 0, 1) / 255
        assert (square - wanted).abs().max() < 0.01


def test_a_turned_photo_is_set_upright():
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by a quarter, clockwise
    upright = drawn(0).transpose(Image.Transpose.ROTATE_270)
    turned = decode(encoded(drawn(0), exif=exif, quality=95), 80, 80, None)
    assert (turned - decode(encoded(upright, quality=95), 80, 80, None)).abs().mean() < 0.02


def test_crops_are_random_mirrored_at_times_and_within_range():
    data = encoded(drawn(0))
    rng = random.Random(0)
    crops = torch.stack([decode(data, 32, 48, rng) for _ in range(20)])
    assert crops.shape == (20, 3, 32, 32)
    assert crops.min() >= 0
    assert crops.max() <= 1
    assert len({crop.numpy().tobytes() for crop in crops}) == 20
    whole = [decode(encoded(drawn(0, (80, 80))), 80, 80, rng) for _ in range(20)]
    assert len({crop.numpy().tobytes() for crop in whole}) == 2  # the picture and its mirror image
