"""A text's code sets the norms of an image network: its numbers one place at a time, sizes, strength, tiles."""

from functools import partial

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from by_formula import array, convolved, fill, numbers

from txst.layers.norm_statistics import RecordStatistics, ReplayStatistics
from txst.models.text_to_code import TextToCode
from txst.types import Controls, Style

slow_conv = partial(convolved, mode="reflect")


def slow_norm(x, scale=1.0, shift=0.0):
    mean, variance = x.mean((1, 2), keepdims=True), x.var((1, 2), keepdims=True)
    return (x - mean) / np.sqrt(variance + 1e-5) * scale + shift


def slow(model, image, text):
    """Of [3, H, W] and [D]."""
    code = text
    linear = [layer for layer in model.code if hasattr(layer, "weight")]
    for layer in linear:
        code = array(layer.weight) @ code + array(layer.bias)
        code = np.tanh(code) if layer is linear[-1] else np.where(code > 0, code, 0.2 * code)
    numbers_of = array(model.set_norms.weight) @ code + array(model.set_norms.bias)
    norms = []
    for width in model.norms:
        own, numbers_of = numbers_of[: 2 * width, None, None], numbers_of[2 * width :]
        norms.append((own[:width], own[width:]))
    x = image
    for layer in model.down:
        x = slow_norm(slow_conv(layer, x)).clip(0)
    for block in model.blocks:
        y = slow_norm(slow_conv(block.first, x), *norms.pop(0)).clip(0)
        x = x + slow_norm(slow_conv(block.second, y), *norms.pop(0))
    for layer in model.up:
        x = slow_norm(slow_conv(layer, x.repeat(2, 1).repeat(2, 2)), *norms.pop(0)).clip(0)
    return 1 / (1 + np.exp(-slow_norm(slow_conv(model.last, x), *norms.pop(0))))


def small():
    return TextToCode(style_width=6, code=5, hidden=[4, 4], width=2, blocks=2)


def test_it_gives_the_numbers_of_its_description():
    model, image, text = fill(small()).eval(), 0.5 + 0.3 * numbers(1, 3, 16, 20), numbers(1, 6)
    painted = model(image, model.prepare_style(Style(text))).image[0]
    np.testing.assert_allclose(array(painted), slow(model, array(image[0]), array(text[0])), atol=1e-5)


@pytest.mark.parametrize("size", [(21, 34), (3, 9), (1, 1)])
@torch.no_grad()
def test_images_have_any_size_and_strength_blends_pixels(size):
    model, image = small().eval(), torch.rand(2, 3, *size)
    prepared = model.prepare_style(Style(F.normalize(torch.randn(2, 6), dim=-1)))
    painted = model(image, prepared).image
    assert painted.shape == image.shape
    torch.testing.assert_close(model(image, prepared, Controls(0.25)).image, torch.lerp(image, painted, 0.25))
    record = RecordStatistics()
    model(image, prepared, Controls(statistics=record))
    replayed = model(image, prepared, Controls(statistics=ReplayStatistics(record.moments))).image
    torch.testing.assert_close(replayed, painted)


def test_every_weight_learns_texts_differ_and_one_is_needed():
    model, image = small(), torch.rand(2, 3, 16, 16)
    texts = F.normalize(torch.randn(2, 6), dim=-1)
    model(image, model.prepare_style(Style(texts))).image.square().mean().backward()
    assert [n for n, p in model.named_parameters() if p.grad is None] == []
    one, other = (model(image[:1], model.prepare_style(Style(text[None]))).image for text in texts)
    assert (one - other).abs().mean() > 1e-4
    with pytest.raises(ValueError, match="embedding"):
        model.prepare_style(Style(image=image))
