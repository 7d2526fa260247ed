"""Meshes from and to files, and their maps."""

import runpy
import sys

import numpy as np
import pytest
from PIL import Image


@pytest.mark.parametrize("ending", ["glb", "obj"])
def test_a_mesh_is_read_as_it_was_written(wall, tmp_path, ending):
    from txst.mesh.surface import read_surface, write_surface

    uv = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)
    files = write_surface(tmp_path / f"a wall.{ending}", wall.vertices, wall.faces, uv, wall.textures[0])
    assert sorted(files) == sorted(tmp_path.iterdir())
    read = read_surface(tmp_path / f"a wall.{ending}")
    rng = np.random.default_rng(0)
    share = rng.dirichlet(np.ones(3), 50).astype(np.float32)
    face = rng.integers(0, 2, 50)
    assert read.points(face, share) == pytest.approx(wall.points(face, share), abs=1e-5)
    assert read.colour(face, share) == pytest.approx(wall.colour(face, share), abs=1e-5)


def test_parts_keep_their_places_and_colours(tmp_path):
    import trimesh

    from txst.mesh.surface import read_surface

    red = trimesh.creation.box((1, 1, 1))
    red.visual.vertex_colors = [255, 0, 0, 255]
    scene = trimesh.Scene()
    scene.add_geometry(red, transform=trimesh.transformations.translation_matrix((5, 0, 0)))
    scene.add_geometry(trimesh.creation.box((1, 1, 1)))
    scene.export(tmp_path / "two.glb")
    read = read_surface(tmp_path / "two.glb")
    middle = np.full((len(read.faces), 3), 1 / 3, np.float32)
    every = np.arange(len(read.faces))
    right = read.points(every, middle)[:, 0] > 2
    assert right.sum() == 12
    assert read.colour(every, middle)[right] == pytest.approx(np.broadcast_to((1, 0, 0), (12, 3)), abs=0.01)


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("scene.glb", b"glTF and then nothing", "broken, or no mesh"),
        ("scene.ply", b"", "broken, or no mesh"),
        ("scene.obj", b"v 0 0 0\nv 1 0 0\n", "has no triangles|broken, or no mesh"),
        ("scene.obj", b"v 0 0 0\nv nan 0 0\nv 0 1 0\nf 1 2 3\n", "are no numbers|has no triangles"),
        ("scene.fbx", b"", "a mesh is one of"),
    ],
)
def test_a_file_that_is_no_mesh_is_named(tmp_path, name, data, said):
    from txst.mesh.surface import MeshError, read_surface

    (tmp_path / name).write_bytes(data)
    with pytest.raises(MeshError, match=said) as error:
        read_surface(tmp_path / name)
    assert name in str(error.value)


def test_own_maps_are_kept_and_their_texels_lie_where_they_should(wall):
    from txst.mesh.atlas import atlas_of

    atlas = atlas_of(wall, 32)
    assert not atlas.unwrapped
    assert len(atlas.index) == 32 * 32
    y, x = np.divmod(atlas.index, 32)
    places = wall.points(atlas.face, atlas.share)
    assert places[:, 0] == pytest.approx((x + 0.5) / 16 - 1, abs=1e-5)
    assert places[:, 1] == pytest.approx(1 - (y + 0.5) / 16, abs=1e-5)


@pytest.mark.parametrize("why", ["there are none", "they overlap", "they repeat", "they are points"])
def test_new_maps_have_a_place_for_every_point(wall, why):
    from txst.mesh.atlas import atlas_of, overlaps

    if why == "there are none":
        wall.textures, wall.source = [], wall.source - 1
    elif why == "they overlap":
        wall.corner_uv[1] = wall.corner_uv[0]
    elif why == "they are points":
        wall.corner_uv[:] = [[[0.25, 0.5]], [[0.75, 0.5]]]
    else:
        wall.corner_uv *= 3
    atlas = atlas_of(wall, 64)
    assert atlas.unwrapped
    assert not overlaps(atlas)
    assert atlas.uv.min() >= 0
    assert atlas.uv.max() <= 1
    share = np.random.default_rng(0).dirichlet(np.ones(3), 40).astype(np.float32)
    for face in (0, 1):  # the faces are in their order, and have their corners
        there = np.einsum("nc,cd->nd", share, atlas.vertices[atlas.faces[face]])
        assert there == pytest.approx(wall.points(np.full(40, face), share), abs=1e-5)


def test_the_drawn_room_is_the_same_each_time_and_its_maps_do_not_overlap(room_file):
    from txst.mesh.atlas import atlas_of
    from txst.mesh.surface import read_surface
    from txst.synthetic.room import room

    first, second = room(8), room(8)
    assert (first.texture == second.texture).all()
    assert not atlas_of(read_surface(room_file), 128).unwrapped


def test_transparency_is_told(tmp_path):
    import trimesh

    from txst.mesh.surface import read_surface

    image = Image.new("RGBA", (4, 4), (255, 0, 0, 100))
    material = trimesh.visual.material.PBRMaterial(baseColorTexture=image)
    mesh = trimesh.Trimesh(np.eye(3), [[0, 1, 2]], process=False)
    mesh.visual = trimesh.visual.TextureVisuals(uv=np.eye(3)[:, :2], material=material)
    mesh.export(tmp_path / "glass.glb")
    assert "transparency" in read_surface(tmp_path / "glass.glb").notices[0]


@pytest.mark.parametrize("textured", [False, True])
def test_colours_of_corners_are_linear_light_in_gltf_and_srgb_in_ply(tmp_path, textured):
    import trimesh

    from txst.mesh.surface import read_surface

    mesh = trimesh.Trimesh(np.eye(3), [[0, 1, 2]], process=False)
    half = np.array([[128, 0, 255, 255]] * 3, np.uint8)
    if textured:
        white = trimesh.visual.material.PBRMaterial(baseColorTexture=Image.new("RGB", (4, 4), "white"))
        mesh.visual = trimesh.visual.TextureVisuals(uv=np.eye(3)[:, :2], material=white)
        mesh.visual.vertex_attributes["color"] = half
    else:
        mesh.visual.vertex_colors = half
    for name, expected in [("half.glb", 0.737), ("half.ply", 0.502)][: 1 + (not textured)]:
        mesh.export(tmp_path / name)
        colour = read_surface(tmp_path / name).colour(np.array([0]), np.full((1, 3), 1 / 3))
        np.testing.assert_allclose(colour, [[expected, 0, 1]], atol=0.004)


def test_a_factor_of_gltf_is_linear_light(tmp_path):
    import trimesh

    from txst.mesh.surface import read_surface

    material = trimesh.visual.material.PBRMaterial(baseColorFactor=[0.5, 0.0, 1.0, 1.0])
    mesh = trimesh.Trimesh(np.eye(3), [[0, 1, 2]], process=False)
    mesh.visual = trimesh.visual.TextureVisuals(uv=np.eye(3)[:, :2], material=material)
    mesh.export(tmp_path / "half.glb")
    colour = read_surface(tmp_path / "half.glb").colour(np.array([0]), np.full((1, 3), 1 / 3))
    np.testing.assert_allclose(colour, [[0.735, 0, 1]], atol=0.004)


def test_the_room_is_drawn_with_cameras_in_it(tmp_path, monkeypatch):
    from txst.mesh.cameras import read_poses
    from txst.mesh.raster import Raycaster
    from txst.mesh.surface import read_surface

    monkeypatch.setattr(sys, "argv", ["draw_room", "--texels=8", "--cameras=5", "-o", str(tmp_path / "room.glb")])
    runpy.run_path("scripts/draw_room.py", run_name="__main__")
    rays = Raycaster(read_surface(tmp_path / "room.glb"))
    cameras = read_poses(tmp_path / "room.json")
    assert len(cameras) == 5
    assert all(rays.look(camera.scaled(0.1)).seen.all() for camera in cameras)
