"""From views to a texture; painters here are plain functions, but for one test of the command."""

import json
import runpy
import sys

import numpy as np
import pytest


def as_it_is(picture, stroke, sheet):
    return picture


def seen_room(room_file, texels=128):
    from txst.mesh.atlas import atlas_of
    from txst.mesh.raster import Raycaster
    from txst.mesh.stylise import cameras_for
    from txst.mesh.surface import read_surface

    surface = read_surface(room_file)
    rays = Raycaster(surface)
    return rays, atlas_of(surface, texels), cameras_for(rays, None, 9, 64)


def test_views_that_nobody_paints_give_the_texture_back(room_file):
    from txst.mesh.stylise import stylise

    rays, atlas, cameras = seen_room(room_file)
    done = stylise(rays, atlas, cameras, as_it_is)
    own = rays.surface.colour(atlas.face, atlas.share)
    difference = done.texture.reshape(-1, 3)[atlas.index] / 255 - own
    assert np.abs(difference).mean() < 0.035
    assert 0 < done.unseen < 0.3  # under the table
    assert (stylise(rays, atlas, cameras, as_it_is).texture == done.texture).all()


def test_a_texel_seen_in_two_colours_gets_one_and_both_cameras_see_it(room_file):
    from txst.mesh.measure import reprojection_error
    from txst.mesh.stylise import stylise, textured

    rays, atlas, cameras = seen_room(room_file)
    number = iter(range(1000))

    def moody(picture, stroke, sheet):
        return (picture * (0.6 + 0.4 * (next(number) % 2))).astype(np.uint8)

    done = stylise(rays, atlas, cameras, moody, depth=False)
    shown = [rays.photograph(camera, textured(atlas, done.texture))[0] for camera in cameras]
    ours, alone = (reprojection_error(rays, cameras, each) for each in (shown, done.paintings))
    assert ours < 0.4 * alone


def test_strokes_are_as_large_on_a_far_wall_as_on_a_near_one(wall):
    from txst.mesh.stylise import painted

    asked = []

    def paint(picture, stroke):
        asked.append(stroke)
        return np.full_like(picture, round(100 * stroke))

    depth = np.repeat([[1.0, 2.0, 4.0]], 4, 0)
    done = painted(np.zeros((4, 3, 3), np.float32), 2 / depth, paint)
    assert done[0, :, 0] * 255 == pytest.approx(
        [200, 100, 50]
    )  # on the screen; on the wall, times depth, they are equal
    assert set(asked) == {2, 1, 0.5}


def test_between_two_sizes_both_have_a_share_and_there_is_no_jump():
    from txst.mesh.stylise import painted

    size = np.geomspace(0.2, 5, 400)[None].repeat(2, 0)
    done = painted(np.zeros((2, 400, 3), np.float32), size, lambda p, s: np.full_like(p, round(60 * s)))[0, :, 0] * 255
    assert (np.diff(done) >= -1e-3).all()
    assert done[[0, -1]] == pytest.approx([21, 240])  # beyond the range of sizes, its ends
    assert np.abs(np.log2(done[90:-60] / 60 / size[0, 90:-60])).max() < 0.27


def test_bands_add_up_to_the_picture():
    from txst.mesh.merge import bands

    picture = np.random.default_rng(0).random((37, 50, 3)).astype(np.float32)
    assert sum(bands(picture)) == pytest.approx(picture, abs=1e-5)


def test_filling_keeps_what_is_known_and_stays_within_it():
    from txst.mesh.merge import grown, push_pull

    rng = np.random.default_rng(0)
    values, known = rng.random((45, 31, 3)).astype(np.float32), rng.random((45, 31)) < 0.1
    full = push_pull(values, known)
    assert (full[known] == values[known]).all()
    assert full.min() >= values[known].min() - 1e-6
    assert full.max() <= values[known].max() + 1e-6
    assert push_pull(np.ones((8, 8, 3), np.float32), known[:8, :8] & False).max() == 0
    more, there = grown(np.full((9, 9, 1), 7.0, np.float32), np.eye(9, dtype=bool), 2)
    assert more[there] == pytest.approx(7)
    assert there.sum() > known[:9, :9].sum()


def test_photos_with_poses_are_painted_in_place_of_the_mesh_s_own_colours(wall, tmp_path):
    from PIL import Image

    from txst.mesh.atlas import atlas_of
    from txst.mesh.cameras import looking, write_poses
    from txst.mesh.raster import Raycaster
    from txst.mesh.stylise import cameras_for, stylise

    poses = json.loads(write_poses([looking((0, 0, 3), (0, 0, 0), 64, 64, 60)]))
    poses["frames"][0]["file_path"] = "photo.png"
    (tmp_path / "poses.json").write_text(json.dumps(poses))
    photo = np.zeros((64, 64, 3), np.uint8)
    photo[:, 32:] = (0, 0, 200)  # blue on the right
    Image.fromarray(photo).save(tmp_path / "photo.png")
    rays, atlas = Raycaster(wall), atlas_of(wall, 32)
    texture = stylise(rays, atlas, cameras_for(rays, tmp_path / "poses.json", 1, 32), as_it_is).texture
    assert texture[4:-4, 20:-4].reshape(-1, 3) == pytest.approx(np.array([[0, 0, 200]] * (24 * 8)), abs=2)
    assert texture[4:-4, 4:12].max() <= 2


def test_the_command_leaves_a_mesh_a_film_and_views_and_writes_over_nothing(room_file, tmp_path, monkeypatch, capsys):
    import trimesh
    from PIL import Image

    out = tmp_path / "painted.glb"
    line = [str(room_file), "--style", "claude monet", "-o", str(out), "--cameras=2", "--size=48", "--texture=96"]
    command(monkeypatch, *line, "--frames=2", "--model=small", "--flat")
    assert {file.name for file in tmp_path.iterdir()} == {"painted.glb", "painted.gif", "painted_views.jpg"}
    mesh = next(iter(trimesh.load_scene(out).geometry.values()))
    assert mesh.visual.material.baseColorTexture.size == (96, 96)
    with Image.open(tmp_path / "painted.gif") as film:
        assert film.n_frames == 2
    was = out.read_bytes()
    for wrong, said in ((line, "is there already"), ([*line[:4], str(tmp_path / "painted.ply")], "is written as")):
        with pytest.raises(SystemExit, match=said):
            command(monkeypatch, *wrong)
    with pytest.raises(SystemExit, match="nobody"):
        command(monkeypatch, *line[:2], "nobody at all", "-o", str(tmp_path / "other.glb"), "--cameras=1", "--size=32")
    assert out.read_bytes() == was
    assert len(list(tmp_path.iterdir())) == 3


def command(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["stylise_mesh", *arguments])
    runpy.run_path("scripts/stylise_mesh.py", run_name="__main__")


def test_cameras_that_see_nothing_are_told_how_poses_are_meant(wall):
    from txst.mesh.atlas import atlas_of
    from txst.mesh.cameras import looking
    from txst.mesh.raster import Raycaster
    from txst.mesh.stylise import stylise
    from txst.mesh.surface import MeshError

    with pytest.raises(MeshError, match="cameras look along -z"):
        stylise(Raycaster(wall), atlas_of(wall, 16), [looking((0, 0, 3), (0, 0, 9), 8, 8)], as_it_is)
