"""Dabs: calm squares win, edges stay where they are, and a slow loop gives the same numbers."""

import pytest
import torch

from txst.layers.kuwahara import FLAT, coloured, kuwahara
from txst.layers.norm_statistics import RecordStatistics, ReplayStatistics


def by_hand(x, reach):
    _, channels, height, width = x.shape
    mirror = lambda i, n: -i if i < 0 else 2 * (n - 1) - i if i >= n else i  # noqa: E731
    out = torch.zeros_like(x)
    for row in range(height):
        for column in range(width):
            total, mixed = 0.0, torch.zeros(channels, dtype=x.dtype)
            for down in (-reach, 0):
                for right in (-reach, 0):
                    rows = [mirror(row + down + i, height) for i in range(reach + 1)]
                    columns = [mirror(column + right + i, width) for i in range(reach + 1)]
                    square = x[0][:, rows][:, :, columns].flatten(1)
                    weight = float((square.var(1, unbiased=False).sum() + FLAT) ** -2)
                    total, mixed = total + weight, mixed + weight * square.mean(1)
            out[0, :, row, column] = mixed / total
    return out


@pytest.mark.parametrize("reach", [1, 2, 3])
def test_it_is_the_mean_of_calm_squares(reach):
    x = torch.rand(1, 3, 9, 7, dtype=torch.float64, generator=torch.Generator().manual_seed(reach))
    torch.testing.assert_close(kuwahara(x, reach), by_hand(x, reach))


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
    calm = kuwahara(grainy, 2)
    assert (calm[..., :16].std((0, 2, 3)) < 0.5 * grainy[..., :16].std((0, 2, 3))).all()
    assert (calm[..., 16] - calm[..., 15]).mean() > 0.75


def test_what_is_flat_stays_and_a_gradient_passes():
    flat = torch.tensor([0.2, 0.3, 0.6]).view(1, 3, 1, 1).repeat(1, 1, 8, 8).requires_grad_()
    painted = kuwahara(flat, 3)
    torch.testing.assert_close(painted, flat)
    painted.sum().backward()
    assert flat.grad is not None
    assert flat.grad.isfinite().all()
