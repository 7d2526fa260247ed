"""Strokes: calm lines win, edges stay where they are, and a slow loop gives the same numbers."""

from itertools import product

import pytest
import torch
import torch.nn.functional as F

from txst.layers.kuwahara import FLAT, coloured, kuwahara
from txst.layers.norm_statistics import RecordStatistics, ReplayStatistics


def by_hand(x, length):
    """One line after the other; beyond the border it goes on with what is there."""
    _, _, height, width = x.shape

    grown = F.pad(x, (length,) * 4, mode="replicate")
    # what lies at length - 1 is the image's first pixel
    near, square = (F.avg_pool2d(y, 3, stride=1)[0] for y in (grown, grown.square()))
    out = torch.zeros_like(x)
    for row in range(height):
        for column in range(width):
            total, mixed = 0.0, torch.zeros(x.shape[1], dtype=x.dtype)
            for down, right in product((-1, 0, 1), repeat=2):
                if not (down or right):
                    continue
                line = [(length - 1 + row + k * down, length - 1 + column + k * right) for k in range(length)]
                mean, of_square = (torch.stack([y[:, i, j] for i, j in line]).mean(0) for y in (near, square))
                weight = float((of_square - mean.square()).sum() + FLAT) ** -2
                total, mixed = total + weight, mixed + weight * mean
            out[0, :, row, column] = mixed / total
    return out


@pytest.mark.parametrize("length", [2, 4, 8])
def test_it_is_the_mean_of_calm_lines(length):
    x = torch.rand(1, 3, 9, 7, dtype=torch.float64, generator=torch.Generator().manual_seed(length))
    torch.testing.assert_close(kuwahara(x, length), by_hand(x, length))


@pytest.mark.parametrize("size", [(1, 1), (1, 20), (3, 2)])
def test_the_smallest_pictures_have_lines_too(size):
    x = torch.rand(1, 3, *size, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(kuwahara(x, 8), by_hand(x, 8))


def test_strokes_follow_an_edge_of_any_slope_and_cross_none():
    rows, columns = torch.meshgrid(torch.arange(48.0), torch.arange(48.0), indexing="ij")
    noise = 0.1 * torch.rand(1, 3, 48, 48, generator=torch.Generator().manual_seed(3))
    for slope in (0, 1, -1, 2, -0.5):
        beside = (columns - 24 - slope * (rows - 24)) / (1 + slope**2) ** 0.5  # pixels from the edge
        painted = kuwahara(0.2 + 0.5 * (beside > 0) + noise, 8).mean(1)[0]
        assert (painted[beside > 2.5] - 0.75).abs().max() < 0.06
        assert (painted[beside < -2.5] - 0.25).abs().max() < 0.06


def test_prints_and_paintings_are_told_apart_by_their_chroma_whichever_part_is_seen():
    ink = torch.rand(1, 1, 16, 16, generator=torch.Generator().manual_seed(0)).expand(1, 3, -1, -1)
    tint = torch.tensor([1.0, 0.5, 0.0]).view(1, 3, 1, 1)
    paper, painting = ink + 0.05 * tint, ink + 0.2 * tint
    assert coloured(torch.cat([ink, paper, painting])).flatten().tolist() == [0, 0, 1]
    assert 0 < coloured(ink + 0.075 * tint) < 1
    record = RecordStatistics()
    coloured(painting, record)
    assert coloured(ink[..., :4], ReplayStatistics(record.moments)) == 1


def test_grain_goes_and_an_edge_stays_where_it_is():
    draw = torch.Generator().manual_seed(0)
    edge = torch.zeros(1, 3, 32, 32)
    edge[..., 16:] = 0.8
    grainy = edge + 0.1 * torch.rand(edge.shape, generator=draw)
    calm = kuwahara(grainy, 8)
    assert (calm[..., :12].std((0, 2, 3)) < 0.5 * grainy[..., :12].std((0, 2, 3))).all()
    assert (calm[..., 17] - calm[..., 14]).mean() > 0.75


def test_what_is_flat_stays_and_a_gradient_passes():
    flat = torch.tensor([0.2, 0.3, 0.6]).view(1, 3, 1, 1).repeat(1, 1, 8, 8).requires_grad_()
    painted = kuwahara(flat, 4)
    torch.testing.assert_close(painted, flat)
    painted.sum().backward()
    assert flat.grad is not None
    assert flat.grad.isfinite().all()
