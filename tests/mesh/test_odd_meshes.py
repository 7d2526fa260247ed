"""Meshes and poses that are odd, broken or made to harm."""

import json
import os
import runpy
import sys

import numpy as np
import pytest
from PIL import Image

FACE = "v 0 0 0\nv 1 0 0\nv 0 1 {}\nvt 0 0\nvt 1 0\nvt 0 1\nf 1/1 2/2 3/3\n"


def command(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["stylise_mesh", *arguments])
    runpy.run_path("scripts/stylise_mesh.py", run_name="__main__")


def triangle(folder, head="", last="0", tail=""):
    path = folder / "a.obj"
    path.write_text(head + FACE.format(last) + tail)
    return path


@pytest.mark.parametrize(
    ("mtllib", "texture", "said"),
    [
        ("no.mtl", "", "no.mtl"),
        ("a.mtl", "no.png", "no.png"),
        ("a.mtl", "../outside.png", "'../outside.png' escapes"),
        ("a.mtl", "broken.png", "cannot identify image file"),
        ("../outside.mtl", "", "'../outside.mtl' escapes"),
    ],
)
def test_a_texture_that_cannot_be_read_is_told_and_none_is_read_outside_the_folder(tmp_path, mtllib, texture, said):
    from txst.mesh.surface import read_surface

    folder = tmp_path / "mesh"
    folder.mkdir()
    Image.new("RGB", (4, 4), "blue").save(tmp_path / "outside.png")
    (tmp_path / "outside.mtl").write_text("newmtl m\nKd 0 0 1\n")
    (folder / "broken.png").write_bytes(b"no picture")
    (folder / "a.mtl").write_text(f"newmtl m\nmap_Kd {texture}\n")
    surface = read_surface(triangle(folder, f"mtllib {mtllib}\nusemtl m\n"))
    assert surface.colour(np.array([0]), np.ones((1, 3)) / 3)[0, 0] > 0.3  # it is not blue
    assert len(surface.notices) == 1
    assert said in surface.notices[0]


@pytest.mark.parametrize("number", ["nan", "inf", "1e30"])
def test_corners_that_are_no_numbers_are_refused_and_not_dropped(tmp_path, number):
    from txst.mesh.surface import MeshError, read_surface

    with pytest.raises(MeshError, match=r"a.obj.*corners are no numbers"):
        read_surface(triangle(tmp_path, last=number))
    assert len(read_surface(triangle(tmp_path, tail=f"v 0 0 {number}\n")).vertices) == 3  # no face has that corner


POSE = [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 5], [0, 0, 0, 1]]
FRAME = {"w": 8, "h": 8, "fl_x": 9, "transform_matrix": POSE}


@pytest.mark.parametrize(
    "wrong",
    [{"w": float("inf")}, {"fl_x": float("inf")}, {"fl_x": 0, "camera_angle_x": 0}, {"cx": float("nan")},
     {"transform_matrix": [[1], [2, 3]]}],
)  # fmt: skip
def test_poses_that_cannot_be_meant_are_named(tmp_path, wrong):
    from txst.mesh.cameras import read_poses
    from txst.mesh.surface import MeshError

    (tmp_path / "poses.json").write_text(json.dumps({"frames": [{**FRAME, **wrong}]}))
    with pytest.raises(MeshError, match=r"poses.json: frame 0"):
        read_poses(tmp_path / "poses.json")
    (tmp_path / "poses.json").write_text('{"frames": ' + "[" * 100_000)
    with pytest.raises(MeshError, match=r"poses.json: not a transforms.json"):
        read_poses(tmp_path / "poses.json")


@pytest.fixture(autouse=True)
def _formats(monkeypatch):
    Image.init()
    monkeypatch.setattr(Image, "ID", [*Image.ID])  # the command takes formats from it


def test_no_memory_and_ctrl_c_end_in_a_sentence(tmp_path, monkeypatch, capsys):
    line = [str(triangle(tmp_path)), "--style=monet", "-o", str(tmp_path / "b.obj")]

    def fails(error):
        def read(path):
            raise error

        monkeypatch.setattr("txst.mesh.surface.read_surface", read)

    fails(MemoryError())
    with pytest.raises(SystemExit, match=r"a.obj: too large for the memory"):
        command(monkeypatch, *line)
    fails(KeyboardInterrupt())
    with pytest.raises(SystemExit) as ended:
        command(monkeypatch, *line)
    assert ended.value.code == 130
    assert os.listdir(tmp_path) == ["a.obj"]
    with pytest.raises(SystemExit):
        command(monkeypatch, *line, "--texture=1000000")
    assert "lies between 16 and 8192" in capsys.readouterr().err


def test_nothing_is_written_over_what_is_read(tmp_path, monkeypatch):
    (tmp_path / "b.png").write_bytes(b"the style")
    line = [str(triangle(tmp_path)), "--style-image", str(tmp_path / "b.png"), "-o", str(tmp_path / "b.obj")]
    with pytest.raises(SystemExit, match=r"b.png: is read by this run"):
        command(monkeypatch, *line, "--overwrite")
