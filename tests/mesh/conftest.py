"""A wall and a room, small."""

import numpy as np
import pytest


@pytest.fixture(autouse=True)
def _extra():
    for name in ("trimesh", "embreex", "xatlas"):
        pytest.importorskip(name)


@pytest.fixture
def wall():
    """A square of 2 x 2 at z = 0, whose texture tells where it is: red goes right, green goes up."""
    from txst.mesh.surface import Surface

    corners = np.array([[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]], np.float32)
    faces = np.array([[0, 1, 2], [0, 2, 3]])
    uv = (corners[:, :2] + 1) / 2
    across = np.linspace(0, 255, 64)
    texture = np.stack(np.broadcast_arrays(across[None], across[::-1, None], np.float64(99)), 2).astype(np.uint8)
    return Surface(corners, faces, uv[faces], np.ones((2, 3, 3), np.float32), np.zeros(2, int), [texture])


@pytest.fixture(scope="session")
def room_file(tmp_path_factory):
    """The drawn room with few texels."""
    pytest.importorskip("trimesh")
    from txst.mesh.surface import write_surface
    from txst.synthetic.room import room

    drawn = room(16)
    path = tmp_path_factory.mktemp("room") / "room.glb"
    write_surface(path, drawn.vertices, drawn.faces, drawn.uv, drawn.texture)
    return path
