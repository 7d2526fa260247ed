import torch

from txst.losses.colour import ColourLoss, moments


def test_moments_are_those_of_the_pixels_and_of_their_differences():
    image = torch.rand(2, 3, 20, 30)
    red, green, blue = image.double().flatten(2).unbind(1)
    expected = [red.mean(1), green.mean(1), blue.mean(1)]
    expected += [x.std(1, correction=0) for x in (red, green, blue, red - blue, green - red, blue - green)]
    torch.testing.assert_close(moments(image).double(), torch.stack(expected, 1), atol=1e-3, rtol=1e-3)


def test_where_the_pixels_lie_does_not_count(make_inputs):
    inputs = make_inputs()
    inputs.output.image = inputs.style.image.flip(-1).roll(5, -2)
    assert ColourLoss()(inputs) < 1e-10
    inputs.output.image = inputs.style.image + torch.tensor([0.1, 0, 0])[:, None, None]
    torch.testing.assert_close(ColourLoss()(inputs), torch.tensor(0.01), atol=1e-5, rtol=1e-3)
