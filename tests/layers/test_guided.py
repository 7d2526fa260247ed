"""Strokes stay, as soft as the limit; the photo's shapes show through them."""

import pytest
import torch

from txst.layers.guided import NEAR, NOISE, SHRINK, WIDE, calm, guided, hold
from txst.layers.tone import LUMA, lightness


def pictures(seed, *size):
    draw = torch.Generator().manual_seed(seed)
    return (torch.rand(1, 3, *size, generator=draw, dtype=torch.float64) for _ in range(2))


def by_hand(x, photo, places):
    """The lines of `guided` before they are grown: [C, h, w] slopes and offsets, one place after the other."""
    light = torch.einsum("chw,c->hw", photo, torch.tensor(LUMA, dtype=x.dtype))
    rows, columns = (side // SHRINK for side in light.shape)

    def around(y, i, j, side):
        rows, columns = (slice(max(0, at - places // 2) * side, (at + places // 2 + 1) * side) for at in (i, j))
        return y[..., rows, columns].flatten(-2)

    slopes, offsets = (torch.zeros(len(x), rows, columns, dtype=x.dtype) for _ in range(2))
    for i in range(rows):
        for j in range(columns):
            near, shades = around(x, i, j, SHRINK), around(light, i, j, SHRINK)
            slope = ((near * shades).mean(-1) - near.mean(-1) * shades.mean()) / (shades.var(correction=0) + NOISE)
            slopes[:, i, j], offsets[:, i, j] = slope, near.mean(-1) - slope * shades.mean()
    return [
        torch.stack([around(lines, i, j, 1).mean(-1) for i in range(rows) for j in range(columns)], -1).view_as(lines)
        for lines in (slopes, offsets)
    ]


def test_in_each_window_it_is_the_line_nearest_to_the_painting():
    x, photo = pictures(0, 6 * SHRINK, 7 * SHRINK)
    slopes, offsets = (
        torch.nn.functional.interpolate(lines[None], scale_factor=float(SHRINK), mode="bilinear")
        for lines in by_hand(x[0], photo[0], NEAR)
    )
    torch.testing.assert_close(guided(x, photo), slopes * lightness(photo) + offsets)


def test_a_painting_that_is_the_photo_in_other_tones_stays():
    _, photo = pictures(1, 32, 32)
    light = lightness(photo)
    toned = torch.cat([0.2 + 0.5 * light, 0.9 - 0.4 * light, 0.3 * light], 1)
    assert (hold(toned, photo, 0.06) - toned).abs().max() < 0.02


def test_strokes_are_held_where_the_photo_is_flat_and_soft_ones_hardly():
    flat = torch.full((1, 3, 32, 32), 0.5)
    way = torch.where(torch.rand(1, 1, 32, 32, generator=torch.Generator().manual_seed(2)) < 0.5, -1.0, 1.0)
    ground = torch.tensor([0.7, 0.4, 0.2]).view(1, 3, 1, 1)
    hard, soft = (hold(ground + size * way, flat, 0.06) for size in (0.2, 0.01))
    smooth = [guided(ground + size * way, flat) for size in (0.2, 0.01)]
    assert (hard - smooth[0]).abs().max() <= 0.06
    assert (hard - smooth[0]).abs().mean() > 0.05
    torch.testing.assert_close(soft, ground + 0.01 * way, atol=5e-4, rtol=0)


@pytest.mark.parametrize("size", [(SHRINK, SHRINK), (SHRINK, 5 * SHRINK)])
def test_the_smallest_pictures_have_windows_too(size):
    x, photo = pictures(4, *size)
    assert hold(x, photo, 0.06).isfinite().all()
    assert calm(x, photo, 0.02).isfinite().all()


@pytest.mark.parametrize(("tint", "left_of_it"), [((1.0, 1.0, 1.0), 0.4), ((-LUMA[2], -LUMA[2], 1 - LUMA[2]), 0.7)])
def test_patches_go_where_the_photo_is_flat_and_strokes_stay(tint, left_of_it):
    side = 12 * SHRINK * 4
    flat = torch.full((1, 3, side, side), 0.5)
    waves = (torch.arange(side) * 2 * torch.pi / 48).sin()
    clouds = 0.5 + 0.3 * waves[:, None] * waves * torch.tensor(tint).view(1, 3, 1, 1)
    strokes = torch.where(torch.arange(side) % 2 == 0, 0.1, -0.1)
    left = calm(clouds + strokes, flat, 0.02)
    inner = slice(side // 4, -side // 4)  # at the border a window sees fewer clouds
    patches, before = (torch.nn.functional.avg_pool2d(x[..., inner, inner] - 0.5, 2) for x in (left, clouds))
    assert patches.abs().mean() < left_of_it * before.abs().mean()
    rows = left[..., side // 2, :]
    assert (rows[..., ::2] - rows[..., 1::2] - 0.2).abs().mean() < 0.02


def test_clouds_of_the_photo_stay():
    side = 8 * WIDE
    clouds = torch.kron(
        torch.rand(1, 1, 8, 8, generator=torch.Generator().manual_seed(5)), torch.ones(side // 8, side // 8)
    )
    painted = torch.cat([0.2 + 0.5 * clouds, 0.8 * clouds, 0.9 - 0.4 * clouds], 1)
    assert (calm(painted, clouds.expand(-1, 3, -1, -1), 0.02) - painted).abs().mean() < 0.05
