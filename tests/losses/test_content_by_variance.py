import pytest
import torch

from txst.losses.content_by_variance import ContentByVariance, distance_by_variance

MAPS = torch.randn(2, 5, 16, 16, generator=torch.Generator().manual_seed(0))


def test_zero_where_the_output_is_the_content(make_inputs):
    inputs = make_inputs()
    inputs.output = inputs.content
    assert ContentByVariance(["shallow", "deep"])(inputs) == 0


def test_does_not_see_a_channel_made_stronger_or_shifted():
    scale, shift = torch.tensor([0.5, 1, 2, 3, 4]).view(5, 1, 1), torch.arange(5.0).view(5, 1, 1)
    assert distance_by_variance(MAPS * scale + shift, MAPS).max() < 1e-4


def test_is_two_where_the_maps_are_unrelated():
    other = torch.randn(2, 5, 64, 64, generator=torch.Generator().manual_seed(1))
    one = torch.randn(2, 5, 64, 64, generator=torch.Generator().manual_seed(2))
    torch.testing.assert_close(distance_by_variance(other, one), torch.full((2,), 2.0), rtol=0.05, atol=0)


def test_a_channel_counts_by_its_share_of_the_contents_variance():
    content = MAPS * torch.tensor([3.0, 1, 1, 1, 1]).view(5, 1, 1)
    distances = []
    for channel in (0, 1):
        output = content.clone()
        output[:, channel] = -output[:, channel]
        distances.append(distance_by_variance(output, content))
    variance = content.var((2, 3), unbiased=False)
    torch.testing.assert_close(distances[0] / distances[1], variance[:, 0] / variance[:, 1], rtol=1e-2, atol=0)


def test_a_batch_is_its_samples_one_by_one():
    other = MAPS.flip(3)
    whole = distance_by_variance(other, MAPS)
    alone = torch.cat([distance_by_variance(other[i : i + 1], MAPS[i : i + 1]) for i in range(2)])
    torch.testing.assert_close(whole, alone)


@pytest.mark.parametrize("blank", [torch.zeros(1, 3, 8, 8), torch.ones(1, 3, 8, 8)])
def test_a_blank_photo_asks_for_nothing_and_breaks_nothing(blank):
    output = torch.rand(1, 3, 8, 8, requires_grad=True)
    distance = distance_by_variance(output, blank)
    distance.sum().backward()
    assert distance == 0
    assert output.grad.isfinite().all()


def test_gradient_agrees_with_differences():
    content = MAPS[:1, :2, :4, :4].double()
    output = content.flip(3).requires_grad_()
    assert torch.autograd.gradcheck(distance_by_variance, (output, content))
