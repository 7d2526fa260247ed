import numpy as np
import pytest
import torch
from PIL import Image, ImageCms

from txst.images import PictureError, contact_sheet, open_picture, save_picture
from txst.layers.tensors import pad_to_multiple, to_picture, to_tensor


def noise(*shape):
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


def test_a_tensor_comes_back_as_the_same_picture():
    image = Image.fromarray(noise(13, 17, 3))
    assert np.array_equal(np.asarray(to_picture(to_tensor(image))), np.asarray(image))


@pytest.mark.parametrize("size", [(1, 1), (7, 16), (16, 16), (17, 40)])
def test_padding_gives_multiples_and_leaves_the_picture_in_the_corner(size):
    x = torch.rand(1, 3, *size)
    padded = pad_to_multiple(x, 8)
    assert padded.shape[-2] % 8 == padded.shape[-1] % 8 == 0
    assert min(padded.shape[-2:]) >= 16
    assert padded[..., : size[0], : size[1]].equal(x)


def test_padding_reflects():
    row = torch.arange(6.0).view(1, 1, 1, 6).expand(1, 1, 6, 6)
    assert pad_to_multiple(row, 4)[0, 0, 0].tolist() == [0, 1, 2, 3, 4, 5, 4, 3]


def test_exif_turns_the_picture(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by a quarter
    Image.fromarray(noise(10, 20, 3)).save(tmp_path / "turned.jpg", exif=exif)
    assert open_picture(tmp_path / "turned.jpg").size == (10, 20)


def test_sixteen_bits_keep_their_tones(tmp_path):
    deep = np.linspace(0, 65535, 64 * 8).reshape(8, 64).astype(np.uint16)
    Image.fromarray(deep).save(tmp_path / "deep.png")
    shallow = np.asarray(open_picture(tmp_path / "deep.png"))[..., 0]
    assert np.abs(shallow - deep / 257).max() < 1


def test_an_embedded_profile_is_applied(tmp_path):
    lab_free = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    Image.fromarray(noise(8, 8, 3)).save(tmp_path / "srgb.png", icc_profile=lab_free)
    same = np.asarray(open_picture(tmp_path / "srgb.png")).astype(int)
    assert np.abs(same - noise(8, 8, 3)).max() <= 1
    Image.fromarray(noise(8, 8, 3)).save(tmp_path / "broken.png", icc_profile=b"no profile")
    assert open_picture(tmp_path / "broken.png").mode == "RGB"


@pytest.mark.parametrize("mode", ["L", "P", "CMYK", "1", "RGBA", "LA"])
def test_every_mode_becomes_rgb_with_its_transparency(tmp_path, mode):
    suffix = "jpg" if mode == "CMYK" else "png"
    Image.fromarray(noise(8, 8, 4 if "A" in mode else 3)).convert(mode).save(tmp_path / f"picture.{suffix}")
    assert open_picture(tmp_path / f"picture.{suffix}").mode == ("RGBA" if "A" in mode else "RGB")


def test_what_is_no_picture_is_named(tmp_path):
    (tmp_path / "text.jpg").write_text("not a picture")
    with pytest.raises(PictureError, match=r"text\.jpg: not a picture"):
        open_picture(tmp_path / "text.jpg")
    with pytest.raises(PictureError, match=f"{tmp_path}: is a directory"):
        open_picture(tmp_path)
    with pytest.raises(PictureError, match="no such file"):
        open_picture(tmp_path / "absent.jpg")
    Image.fromarray(noise(64, 64, 3)).save(tmp_path / "whole.jpg")
    (tmp_path / "cut.jpg").write_bytes((tmp_path / "whole.jpg").read_bytes()[:900])
    with pytest.raises(PictureError, match="cut short"):
        open_picture(tmp_path / "cut.jpg")


def test_a_failed_save_leaves_what_was_there(tmp_path):
    target = tmp_path / "picture.png"
    save_picture(Image.new("RGB", (4, 4)), target)
    before = target.read_bytes()
    with pytest.raises((ValueError, OSError)):
        save_picture(Image.new("HSV", (4, 4)), target)  # PNG knows no such mode
    assert target.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["picture.png"]


def test_a_row_of_a_sheet_is_as_high_as_its_highest_picture():
    wide, square = Image.new("RGB", (80, 20), "red"), Image.new("RGB", (40, 40), "blue")
    sheet = contact_sheet([[wide, wide], [wide, square]], 60, ["a", "b"], ["c", "d"])
    assert sheet.size == (2 * (60 + 4) + 30, 60 // 6 + (15 + 4) + (60 + 4))
    colours = np.asarray(sheet).astype(int)
    red = np.flatnonzero((colours[:, 40] == (255, 0, 0)).all(1))
    assert red.tolist() == [*range(10, 25), *range(29 + 22, 29 + 37)]  # the second is in the middle of its row
