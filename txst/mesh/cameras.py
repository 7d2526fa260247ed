"""Cameras: read from a file of poses, or placed about an object or within a room."""

import json
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from txst.mesh.surface import Floats, MeshError

UP = np.array([0.0, 1.0, 0.0])


@dataclass(frozen=True)
class Camera:
    """A pinhole camera. It looks along -z of its own axes, x is right and y is up, as in glTF, OpenGL and NeRF's files.

    Args:
        pose: [4, 4] from the camera's axes to the scene's.
        width, height: in pixels.
        focal: in pixels, across and down.
        centre: in pixels from the left and the top.
        image: a photo taken by it.
    """

    pose: Floats
    width: int
    height: int
    focal: tuple[float, float]
    centre: tuple[float, float]
    image: Path | None = None

    @property
    def place(self) -> Floats:
        """[3]."""
        return self.pose[:3, 3]

    def rays(self) -> tuple[Floats, Floats]:
        """Origins and directions [h w, 3] through the middle of each pixel; a direction goes one unit along the axis."""
        y, x = np.indices((self.height, self.width)).reshape(2, -1) + 0.5
        own = [(x - self.centre[0]) / self.focal[0], (self.centre[1] - y) / self.focal[1], -np.ones_like(x)]
        directions = np.stack(own, 1) @ self.pose[:3, :3].T
        return np.broadcast_to(self.place, directions.shape), directions

    def project(self, points: Floats) -> tuple[Floats, Floats]:
        """Where it sees places [n, 3]: (x, y) in pixels [n, 2], and the depth along its axis [n], below 0 behind it."""
        own = (points - self.place) @ self.pose[:3, :3]
        depth = -own[:, 2]
        safe = np.where(np.abs(depth) < 1e-9, 1e-9, depth)
        x = self.focal[0] * own[:, 0] / safe + self.centre[0]
        y = self.centre[1] - self.focal[1] * own[:, 1] / safe
        return np.stack([x, y], 1), depth

    def scaled(self, factor: float) -> "Camera":
        """The same with more or fewer pixels."""
        width, height = max(1, round(self.width * factor)), max(1, round(self.height * factor))
        x, y = width / self.width, height / self.height
        return replace(
            self,
            width=width,
            height=height,
            focal=(self.focal[0] * x, self.focal[1] * y),
            centre=(self.centre[0] * x, self.centre[1] * y),
        )


def looking(place: Any, at: Any, width: int, height: int, angle: float = 70.0) -> Camera:
    """A camera at a place that looks at another, with y up; `angle` is that of view across, in degrees."""
    place, at = np.asarray(place, float), np.asarray(at, float)
    back = (place - at) / max(np.linalg.norm(place - at), 1e-12)
    right = np.cross(UP if abs(back[1]) < 0.999 else np.array([0.0, 0.0, -1.0]), back)
    right /= np.linalg.norm(right)
    pose = np.eye(4)
    pose[:3, :3], pose[:3, 3] = np.stack([right, np.cross(back, right), back], 1), place
    focal = width / 2 / math.tan(math.radians(angle) / 2)
    return Camera(pose, width, height, (focal, focal), (width / 2, height / 2))


def read_poses(path: Path) -> list[Camera]:
    """Cameras of a `transforms.json`, the format of NeRF's tools (COLMAP's are converted to it by many programs).

    For all frames or for each: `w` and `h` in pixels, `fl_x` (and `fl_y`) in pixels or `camera_angle_x` in radians, `cx`, `cy` (the
    middle, unless given). Each frame: `transform_matrix`, 4 x 4 from the camera to the scene, and `file_path` of a photo, beside the file, or none.

    Raises:
        MeshError: naming the file, the frame and the reason.
    """
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        frames = told["frames"]
    except FileNotFoundError:
        raise MeshError(f"{path}: no such file") from None
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise MeshError(f"{path}: not a transforms.json with frames ({error!r})") from None
    if not isinstance(frames, list) or not frames:
        raise MeshError(f"{path}: has no frames")
    return [frame_of(path, number, told, frame) for number, frame in enumerate(frames)]


def frame_of(path: Path, number: int, told: dict[str, Any], frame: Any) -> Camera:
    """One camera of a file of poses."""
    try:
        known = {**told, **frame}
        width, height = int(known["w"]), int(known["h"])
        pose = np.array(known["transform_matrix"], float)
        # an angle of view where there is no focal length
        across = float(known.get("fl_x") or width / 2 / math.tan(float(known["camera_angle_x"]) / 2))
        focal = (across, float(known.get("fl_y", across)))
        centre = (float(known.get("cx", width / 2)), float(known.get("cy", height / 2)))
        image = known.get("file_path")
    except (KeyError, TypeError, ValueError, ArithmeticError) as error:
        raise MeshError(f"{path}: frame {number} lacks something, or it is no number: {error!r}") from None
    turned = pose[:3, :3] if pose.shape == (4, 4) else np.zeros((3, 3))
    if not np.allclose(turned @ turned.T, np.eye(3), atol=1e-3) or not np.isfinite(pose).all():
        raise MeshError(f"{path}: the transform_matrix of frame {number} is no rotation and place, 4 x 4")
    if min(width, height) < 1 or not all(0 < length < math.inf for length in focal) or not np.isfinite(centre).all():
        raise MeshError(f"{path}: frame {number} has no pixels, no focal length above 0, or a middle that is no number")
    bent = any(known.get(name) for name in ("k1", "k2", "k3", "k4", "k5", "k6", "p1", "p2"))
    if bent or "FISHEYE" in str(known.get("camera_model")):
        raise MeshError(f"{path}: frame {number} has lens distortion (k1, ...): undistort the photos first")
    photo = path.parent / str(image) if image else None
    if photo is not None and not photo.is_file():
        raise MeshError(f"{path}: the photo of frame {number} is not there: {photo}")
    return Camera(pose, width, height, focal, centre, photo)


def write_poses(cameras: list[Camera]) -> bytes:
    """The bytes of a `transforms.json`."""
    frames = [
        {
            "transform_matrix": camera.pose.round(6).tolist(),
            **{"w": camera.width, "h": camera.height, "fl_x": round(camera.focal[0], 4)},
            **{"fl_y": round(camera.focal[1], 4), "cx": camera.centre[0], "cy": camera.centre[1]},
        }
        for camera in cameras
    ]
    return json.dumps({"frames": frames}, indent=1).encode()


Hit = Callable[[Floats, Floats], tuple[Any, Floats, Floats]]


def sphere(count: int) -> Floats:
    """Unit vectors [n, 3], evenly spread (Fibonacci's spiral)."""
    height = 1 - (np.arange(count) + 0.5) * 2 / count
    turn = np.arange(count) * math.pi * (3 - math.sqrt(5))
    flat = np.sqrt(1 - height**2)
    return np.stack([flat * np.cos(turn), height, flat * np.sin(turn)], 1)


def around(vertices: Floats, count: int, size: int) -> list[Camera]:
    """Cameras on a sphere about an object, which looks in at all of it."""
    low, high = vertices.min(0), vertices.max(0)
    middle = (low + high) / 2
    far = distance(vertices, middle)
    return [looking(middle + far * way, middle, size, size, 45.0) for way in sphere(count)]


def distance(vertices: Floats, middle: Floats) -> float:
    """From how far a camera with an angle of view of 45 degrees sees all of a thing."""
    return float(np.linalg.norm(vertices - middle, axis=1).max()) / math.sin(math.radians(22.5)) * 1.02


def within(vertices: Floats, hit: Hit, count: int, size: int) -> list[Camera]:
    """Cameras on an oval through a room. Each looks across it: one down, the next ahead, the third up, and so on."""
    low, high = vertices.min(0), vertices.max(0)
    middle = (low + high) / 2
    turns = np.arange(count) * 2 * math.pi / count
    cameras = []
    for number, turn in enumerate(turns):
        way = np.array([math.cos(turn), 0.0, math.sin(turn)])
        _, _, free = hit(middle[None], way[None])
        far = min(float(free[0]), float((np.abs(way) * (high - low)).sum() / 2))
        place = middle + 0.5 * far * way
        steep = math.radians((-48.0, 0.0, 48.0)[number % 3])
        at = place - way * math.cos(steep) + UP * math.sin(steep)
        cameras.append(looking(place, at, size, size, 80.0))
    return cameras


def turntable(vertices: Floats, room: bool, count: int, size: int) -> list[Camera]:
    """Cameras for a film: once about an object, or once round within a room."""
    low, high = vertices.min(0), vertices.max(0)
    middle = (low + high) / 2
    turns = np.arange(count) * 2 * math.pi / count
    ways = np.stack([np.cos(turns), np.full(count, -0.1 if room else 0.45), np.sin(turns)], 1)
    if room:
        flat = np.array([1.0, 0.0, 1.0])
        return [looking(middle - 0.25 * (high - low) * way * flat, middle + way, size, size, 80.0) for way in ways]
    far = distance(vertices, middle)
    return [looking(middle + far * way / np.linalg.norm(way), middle, size, size, 45.0) for way in ways]
