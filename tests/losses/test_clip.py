import pytest
import torch
import torch.nn.functional as F

from txst.losses.clip_directional import ClipDirectional
from txst.losses.clip_patch import ClipPatch, homography, perspective_crops


def places(height, width):
    """A picture whose red is x and whose green is y."""
    y, x = torch.meshgrid(torch.arange(float(height)), torch.arange(float(width)), indexing="ij")
    return torch.stack([x, y, torch.ones_like(x)])[None]


def turned(inputs, cosine):
    """The inputs with outputs that went from the content at an angle to where the words go."""
    words = F.normalize(inputs.text - inputs.photo, dim=-1)
    across = torch.randn_like(words)
    across = F.normalize(across - (across * words).sum(-1, keepdim=True) * words, dim=-1)
    step = cosine * words + (1 - cosine**2) ** 0.5 * across
    inputs.output.kept["embedding"] = inputs.content.embedding + 0.3 * step
    return inputs


@pytest.mark.parametrize("cosine", [1.0, 0.5, 0.0, -1.0])
def test_directional_is_one_minus_the_cosine_of_the_steps(make_inputs, cosine):
    assert ClipDirectional()(turned(make_inputs(), cosine)).item() == pytest.approx(1 - cosine, abs=1e-5)


def test_no_step_at_all_has_a_gradient_that_does_not_explode(make_inputs):
    inputs = make_inputs()
    inputs.output.kept["embedding"] = inputs.content.embedding.clone().requires_grad_()
    ClipDirectional()(inputs).backward()
    assert inputs.output.embedding.grad.abs().max() <= 1e4


@pytest.mark.parametrize("cosine", [0.2, -0.5])
def test_patches_that_look_like_the_whole_give_the_global_loss(make_inputs, cosine):
    inputs = turned(make_inputs(), cosine)
    inputs.answers["embed"] = lambda crops: inputs.output.embedding.repeat_interleave(len(crops) // 2, dim=0)
    torch.testing.assert_close(ClipPatch(patches=5, size=16)(inputs), ClipDirectional()(inputs))


def test_patches_below_the_threshold_count_as_nothing_and_the_others_in_full(make_inputs):
    inputs = turned(make_inputs(), 0.4)  # distance 0.6
    inputs.answers["embed"] = lambda crops: inputs.output.embedding.repeat_interleave(len(crops) // 2, dim=0)
    assert ClipPatch(patches=3, size=16, threshold=0.7)(inputs) == 0
    assert ClipPatch(patches=3, size=16, threshold=0.5)(inputs).item() == pytest.approx(0.6, abs=1e-5)


def test_crops_without_distortion_are_cut_out_of_the_picture():
    crops = perspective_crops(places(20, 30), count=500, size=8, distortion=0.0)
    assert crops.shape == (500, 3, 8, 8)
    offset = crops[:, :2, :1, :1].round()
    torch.testing.assert_close(
        crops - F.pad(offset, (0, 0, 0, 0, 0, 1)), places(8, 8).expand(500, -1, -1, -1), atol=1e-4, rtol=0
    )
    assert offset[:, 0].unique().tolist() == list(range(23))  # every place is drawn, the last one too
    assert offset[:, 1].unique().tolist() == list(range(13))


def test_crops_of_one_picture_lie_together():
    images = torch.stack([torch.zeros(3, 16, 16), torch.ones(3, 16, 16)])
    crops = perspective_crops(images, count=3, size=8, distortion=0.0)
    assert crops.mean((1, 2, 3)).tolist() == pytest.approx([0, 0, 0, 1, 1, 1])


def test_tilted_crops_lie_on_black_and_show_the_whole_crop():
    crops = perspective_crops(places(96, 96), count=20, size=64, distortion=0.5)
    shown = crops[:, 2] > 0.99
    share = shown.float().mean((1, 2))
    assert 0.25 < share.min() < share.max() < 1
    for x, mask in zip(crops[:, 0], shown, strict=True):
        assert 56 < x[mask].max() - x[mask].min() <= 64  # from side to side, and nothing beyond


def test_homography_takes_corners_to_corners_and_keeps_lines_straight():
    source, target = (
        torch.rand(3, 4, 2) + torch.tensor([[0, 0], [2, 0], [2, 2], [0, 2]]),
        torch.rand(3, 4, 2).double(),
    )
    source = source.double()
    maps = homography(source, target)

    def apply(points):
        mapped = F.pad(points, (0, 1), value=1.0) @ maps.transpose(1, 2)
        return mapped[..., :2] / mapped[..., 2:]

    torch.testing.assert_close(apply(source), target)
    a, b = source[:, :1], source[:, 2:3]
    line = apply(torch.cat([a, 0.7 * a + 0.3 * b, b], dim=1))
    along, whole = line[:, 1] - line[:, 0], line[:, 2] - line[:, 0]
    torch.testing.assert_close(along[:, 0] * whole[:, 1], along[:, 1] * whole[:, 0])


def test_the_global_seed_decides_the_crops():
    image, crops = torch.rand(1, 3, 32, 32), []
    for seed in (0, 0, 1):
        torch.manual_seed(seed)
        crops.append(perspective_crops(image, 4, 16, 0.5))
    assert torch.equal(crops[0], crops[1])
    assert not torch.equal(crops[0], crops[2])


def test_crops_larger_than_the_picture_are_refused():
    with pytest.raises(ValueError, match="crops of 64 pixels do not fit a picture of 32 x 40"):
        perspective_crops(torch.rand(1, 3, 32, 40), 4, 64, 0.5)


def test_a_distortion_that_folds_crops_over_is_refused():
    with pytest.raises(ValueError, match=r"distortion is 0\.8"):
        ClipPatch(distortion=0.8)
