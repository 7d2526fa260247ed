"""Opens a file of a mesh by trimesh, which leaves out without a word what it cannot read: here that is told."""

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

FARTHEST = 1e9  # of a corner from the scene's origin: beyond it trimesh's joining of corners overflows
UNWELDED = (".obj", ".ply", ".stl", ".off")  # formats whose corners are joined where they lie in one place
LEFT_OUT = re.compile("(unable|failed) to load (image|texture|material)")  # in trimesh's log


def parts_of(path: Path, notices: list[str]) -> list[Any]:
    """The parts of a mesh, put where the scene has them. No network is asked, and no file outside the mesh's folder is read.

    Args:
        path: of the mesh.
        notices: is told what the mesh names and what cannot be used.

    Raises:
        ValueError: corners are no numbers, or too far away.
    """
    import trimesh

    with told(notices):
        scene = trimesh.load_scene(path, process=False)
        parts: list[Any] = scene.dump()
    for mesh in (part for part in parts if isinstance(part, trimesh.Trimesh)):
        # its copies of textured meshes have lost the colours of their corners
        own = getattr(scene.geometry[mesh.metadata["name"]].visual, "vertex_attributes", {})
        if "color" in own:
            visual: Any = mesh.visual
            visual.vertex_attributes["color"] = own["color"]
        corners = np.abs(mesh.vertices[mesh.faces])
        if not (corners <= FARTHEST).all():
            raise ValueError(f"corners are no numbers, or beyond {FARTHEST:g}")
        mesh.remove_unreferenced_vertices()
        if path.suffix.lower() in UNWELDED:
            mesh.process()
    return parts


@contextmanager
def told(notices: list[str]) -> Iterator[None]:
    """Inside, what trimesh tells its log alone of textures and materials becomes a notice."""
    log, handler = logging.getLogger("trimesh"), Missing(notices)
    level, propagates = log.level, log.propagate
    log.addHandler(handler)
    log.setLevel(logging.DEBUG)
    log.propagate = False
    try:
        yield
    finally:
        log.removeHandler(handler)
        log.setLevel(level)
        log.propagate = propagates


class Missing(logging.Handler):
    """Collects what could not be loaded."""

    def __init__(self, notices: list[str]) -> None:
        super().__init__(logging.DEBUG)
        self.notices = notices

    def emit(self, record: logging.LogRecord) -> None:
        said = record.getMessage()
        if LEFT_OUT.match(said):
            why = record.exc_info[1] if record.exc_info else said
            reason = re.sub(" <[^>]*>", "", str(why)).split(" — ")[0]  # without addresses, and trimesh's own remedy
            self.notices.append(f"a texture or a material is left out: {reason}")
