"""Cameras and rays, held against closed forms of a wall."""

import json

import numpy as np
import pytest


def test_depth_angle_and_place_on_a_wall_that_is_looked_at_straight(wall):
    from txst.mesh.cameras import looking
    from txst.mesh.raster import Raycaster

    view = Raycaster(wall).look(looking((0, 0, 3), (0, 0, 0), 32, 24, 60))
    y, x = np.indices((24, 32)) + 0.5
    pixel = 3 * 2 * np.tan(np.radians(30)) / 32
    places = np.stack([(x - 16) * pixel, (12 - y) * pixel, 0 * x], 2)
    inside = (np.abs(places) < 1).all(2)
    assert view.seen[inside].all()
    assert not view.seen[(np.abs(places) > 1).any(2)].any()
    assert view.depth[inside] == pytest.approx(3, abs=1e-5)
    assert view.footprint[inside] == pytest.approx(pixel, abs=1e-5)
    found = wall.points(view.face[inside], view.share[inside])
    assert found == pytest.approx(places[inside], abs=1e-5)
    away = np.linalg.norm(places - (0, 0, 3), axis=2)
    assert view.cosine[inside] == pytest.approx((3 / away)[inside], abs=1e-5)


def test_a_slanted_camera_finds_each_point_where_its_rays_hit_it(wall):
    from txst.mesh.cameras import looking
    from txst.mesh.raster import Raycaster

    view = Raycaster(wall).look(looking((2, 1.4, 1.1), (0.2, 0, 0), 40, 30, 50))
    points = wall.points(view.face[view.seen], view.share[view.seen])
    places, depth, found = view.find(points)
    y, x = np.nonzero(view.seen)
    assert places == pytest.approx(np.stack([x, y], 1) + 0.5, abs=1e-3)
    assert depth == pytest.approx(view.depth[view.seen], abs=1e-4)
    assert found.all()


def test_what_stands_behind_another_thing_is_not_found(wall):
    from txst.mesh.cameras import looking
    from txst.mesh.raster import Raycaster

    view = Raycaster(wall).look(looking((0, 0, 3), (0, 0, 0), 32, 32, 60))
    _, _, found = view.find(np.array([[0, 0, 0], [0, 0, -0.5], [0, 0, 4], [9, 0, 0]], np.float32))
    assert found.tolist() == [True, False, False, False]


def test_a_photograph_shows_the_texture_where_it_is(wall):
    from txst.mesh.cameras import looking
    from txst.mesh.raster import Raycaster

    camera = looking((0, 0, 3), (0, 0, 0), 32, 32, 2 * np.degrees(np.arctan(1 / 3)))  # the wall fills the picture
    picture, there = Raycaster(wall).photograph(camera)
    middle = (np.arange(32) + 0.5) / 32
    assert there.all()
    assert picture[..., 0] == pytest.approx(np.broadcast_to(middle, (32, 32)), abs=0.02)
    assert picture[..., 1] == pytest.approx(np.broadcast_to(middle[::-1, None], (32, 32)), abs=0.02)


def test_poses_are_read_as_they_were_written(tmp_path, room_file):
    from txst.mesh.cameras import looking, read_poses, write_poses

    cameras = [
        looking((1, 2, 3), (0, 0, 0), 64, 48),
        looking((0, 5, 0), (0, 0, 0), 32, 32, 40),
    ]  # the second straight down
    (tmp_path / "poses.json").write_bytes(write_poses(cameras))
    for camera, read in zip(cameras, read_poses(tmp_path / "poses.json"), strict=True):
        assert read.pose == pytest.approx(camera.pose, abs=1e-5)
        assert (read.width, read.height) == (camera.width, camera.height)
        assert read.focal == pytest.approx(camera.focal, rel=1e-5)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"transform_matrix": [[1, 2], [3, 4]]}, "frame 0 is no rotation"),
        ({"transform_matrix": (2 * np.eye(4)).tolist()}, "frame 0 is no rotation"),
        ({"w": None}, "frame 0 lacks something"),
        ({"k1": 0.1}, "lens distortion"),
        ({"k3": 0.1}, "lens distortion"),
        ({"camera_model": "OPENCV_FISHEYE"}, "lens distortion"),
        ({"file_path": "gone.jpg"}, "the photo of frame 0 is not there"),
    ],
)
def test_a_pose_that_cannot_be_meant_is_named(tmp_path, change, said):
    from txst.mesh.cameras import read_poses
    from txst.mesh.surface import MeshError

    frame = {"transform_matrix": np.eye(4).tolist(), "w": 8, "h": 8, "fl_x": 8.0} | change
    (tmp_path / "poses.json").write_text(json.dumps({"frames": [frame]}))
    with pytest.raises(MeshError, match=said):
        read_poses(tmp_path / "poses.json")


def test_a_room_is_looked_at_from_within_and_a_thing_from_without(wall, room_file):
    from txst.mesh.raster import Raycaster
    from txst.mesh.stylise import cameras_for
    from txst.mesh.surface import read_surface

    rays = Raycaster(read_surface(room_file))
    assert rays.in_room
    assert all((np.abs(camera.place - (0, 1.5, 0)) < (3, 1.5, 2)).all() for camera in cameras_for(rays, None, 8, 32))
    assert not Raycaster(wall).in_room
    seen = [Raycaster(wall).look(camera).seen for camera in cameras_for(Raycaster(wall), None, 6, 32)]
    assert not any(one[[0, -1]].any() or one[:, [0, -1]].any() for one in seen)  # all of it is in the picture
