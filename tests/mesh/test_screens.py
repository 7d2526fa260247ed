"""What losses look at of a mesh: sizes by depth, weights by angle, and rays that meet the right texels."""

import numpy as np
import pytest


def screens(wall, camera, stroke=1.0, usual=None, texels=64):
    from txst.mesh.atlas import atlas_of
    from txst.mesh.raster import Raycaster
    from txst.mesh.screens import screens_of

    return screens_of(Raycaster(wall), atlas_of(wall, texels), camera, stroke, usual)


def test_rays_meet_the_texels_that_the_camera_sees(wall):
    import torch

    from txst.canvases.texture import on_screen
    from txst.images import planes
    from txst.mesh.cameras import looking

    (screen,) = screens(wall, looking((1, 0.7, 3), (0.1, 0, 0), 64, 48, 60))
    texture = torch.from_numpy(planes(wall.textures[0]))
    seen = on_screen(texture, *map(torch.from_numpy, (screen.uv, screen.cover, screen.picture)))
    height, width = screen.weight.shape[2:]
    met = ((np.abs(screen.uv[0]).max(2) < 0.95) & (screen.cover[0, 0] > 0)).reshape(height, 2, width, 2).all((1, 3))
    assert 0.2 < met.mean() < 0.95  # but for the border, where the mesh's own texture begins anew
    assert np.abs(seen.numpy() - screen.picture)[..., met].max() < 0.01
    assert (seen.numpy() == screen.picture)[..., screen.weight[0, 0] == 0].all()


def test_what_is_far_is_seen_large_and_what_is_near_small(wall, monkeypatch):
    from txst.mesh.cameras import looking

    monkeypatch.setattr("txst.mesh.screens.LEAST_SIDE", 24)
    camera = looking((0, 0, 3), (0, 0, 0), 96, 96, 30)  # the wall fills the picture
    footprint = 3 / camera.focal[0]
    sides = {
        times: [len(screen.picture[0, 0]) for screen in screens(wall, camera, usual=footprint * times)]
        for times in (0.5, 1.0, 4.0)
    }
    assert sides == {0.5: [192], 1.0: [96], 4.0: [24]}
    assert [len(screen.picture[0, 0]) for screen in screens(wall, camera, stroke=2.0)] == [48]


def test_between_two_sizes_both_have_a_share_and_together_the_cosine(wall):
    from txst.mesh.cameras import looking

    camera = looking((0, 0, 3), (0, 0, 0), 192, 192, 30)
    large, small = screens(wall, camera, usual=3 / camera.focal[0] * 2**0.25)
    assert large.share == pytest.approx(3 * small.share, rel=1e-3)
    (alone,) = screens(wall, camera)
    assert alone.share == pytest.approx(large.share + small.share, rel=1e-3)
    assert alone.weight.max() == pytest.approx(1, abs=1e-3)


def test_a_screen_is_cut_to_what_counts_and_small_strokes_are_looked_for_from_the_front_alone(wall):
    from txst.mesh.cameras import looking

    (front,) = screens(wall, looking((0, 0, 12), (0, 0, 0), 96, 96, 30))
    assert front.front == pytest.approx(front.weight)
    assert (
        front.picture.shape[2:] == front.weight.shape[2:] == (62, 62)
    )  # the wall has 30 of 96, and 16 about it are seen
    (slanted,) = screens(wall, looking((6, 0, 2), (0, 0, 0), 64, 64, 30))
    assert not slanted.front.any()
    assert slanted.weight.max() < 0.5


def test_a_thing_that_is_tiny_in_the_picture_is_looked_at(wall):
    from txst.mesh.cameras import looking

    (far,) = screens(wall, looking((0, 0, 30), (0, 0, 0), 96, 96, 60))
    assert far.share < 0.01
    assert far.picture.shape[2:] == (40, 40)  # a loss network wants so many


def test_strokes_that_views_are_too_small_for_are_refused(wall):
    from txst.mesh.cameras import looking
    from txst.mesh.surface import MeshError

    with pytest.raises(MeshError, match=r"stroke is 4; in views of 96 x 96 it lies between 0.5 and 2"):
        screens(wall, looking((0, 0, 3), (0, 0, 0), 96, 96), stroke=4)
