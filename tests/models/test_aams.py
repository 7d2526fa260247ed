"""AAMS against its description, one place at a time, on weights of a formula."""

import numpy as np
import pytest
import torch

from txst.encoders.vgg import VGG
from txst.layers.strokes import even_centres, k_means, stroke_shares
from txst.layers.style_swap import style_swap
from txst.models.aams import AAMS, LEVELS
from txst.types import Controls, Style

IMAGE, PICTURE = (torch.rand(1, 3, *size, generator=torch.Generator().manual_seed(1)) for size in ((40, 48), (64, 48)))


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    made = AAMS(VGG(LEVELS, (4, 4, 6, 8), pooling="average", padding="zeros"))
    for seed, (_, parameter) in enumerate(made.named_parameters()):
        count = parameter.numel()
        fan = count // len(parameter)
        values = torch.sin(0.7 * torch.arange(1, count + 1) * (1 + seed % 5) + seed) * (2 / fan) ** 0.5
        parameter.data.copy_(values.view_as(parameter))
    return made.eval()


def patch(x, i, j):
    """The 5 x 5 places around one, of a map with a border of 2."""
    return x[:, i : i + 5, j : j + 5]


def swapped(content, style):
    """One patch at a time: [C, h, w] each."""
    (_, height, width), (_, rows, columns) = content.shape, style.shape
    inner = np.pad(content, ((0, 0), (2, 2), (2, 2)), mode="reflect")
    beyond = np.pad(style, ((0, 0), (2, 2), (2, 2)))
    total = np.zeros((len(content), height + 4, width + 4))
    count = np.zeros((height + 4, width + 4))
    for i in range(height):
        for j in range(width):
            best, chosen = -np.inf, None
            for k in range(rows):
                for m in range(columns):
                    other = patch(beyond, k, m)
                    score = (patch(inner, i, j) * other).sum() / (np.sqrt((other**2).sum()) + 1e-7)
                    if score > best:
                        best, chosen = score, other
            total[:, i : i + 5, j : j + 5] += chosen
            count[i : i + 5, j : j + 5] += 1
    return (total / count)[:, 2:-2, 2:-2]


def attended(x, model):
    """One place at a time: [C, N]."""
    key, query, value = (
        conv.weight[:, :, 0, 0].double().numpy() @ x + conv.bias.double().numpy()[:, None]
        for conv in (model.attend.key, model.attend.query, model.attend.value)
    )
    out = np.zeros_like(x)
    for place in range(x.shape[1]):
        energy = np.array([query[:, place] @ key[:, other] for other in range(x.shape[1])])
        share = np.exp(energy - energy.max())
        for other in range(x.shape[1]):
            out[:, place] += share[other] / share.sum() * value[:, other]
    return out


def power(matrix, exponent):
    values, vectors = np.linalg.eigh(matrix)
    return sum(v**exponent * np.outer(u, u) for v, u in zip(values, vectors.T, strict=True) if v > 1e-5)


def test_the_swap_is_that_of_one_patch_after_the_other():
    content, style = torch.randn(2, 3, 6, 5), torch.randn(2, 3, 4, 7)
    found = style_swap(content, style)
    for b in range(2):
        np.testing.assert_allclose(found[b], swapped(content[b].numpy(), style[b].numpy()), atol=1e-5)


def test_a_map_is_put_together_of_its_own_patches_as_it_was():
    x = torch.randn(1, 3, 20, 20)  # 400 patches, more than are compared at once
    torch.testing.assert_close(style_swap(x, x)[..., 4:-4, 4:-4], x[..., 4:-4, 4:-4])


@torch.no_grad()
def test_agrees_with_the_description(model):
    features, style = model.prepare_image(IMAGE), model.prepare_image(PICTURE)
    x, y = (f["relu4_1"][0].double().numpy() for f in (features, style))
    mean, white = {}, {}
    for name, z in (("x", x), ("y", y)):
        flat = z.reshape(len(z), -1)
        mean[name] = flat.mean(1, keepdims=True)
        cov = (flat - mean[name]) @ (flat - mean[name]).T / flat.shape[1]
        white[name] = (power(cov, -0.5) @ (flat - mean[name])).reshape(z.shape)
    root = power(cov, 0.5)
    attention = attended(white["x"].reshape(len(x), -1), model).reshape(x.shape)
    plain = white["x"] * attention + white["x"]
    prepared = model.prepare_style(Style(image=PICTURE))
    found, extras = model.styled(features["relu4_1"], prepared, None)
    np.testing.assert_allclose(extras["attention"][0], attention, atol=1e-3)
    maps = []
    for i, scale in enumerate((0.5, 0.5**0.5, 1.0)):
        patches = prepared[f"patches{i}"][0].double().numpy()
        assert patches.shape[1:] == tuple(round(scale * side) for side in y.shape[1:])
        maps.append(swapped(plain, patches))
    maps.append(plain)
    shares = extras["strokes"][0].numpy()
    mixed = sum(share * m for share, m in zip(shares, maps, strict=True))
    wanted = (root @ mixed.reshape(len(x), -1) + mean["y"]).reshape(x.shape)
    np.testing.assert_allclose(found[0], wanted, atol=2e-3, rtol=1e-2)


def test_k_means_finds_the_centres_of_one_number_after_the_other_and_leaves_an_empty_one():
    values = torch.tensor([[0.0, 0.1, 0.2, 0.9, 1.0]])
    centres = [0.125, 0.375, 0.625, 0.875]
    for _ in range(80):
        own = [min(range(4), key=lambda k: abs(v - centres[k])) for v in values[0].tolist()]
        centres = [
            np.mean([v for v, o in zip(values[0].tolist(), own, strict=True) if o == k]) if k in own else centres[k]
            for k in range(4)
        ]
    torch.testing.assert_close(k_means(values, 4)[0], torch.tensor(sorted(centres), dtype=torch.float32))
    assert k_means(torch.full((1, 9), 0.5), 4).isfinite().all()


def test_shares_add_up_and_the_finest_lies_where_the_map_is_highest():
    chosen = torch.rand(2, 1, 6, 7)
    shares = stroke_shares(chosen, 4)
    torch.testing.assert_close(shares.sum(1), torch.ones(2, 6, 7))
    assert shares[0, :, :, :].flatten(1)[:, chosen[0].argmax()].argmax() == 3
    assert shares[0, :, :, :].flatten(1)[:, chosen[0].argmin()].argmax() == 0
    one = torch.tensor([[[[0.3]]]])
    near = [np.exp(50 * (1 - abs(0.3 - c))) for c in (0, 1 / 3, 2 / 3, 1)]
    torch.testing.assert_close(
        stroke_shares(one, 4, even_centres(4, one)).flatten(), torch.tensor(near / np.sum(near), dtype=torch.float32)
    )


@torch.no_grad()
def test_paints_the_same_twice_any_size_with_a_map_and_its_strokes(model):
    prepared = model.prepare_style(Style(image=PICTURE))
    for size in ((1, 1), (50, 33)):
        image = torch.rand(2, 3, *size)
        painting = model(image, {k: v.expand(2, *v.shape[1:]) for k, v in prepared.items()})
        assert painting.image.shape == image.shape
        assert painting.image.equal(model(image, {k: v.expand(2, *v.shape[1:]) for k, v in prepared.items()}).image)
        assert painting.extras["saliency"].min() >= 0
        assert painting.extras["strokes"].shape[1] == 4
        assert model(image, prepared, Controls(0.0)).image.equal(image)


@torch.no_grad()
def test_strokes_are_as_fine_as_a_region_wants_them(model):
    prepared, fine = model.prepare_style(Style(image=PICTURE)), torch.zeros(1, 1, 40, 48)
    fine[..., 24:] = 1
    shares = model(IMAGE, prepared, Controls(strokes=fine)).extras["strokes"][0]
    assert (shares[:, :, :2].argmax(0) == 0).all()
    assert (shares[:, :, 4:].argmax(0) == 3).all()


@torch.no_grad()
def test_paints_and_draws_under_autocast(model):
    with torch.autocast("cpu", torch.bfloat16):
        prepared = model.prepare_style(Style(image=PICTURE))
        assert model(IMAGE, prepared, Controls(0.5)).image.isfinite().all()
        assert prepared["root"].dtype == torch.float32


def test_training_draws_the_image_again_and_moves_all_but_the_encoder(model):
    painting = model.train()(IMAGE, {})
    (painting.image.square().mean() + painting.extras["attention"].abs().mean()).backward()
    model.eval()
    assert [n for n, p in model.named_parameters() if p.requires_grad and p.grad is None] == []
    assert all(p.grad is None for p in model.encoder.parameters())


@pytest.mark.parametrize("scales", [(), (0.5, 0.2), (0.0, 1.0), (0.5, 2.0)])
def test_scales_that_are_none_are_refused(scales):
    with pytest.raises(ValueError, match="at most 1, in ascending order"):
        AAMS(VGG(LEVELS, (4, 4, 6, 8)), scales)


def test_a_name_is_refused(model):
    with pytest.raises(ValueError, match="paints after a style picture"):
        model.prepare_style(Style(torch.zeros(1, 0)))
