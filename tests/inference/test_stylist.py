import numpy as np
import pytest
import torch
from PIL import Image

from txst import Stylist
from txst.images import PictureError


@pytest.fixture(scope="module")
def stylist(model_folder):
    return Stylist.from_pretrained(model_folder, device="cpu")


def photo(width=37, height=26, mode="RGB"):
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, 4), dtype=np.uint8)
    return Image.fromarray(pixels).convert(mode)


@pytest.mark.parametrize("size", [(37, 26), (1, 1), (200, 3), (64, 64)])
def test_the_painting_has_the_size_of_the_photo(stylist, size):
    assert stylist(photo(*size), "monet").size == size


def test_same_input_same_bytes(stylist):
    assert stylist(photo(), "monet").tobytes() == stylist(photo(), "monet").tobytes()


def test_another_name_paints_otherwise(stylist):
    assert stylist(photo(), "monet").tobytes() != stylist(photo(), "hokusai").tobytes()


def test_transparency_is_carried_through(stylist):
    image = photo(mode="RGBA")
    assert stylist(image, "monet").getchannel("A").tobytes() == image.getchannel("A").tobytes()


def test_a_picture_can_stand_for_the_style(stylist):
    image = stylist(photo(), style_image=photo(60, 60))
    assert image.size == (37, 26)
    assert image.tobytes() != stylist(photo(), style_image=Image.new("RGB", (60, 60), "red")).tobytes()


def test_strength_lies_between_photo_and_style(stylist):
    full, half, none = (np.asarray(stylist(photo(), "monet", strength=s)).astype(int) for s in (1, 0.5, 0))
    assert np.abs(half - full).mean() < np.abs(none - full).mean()


def test_bad_arguments_are_named(stylist, tmp_path):
    with pytest.raises(ValueError, match=r"strength is 1\.5"):
        stylist(photo(), "monet", strength=1.5)
    with pytest.raises(ValueError, match="either"):
        stylist(photo())
    with pytest.raises(ValueError, match="either"):
        stylist(photo(), "monet", style_image=photo())
    with pytest.raises(ValueError, match="empty"):
        stylist(photo(), "  ")
    with pytest.raises(PictureError, match="no such file"):
        stylist(tmp_path / "absent.jpg", "monet")


def forbidden(*_, **__):
    raise AssertionError("computed")


def test_what_depends_on_the_style_alone_is_worked_out_once(stylist, monkeypatch):
    stylist(photo(), "paul klee")
    monkeypatch.setattr(stylist.painter.clip, "text", forbidden)
    monkeypatch.setattr(stylist.painter.model, "prepare_style", forbidden)
    for spread in stylist.painter.model.transfer.tokens.values():
        monkeypatch.setattr(spread, "forward", forbidden)
    stylist(photo(10, 10), "paul klee")


def test_a_style_picture_is_looked_at_once_until_it_changes(stylist, monkeypatch, tmp_path):
    file = tmp_path / "style.png"
    photo(60, 60).save(file)
    first = stylist(photo(), style_image=file)
    with monkeypatch.context() as patch:
        patch.setattr(stylist.painter.model, "prepare_style", forbidden)
        patch.setattr(stylist.painter.clip, "forward", forbidden)
        assert stylist(photo(), style_image=file).tobytes() == first.tobytes()
    Image.new("RGB", (60, 60), "red").save(file)
    assert stylist(photo(), style_image=file).tobytes() != first.tobytes()


TURNED = {  # orientation of EXIF -> the pixels as they are to be seen
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.transpose(1, 0, 2),
    6: lambda a: np.rot90(a, -1),
    7: lambda a: a[::-1, ::-1].transpose(1, 0, 2),
    8: np.rot90,
}


@pytest.mark.parametrize("orientation", TURNED)
def test_a_turned_photo_is_painted_as_it_is_to_be_seen(stylist, tmp_path, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    photo().save(tmp_path / "turned.png", exif=exif)
    meant = Image.fromarray(np.ascontiguousarray(TURNED[orientation](np.asarray(photo()))))
    painted = stylist(tmp_path / "turned.png", "monet")
    assert painted.tobytes() == stylist(meant, "monet").tobytes()
    assert not painted.getexif()  # nor will a viewer turn it again


@pytest.mark.parametrize("where", ["gpu", "cpu"])
def test_a_device_without_memory_is_answered_with_a_smaller_size(stylist, monkeypatch, where):
    stylist(photo(), "monet")

    def full(*_, **__):
        if where == "gpu":
            raise torch.OutOfMemoryError("out of memory")
        return torch.empty(10**15)

    monkeypatch.setattr(stylist.painter.model, "forward", full)
    with pytest.raises(PictureError, match=r"37 x 26 pixels .* the memory of cpu: shrink it \(max_side=18\)"):
        stylist(photo(), "monet")


def test_the_photo_is_not_embedded_to_be_painted(stylist, monkeypatch):
    monkeypatch.setattr(stylist.painter.clip, "forward", forbidden)
    stylist(photo(), "paul cezanne")
    with pytest.raises(AssertionError, match="computed"):
        stylist(photo(), style_image=photo(62, 60))


def test_what_is_understood_of_a_style_is_told(stylist):
    described = Stylist.from_pretrained().describe("dark monnet in paris")
    assert described == 'claude monet (artist) + dark (look); "paris" has no meaning for a style'
    assert stylist.describe("a dark horse") == "a dark horse (a text that the model reads as a whole)"
