"""Strokes stay, as soft as the limit; the photo's shapes show through them."""

import pytest
import torch

from txst.layers.guided import LUMA, NOISE, SHRINK, guided, hold


def pictures(seed, *size):
    draw = torch.Generator().manual_seed(seed)
    return (torch.rand(1, 3, *size, generator=draw, dtype=torch.float64) for _ in range(2))


def by_hand(x, photo):
    """The lines of `guided` before they are grown: [C, h, w] slopes and offsets, one place after the other."""
    light = torch.einsum("chw,c->hw", photo, torch.tensor(LUMA, dtype=x.dtype))
    rows, columns = (side // SHRINK for side in light.shape)

    def around(y, i, j, side):
        return y[..., max(0, i - 1) * side : (i + 2) * side, max(0, j - 1) * side : (j + 2) * side].flatten(-2)

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
    x, photo = pictures(0, 3 * SHRINK, 4 * SHRINK)
    slopes, offsets = (
        torch.nn.functional.interpolate(lines[None], scale_factor=float(SHRINK), mode="bilinear")
        for lines in by_hand(x[0], photo[0])
    )
    light = sum(share * photo[:, i : i + 1] for i, share in enumerate(LUMA))
    torch.testing.assert_close(guided(x, photo), slopes * light + offsets)


def test_a_painting_that_is_the_photo_in_other_tones_stays():
    _, photo = pictures(1, 32, 32)
    light = sum(share * photo[:, i : i + 1] for i, share in enumerate(LUMA))
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
