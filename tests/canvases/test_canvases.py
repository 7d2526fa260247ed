"""The U-Net against its description, one place at a time, and the pyramid: what a canvas shows before it is moved, and how it moves."""

from functools import partial

import numpy as np
import pytest
import torch
from by_formula import array, convolved, fill, numbers, pointwise
from PIL import Image, ImageEnhance

from txst.canvases.contrast import stretched
from txst.canvases.laplacian import Laplacian
from txst.canvases.optimise import optimise
from txst.canvases.unet import UNet


def normed(x):
    mean, variance = x.mean((1, 2), keepdims=True), x.var((1, 2), keepdims=True)
    return (x - mean) / np.sqrt(variance + 1e-5)


def block(layer, x):
    y = normed(convolved(layer.first, x)).clip(0)
    return normed(convolved(layer.second, y)).clip(0) + pointwise(layer.beside, x)


def grown(x):
    """Twice the size: each place between the middles of four."""
    _, height, width = x.shape
    out = np.zeros((len(x), 2 * height, 2 * width))
    for i in range(2 * height):
        for j in range(2 * width):
            y, z = max((i + 0.5) / 2 - 0.5, 0), max((j + 0.5) / 2 - 0.5, 0)
            top, left = int(y), int(z)
            below, right = min(top + 1, height - 1), min(left + 1, width - 1)
            v, w = y - top, z - left
            out[:, i, j] = (1 - v) * ((1 - w) * x[:, top, left] + w * x[:, top, right])
            out[:, i, j] += v * ((1 - w) * x[:, below, left] + w * x[:, below, right])
    return out


def test_the_unet_gives_the_numbers_of_its_description_with_its_four_skips():
    image = 0.5 + 0.3 * numbers(1, 3, 16, 24)
    canvas = UNet(width=2).begin(image)
    net = fill(canvas).networks[0]
    stem = block(net.stem, pointwise(net.first, array(image[0])))
    one = block(net.down[0], stem)
    two = block(net.down[1], convolved(net.halve[0], one))
    three = block(net.down[2], convolved(net.halve[1], two))
    x = block(net.deepest, convolved(net.halve[2], three))
    for layer, skip in zip(net.up, (three, two, one), strict=True):
        x = block(layer, np.concatenate([grown(x), skip]))
    x = pointwise(net.last, block(net.out, np.concatenate([x, stem])))
    np.testing.assert_allclose(array(canvas().image[0]), 1 / (1 + np.exp(-x)), atol=1e-5)


def test_a_unet_has_the_published_number_of_weights_and_paints_any_sides():
    canvas = UNet().begin(torch.rand(1, 3, 21, 9))
    assert sum(p.numel() for p in canvas.parameters()) == 615_267
    assert canvas().image.shape == (1, 3, 21, 9)
    assert "content" not in canvas.state_dict()
    with pytest.raises(ValueError, match=r"width=4096: .* from 1 to 128"):
        UNet(4096)


def test_images_of_a_batch_have_networks_of_their_own():
    images = torch.rand(2, 3, 16, 16)
    canvas = UNet(2).begin(images)
    canvas().image[0].sum().backward()
    assert all(p.grad is not None for p in canvas.networks[0].parameters())
    assert all(p.grad is None or not p.grad.any() for p in canvas.networks[1].parameters())


@pytest.mark.parametrize("size", [(32, 48), (21, 9), (3, 50), (1, 1)])
def test_a_pyramid_shows_the_content_until_it_is_moved(size):
    content = torch.rand(2, 3, *size)
    canvas = Laplacian(levels=3).begin(content)
    torch.testing.assert_close(canvas().image, content)
    assert len(list(canvas.parameters())) == {32: 4, 21: 2, 3: 1, 1: 1}[size[0]]


def test_a_pyramid_moves_broad_areas_in_fewer_steps_than_single_pixels():
    content, target = torch.full((1, 3, 32, 32), 0.2), torch.full((1, 3, 32, 32), 0.7)
    adam = partial(torch.optim.Adam, lr=0.01)
    far = [
        optimise(Laplacian(levels).begin(content), lambda view: (view.image - target).square().mean(), adam, steps=8)
        for levels in (3, 1)
    ]
    assert far[0] < 0.7 * far[1]
    with pytest.raises(ValueError, match="canvas=pixels"):
        Laplacian(levels=0)


def test_the_published_contrast_is_pillows_and_reaches_from_black_to_white():
    pixels = (40 + 160 * np.random.default_rng(0).random((20, 30, 3))).astype(np.uint8)
    more = np.asarray(ImageEnhance.Contrast(Image.fromarray(pixels)).enhance(1.5)).astype(float)
    expected = (more - more.min()) / (more.max() - more.min())
    found = stretched(torch.from_numpy(pixels).permute(2, 0, 1)[None] / 255)
    np.testing.assert_allclose(found[0].permute(1, 2, 0).numpy(), expected, atol=1.5 / 200)  # Pillow rounds
    assert (found.amin(), found.amax()) == (0, 1)
    assert stretched(torch.full((1, 3, 2, 2), 0.4)).isfinite().all()
