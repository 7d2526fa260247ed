"""Pictures in Python: what goes in as numbers, or as several pictures, comes out as the same."""

import numpy as np
import pytest
import torch
from PIL import Image

from txst import Stylist
from txst.images import PictureError


@pytest.fixture(scope="module")
def stylist():
    return Stylist.from_pretrained("small")


def random(*shape, seed=0):
    return np.random.default_rng(seed).random(shape)


def planes(pixels):
    return torch.from_numpy(pixels).permute(2, 0, 1)


def in_bytes(*shape, seed=0):
    return (random(*shape, seed=seed) * 255).astype(np.uint8)


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64])
def test_floats_that_nothing_changes_are_those_that_came(stylist, kind, channels):
    given = random(9, 14, channels).astype(kind)
    expected = np.broadcast_to(given, (9, 14, max(3, channels)))
    for picture in (given, planes(given)):
        kept = stylist(picture, "claude monet", strength=0)
        assert kept.dtype == picture.dtype
        assert np.array_equal(kept if picture is given else kept.permute(1, 2, 0), expected)


def test_floats_outside_a_mask_are_those_that_came_and_inside_they_are_painted(stylist):
    given, mask = random(9, 14, 3), np.zeros((9, 14))
    mask[:, 7:] = 1
    painted = stylist(given, "claude monet", strength=mask)
    assert np.array_equal(painted[:, :7], given[:, :7])
    in_eight_bits = stylist((given * 255).round().astype(np.uint8), "claude monet") / 255
    assert np.abs(painted - in_eight_bits)[:, 7:].max() <= 0.5 / 255 + 1e-9


def test_tensors_keep_their_type_and_a_gradient_does_not_stand_in_the_way(stylist):
    for kind in (torch.bfloat16, torch.float16):
        given = torch.rand(3, 9, 14).to(kind)
        assert stylist(given, "claude monet", strength=0).equal(given)
        assert stylist(given, "claude monet").dtype == kind
    assert stylist(torch.rand(3, 9, 14, requires_grad=True), "claude monet").shape == (3, 9, 14)


def test_a_shrunk_picture_of_floats_is_of_the_smaller_size(stylist):
    assert stylist(random(10, 20, 3), "claude monet", max_side=10).shape == (5, 10, 3)


@pytest.mark.parametrize("channels", [3, 4])
def test_a_batch_is_its_pictures_each_to_the_bit(stylist, channels):
    batch = in_bytes(3, 9, 14, channels)
    alone = [stylist(pixels, "claude monet", detail=0.5) for pixels in batch]
    assert np.array_equal(stylist(batch, "claude monet", detail=0.5), alone)
    tensor = stylist(torch.from_numpy(batch).permute(0, 3, 1, 2), "claude monet", detail=0.5)
    assert np.array_equal(tensor.permute(0, 2, 3, 1), alone)


def test_a_list_is_painted_as_a_list_of_the_same_things_of_any_sizes(stylist, tmp_path):
    file, image, array = tmp_path / "one.png", Image.fromarray(in_bytes(12, 10, 3)), random(7, 5, 3)
    image.save(file)
    painted = stylist([file, str(file), image, array, planes(array)], "claude monet")
    assert all(isinstance(one, Image.Image) for one in painted[:3])
    assert [type(one) for one in painted[3:]] == [np.ndarray, torch.Tensor]
    assert len({one.tobytes() for one in painted[:3]}) == 1
    assert np.array_equal(painted[4].permute(1, 2, 0), painted[3])


def test_a_picture_of_a_batch_that_cannot_be_painted_is_named(stylist, tmp_path):
    with pytest.raises(PictureError, match=r"picture 1 of the batch: .*nowhere\.png"):
        stylist([in_bytes(9, 14, 3), tmp_path / "nowhere.png"], "claude monet")


def test_an_empty_batch_is_an_empty_batch(stylist):
    assert stylist([], "claude monet") == []
    assert stylist(np.zeros((0, 8, 8, 3), np.uint8), "claude monet").shape == (0, 8, 8, 3)
    assert stylist(torch.zeros(0, 3, 8, 8), "claude monet").shape == (0, 3, 8, 8)


@pytest.mark.parametrize("batch", [np.zeros((2, 2, 8, 8, 3)), np.zeros((2, 8, 8, 2)), torch.zeros(2, 5, 8, 8)])
def test_what_is_no_batch_of_pictures_is_refused(stylist, batch):
    with pytest.raises(PictureError, match="no picture"):
        stylist(batch, "claude monet")
