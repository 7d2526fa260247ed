"""Dabs lie along edges and cross none, differ as much as the style's brush does, and are the same wherever a tile begins."""

import math

import pytest
import torch

from txst.inference.tiles import GRID
from txst.layers.guided import grown
from txst.layers.tone import LUMA
from txst.layers.touch import (
    EDGE,
    LEAST_ROOM,
    LEAST_SEEN,
    LENGTH,
    PERIOD,
    ROOM,
    STEP,
    STILL,
    WAYS,
    brush,
    dabs,
    directions,
    probe,
    touched,
)


def noise(seed, *shape):
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def stripes(way, side=96):
    """Edges that lie in this direction."""
    rows, columns = torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")
    angle = math.pi * way / WAYS
    across = rows * math.cos(angle) - columns * math.sin(angle)
    return (0.5 + 0.4 * torch.sin(across / 6)).expand(1, 3, -1, -1)


def test_every_place_points_to_the_middle_of_a_dab_that_lies_in_its_direction():
    found = dabs().double()
    assert found.shape == (WAYS + 1, PERIOD, PERIOD, 5)
    rows, columns = torch.meshgrid(torch.arange(PERIOD), torch.arange(PERIOD), indexing="ij")
    for way, pattern in enumerate(found):
        down, right, own = pattern[..., 0], pattern[..., 1], pattern[..., 2:]
        assert torch.hypot(down, right).max() <= 0.75 * LENGTH
        angle = math.pi * way / WAYS
        along = right * math.cos(angle) + down * math.sin(angle)
        across = down * math.cos(angle) - right * math.sin(angle)
        assert (along.square().mean() > 4 * across.square().mean()) == (way < WAYS)
        middles: dict = {}
        for place in zip(*(x.flatten().tolist() for x in (rows, columns)), strict=True):
            middle = tuple((torch.tensor(place) + pattern[place][:2]).remainder(PERIOD).tolist())
            middles.setdefault(tuple(own[place].tolist()), []).append(middle)
        bare = middles.pop((0, 0, 0), [])  # no dab lies there
        assert len(bare) < 0.02 * PERIOD**2
        for places in middles.values():  # of one dab: the same point, to rounding
            y, x = torch.tensor(places).T
            for at in (y, x):
                assert ((at - at[0] + PERIOD / 2).remainder(PERIOD) - PERIOD / 2).abs().max() <= 2
    spread = found[..., 2:].mul(STEP).std((0, 1, 2))
    assert (spread - 1).abs().max() < 0.15


@pytest.mark.parametrize("way", range(WAYS))
def test_dabs_follow_the_photos_edges(way):
    inside = directions(stripes(way))[0][:, 24:-24, 24:-24]
    assert (inside == way).all()


def test_without_edges_they_lie_criss_cross_and_beside_edges_they_go_on_as_these_do():
    way, plain = directions(torch.full((1, 3, 64, 64), 0.4))
    assert (way == WAYS).all()
    assert (plain == 1).all()
    level = torch.full((1, 3, 96, 96), 0.4)
    level[..., :48, :] = 0.8
    way, plain = directions(level)
    assert (way[:, 72] == 0).all()
    assert (plain[:, :, 48] < 0.01).all()


def test_it_is_what_a_slow_loop_gives():
    x, photo = (noise(seed, 1, 3, 28, 40) for seed in (0, 1))
    photo = photo / 4 + stripes(1, 40)[..., :28, :]
    pattern, (ways, plain) = dabs(), directions(photo)
    found = torch.tensor([[0.05, 0.01, 0.02, 0.03, 0.9]], dtype=x.dtype)
    luma = torch.tensor(LUMA, dtype=x.dtype)
    expected = torch.empty_like(x)
    for i in range(28):
        for j in range(40):
            down, right, *own = pattern[ways[0, i, j], i % PERIOD, j % PERIOD].tolist()
            here = x[0, :, i, j]
            there = x[0, :, min(max(i + down, 0), 27), min(max(j + right, 0), 39)]
            near = 0.9 / (1 + ((there - here).square().sum() / EDGE**2) ** 2)
            light, red, blue = (STEP * number for number in own)
            colour = torch.tensor([red, -(red + blue) / math.sqrt(2), blue], dtype=x.dtype)
            differs = 0.05 * light + found[0, 1:4] * colour
            room = (LEAST_ROOM + ROOM * (luma * here).sum()) * (1 - STILL * plain[0, 0, i, j])
            expected[0, :, i, j] = here + near * (there - here + 0.7 * room * differs)
    torch.testing.assert_close(touched(x, photo, found, 0.7, pattern), expected)


def test_a_dab_crosses_no_edge():
    x = torch.zeros(1, 3, 64, 64)
    x[..., 32:] = 0.8
    still = torch.tensor([[0.0, 0, 0, 0, 1]])
    torch.testing.assert_close(touched(x, x, still, 1.0, dabs()), x, atol=1e-3, rtol=0)


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_dabs_of_a_flat_place_differ_by_the_styles_share(share):
    flat = torch.full((1, 3, 128, 128), 0.5)
    done = touched(flat, flat, torch.tensor([[0.04, 0, 0, 0, 1]]), share, dabs())
    room = (LEAST_ROOM + 0.5 * ROOM) * (1 - STILL)
    assert float(done.std()) == pytest.approx(share * room * 0.04, rel=0.25, abs=1e-6)
    assert float(done.mean()) == pytest.approx(0.5, abs=0.01)


def test_a_tile_has_the_dabs_of_the_whole():
    assert GRID % PERIOD == 0
    x, photo = (noise(seed, 1, 3, 128, 192) for seed in (3, 4))
    whole, tile = (
        touched(y[..., cut:], photo[..., cut:], torch.full((1, 5), 0.5), 1.0, dabs())
        for y, cut in ((x, 0), (x, PERIOD))
    )
    reach = 64  # of the wide window, and of a dab
    torch.testing.assert_close(tile[..., reach:], whole[..., PERIOD + reach :])


def test_grain_everywhere_is_a_broken_touch_and_lines_round_flat_colours_are_none():
    draw = torch.Generator().manual_seed(0)
    smooth = grown(probe() / 255)
    grainy = smooth + 0.1 * torch.randn(smooth.shape, generator=draw)
    lines = smooth.clone()
    lines[..., ::16, :] = 0
    grey = smooth + 0.1 * torch.randn(1, 1, *smooth.shape[-2:], generator=draw)
    found = torch.cat([brush(x, 8) for x in (smooth, grainy, lines, grey)])
    assert found.shape == (4, 5)
    assert (found[0, :4] < 0.03).all()
    assert (found[1, :4] > 0.04).all()
    assert found[1, 4] == 1
    assert found[2, 4] == LEAST_SEEN
    assert (found[3, 1:4] < 0.5 * found[3, :1]).all()


def test_gradients_pass():
    x = noise(6, 1, 3, 16, 16).requires_grad_()
    touched(x, x.detach(), torch.full((1, 5), 0.5), 1.0, dabs()).sum().backward()
    assert x.grad is not None
    assert x.grad.isfinite().all()
