"""Edges of drawn pictures, and the same pictures with these smoothed."""

import torch

from txst.layers.edges import edges, edges_smoothed


def square():
    image = torch.full((1, 3, 40, 40), 0.1)
    image[..., 10:30, 10:30] = 0.9
    return image


def test_edges_are_where_brightness_jumps_and_nowhere_else():
    found = edges(square())[0, 0]
    assert found[10, 20] == found[9, 20] == found[20, 30] == 1
    assert found[20, 20] == found[3, 3] == 0
    assert found.sum() < 4 * 2 * 24
    assert edges(torch.rand(1, 3, 1, 1).expand(1, 3, 40, 40)).sum() == 0
    assert edges(torch.linspace(0, 1, 40).expand(1, 3, 40, 40)).sum() == 0  # a ramp is none


def test_smoothing_changes_what_is_near_edges_and_nothing_else():
    image = square()
    smooth = edges_smoothed(image)
    moved = (smooth - image).abs().amax(1)[0] > 0
    near = torch.zeros(40, 40, dtype=torch.bool)
    near[6:34, 6:34] = True
    near[14:26, 14:26] = False
    assert moved.any()
    assert not (moved & ~near).any()
    steepest = [x.diff(dim=-1).abs().max() for x in (smooth, image)]
    assert steepest[0] < 0.5 * steepest[1]
    torch.testing.assert_close(smooth[..., 5:35, 5:35].mean(), image[..., 5:35, 5:35].mean(), atol=1e-3, rtol=0)
