import numpy as np
import pytest
import torch
from by_formula import array, fill, numbers
from small import painted

from txst.backends.pytorch import TorchBackend
from txst.encoders.null_text import NullTextEncoder
from txst.models.stytr2 import StyTr2
from txst.types import Controls, Style


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    return StyTr2(width=16, heads=4, hidden=24, depth=2, grid=3).eval()


def style(*size):
    return Style(image=torch.rand(1, 3, *size))


class Loops:
    """The tokens that StyTr2 decodes, from its description, one number at a time."""

    def __init__(self, model):
        self.model = model

    def linear(self, layer, x):
        weight, bias = array(layer.weight), array(layer.bias)
        return np.array([[bias[o] + sum(weight[o] * token) for o in range(len(bias))] for token in x])

    def attend(self, layer, query, key, value):
        weight, bias = array(layer.project.weight), array(layer.project.bias)
        width, heads = len(weight) // 3, layer.heads
        parts = []
        for number, x in enumerate((query, key, value)):
            rows = slice(number * width, (number + 1) * width)
            parts.append(np.array([weight[rows] @ token + bias[rows] for token in x]))
        q, k, v = parts
        found, own = np.zeros_like(q), width // heads
        for n in range(len(q)):
            for head in range(heads):
                part = slice(head * own, (head + 1) * own)
                scores = np.array([q[n, part] @ k[m, part] / own**0.5 for m in range(len(k))])
                weights = np.exp(scores - scores.max())
                found[n, part] = sum(w * v[m, part] for m, w in enumerate(weights / weights.sum()))
        return self.linear(layer.out, found)

    def norm(self, layer, x):
        out = [(t - t.mean()) / (((t - t.mean()) ** 2).mean() + 1e-5) ** 0.5 for t in x]
        return np.array(out) * array(layer.weight) + array(layer.bias)

    def feed(self, layer, x):
        return self.linear(layer.narrow, np.maximum(self.linear(layer.widen, x), 0))

    def encode(self, layers, x, position):
        for layer in layers:
            placed = x + position
            x = self.norm(layer.norm1, x + self.attend(layer.attend, placed, placed, x))
            x = self.norm(layer.norm2, x + self.feed(layer.feed, x))
        return x

    def embed(self, image):
        """Patches [h, w, D], row by row."""
        weight, bias = array(self.model.embed.weight), array(self.model.embed.bias)
        image = array(image[0])
        rows, columns = (side // 8 for side in image.shape[1:])
        patch = [[image[:, 8 * y : 8 * y + 8, 8 * x : 8 * x + 8] for x in range(columns)] for y in range(rows)]
        return np.array([[[bias[o] + (weight[o] * p).sum() for o in range(len(bias))] for p in row] for row in patch])

    def position(self, embedded):
        """Means over a grid, convolved, and spread over the content's own places."""
        rows, columns, width = embedded.shape
        grid, weight = self.model.grid, array(self.model.position.weight)[:, :, 0, 0]
        coarse = np.zeros((grid, grid, width))
        for i in range(grid):
            for j in range(grid):
                ys = slice(i * rows // grid, -(-(i + 1) * rows // grid))
                xs = slice(j * columns // grid, -(-(j + 1) * columns // grid))
                coarse[i, j] = weight @ embedded[ys, xs].reshape(-1, width).mean(0) + array(self.model.position.bias)
        spread = np.zeros_like(embedded)
        for y in range(rows):
            for x in range(columns):
                at = [min(max((p + 0.5) * grid / n - 0.5, 0), grid - 1) for p, n in ((y, rows), (x, columns))]
                for i in range(grid):
                    for j in range(grid):
                        share = max(0, 1 - abs(at[0] - i)) * max(0, 1 - abs(at[1] - j))
                        spread[y, x] += share * coarse[i, j]
        return spread

    def __call__(self, image, picture):
        embedded = self.embed(image)
        rows, columns, width = embedded.shape
        position = self.position(embedded).reshape(-1, width)
        x = self.encode(self.model.content_encoder, embedded.reshape(-1, width), position)
        memory = self.encode(self.model.style_encoder, self.embed(picture).reshape(-1, width), 0)
        for layer in self.model.decoder:
            x = self.norm(layer.norm1, x + self.attend(layer.first, x + position, memory, memory))
            x = self.norm(layer.norm2, x + self.attend(layer.second, x + position, memory, memory))
            x = self.norm(layer.norm3, x + self.feed(layer.feed, x))
        return self.norm(self.model.norm, x).reshape(rows, columns, width).transpose(2, 0, 1)


@torch.no_grad()
def test_agrees_with_loops_on_weights_by_a_formula_in_any_proportions():
    model = fill(StyTr2(width=8, heads=2, hidden=12, depth=2, grid=3).eval(), 2.0)
    image, picture = numbers(1, 3, 16, 40) / 2, numbers(1, 3, 24, 16, phase=1.0) / 2
    expected = torch.from_numpy(Loops(model)(image, picture)).float()[None]
    seen = []
    model.paint.register_forward_hook(lambda module, given, made: seen.append(given[0]["tokens"]))
    painting = painted(model, image, Style(image=picture))
    torch.testing.assert_close(seen[0], expected, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(painting, model.paint({"tokens": expected}).clamp(0, 1), atol=1e-4, rtol=1e-4)


@torch.no_grad()
@pytest.mark.parametrize("size", [(1, 1), (33, 90), (90, 17)])
def test_keeps_any_size_and_takes_any_style_picture(model, size):
    painting = painted(model, torch.rand(1, 3, *size), style(5, 70))
    assert painting.shape == (1, 3, *size)
    assert painting.isfinite().all()


@torch.no_grad()
def test_patches_of_the_style_may_lie_anywhere(model):
    image, picture = torch.rand(1, 3, 24, 32), torch.rand(1, 3, 16, 32)
    turned = torch.cat(picture.split(8, dim=3)[::-1], 3)
    torch.testing.assert_close(
        painted(model, image, Style(image=turned)), painted(model, image, Style(image=picture)), atol=1e-5, rtol=1e-4
    )
    other = painted(model, image, style(16, 32))
    assert (other - painted(model, image, Style(image=picture))).abs().max() > 1e-5


@torch.no_grad()
def test_strength_and_masks_mix_pixels(model):
    image, prepared = torch.rand(1, 3, 20, 30), model.prepare_style(style(24, 24))
    full = model(image, prepared).image
    half = model(image, prepared, Controls(0.5)).image
    torch.testing.assert_close(half, (image + full) / 2)
    mask = torch.zeros(1, 1, 20, 30)
    mask[..., :10] = 1
    masked = model(image, prepared, Controls(mask)).image
    torch.testing.assert_close(masked, torch.where(mask > 0, full, image))


@torch.no_grad()
def test_an_image_prepared_before_is_painted_the_same(model):
    image, prepared = torch.rand(1, 3, 20, 30), model.prepare_style(style(24, 24))
    assert model(image, prepared, features=model.prepare_image(image)).image.equal(model(image, prepared).image)


@torch.no_grad()
def test_several_style_pictures_paint_together(model):
    painter = TorchBackend(model, NullTextEncoder(), "cpu")
    photo, one, other = (torch.rand(1, 3, *size).numpy() for size in ((20, 30), (24, 32), (40, 32)))
    codes = [painter.image_code(picture) for picture in (one, other)]
    alone, mixed = (painter.paint(photo, painter.prepare_style(c)) for c in (codes[0], painter.mix(codes, (1, 0))))
    np.testing.assert_allclose(mixed, alone, atol=1e-5)


def test_trains_and_fades_under_autocast(model):
    image, picture = torch.rand(1, 3, 24, 32), torch.rand(1, 3, 16, 24)
    with torch.autocast("cpu", torch.bfloat16):
        for strength in (1.0, 0.5, torch.full((1, 1, 24, 32), 0.5)):
            prepared = model.prepare_style(Style(image=picture))
            assert model(image, prepared, Controls(strength)).image.isfinite().all()


def test_every_weight_gets_a_gradient_and_dropout_is_of_training_alone(model):
    image, picture = torch.rand(2, 3, 24, 32), Style(image=torch.rand(2, 3, 24, 32))
    assert painted(model, image, picture).equal(painted(model, image, picture))
    model.train()
    one, other = (painted(model, image, picture) for _ in range(2))
    assert not one.equal(other)
    one.square().mean().backward()
    model.eval()
    assert [name for name, p in model.named_parameters() if p.grad is None] == []


def test_refuses_words_and_heads_that_do_not_divide(model):
    with pytest.raises(ValueError, match="after a style picture"):
        model.prepare_style(Style(torch.zeros(1, 0)))
    with pytest.raises(ValueError, match="3 heads do not divide the width 16"):
        StyTr2(width=16, heads=3)


def test_has_as_many_weights_as_published():
    with torch.device("meta"):
        model = StyTr2()
    assert sum(p.numel() for p in model.parameters()) == 31_790_080 + 98_816 + 3_505_219
