"""What is done of a clip lies beside its result until that is whole, in segments; so a run that was killed goes on where the last one ended.

In the folder `.NAME.txst`: `made` says what makes the result, `00000.mov` are the frames of a segment, and `00000.npz` their times and all that
the next frame wants to know of the last. A segment counts when its times are there.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from txst.images import PictureError


@dataclass(frozen=True)
class Segment:
    """A finished part.

    Args:
        frames: the file of its frames.
        times: in ticks, of each frame.
        durations: in ticks.
    """

    frames: Path
    times: NDArray[np.int64]
    durations: NDArray[np.int64]


class Work:
    """The folder of a result that is being painted.

    Args:
        target: the result.
        made: what makes it, in a line; what others made is thrown away.
    """

    def __init__(self, target: Path, made: str) -> None:
        self.folder = target.with_name(f".{target.name}.txst")
        self.made = made

    def begin(self) -> list[Segment]:
        """The segments that are done."""
        note = self.folder / "made"
        if not note.is_file() or note.read_text(encoding="utf-8") != self.made:
            for file in self.folder.iterdir():
                if file.name != "lock":
                    file.unlink()
            note.write_text(self.made, encoding="utf-8")
        done: list[Segment] = []
        while self.times(len(done)).is_file() and self.frames(len(done)).is_file():
            try:
                done.append(self.segment(len(done)))
            except (OSError, ValueError, LookupError, EOFError, BadZipFile):  # as after a loss of power: painted again
                break
        return done

    def segment(self, number: int) -> Segment:
        with np.load(self.times(number)) as kept:
            return Segment(self.frames(number), kept["times"], kept["durations"])

    def state(self, number: int) -> dict[str, NDArray[Any]]:
        """What was kept after a segment for the next one."""
        with np.load(self.times(number)) as kept:
            return {name: kept[name] for name in kept.files if name not in ("times", "durations")}

    def finish(self, number: int, times: list[int], durations: list[int], **state: NDArray[Any]) -> Segment:
        """Lets a segment count, whose frames are written; the state of the one before is not wanted any more."""
        beside = self.folder / "times.part"
        with beside.open("wb") as file:
            arrays: dict[str, Any] = {"times": np.array(times), "durations": np.array(durations), **state}
            np.savez(file, **arrays)
        beside.replace(self.times(number))
        if number:
            before = self.segment(number - 1)
            with beside.open("wb") as file:
                np.savez(file, times=before.times, durations=before.durations)
            beside.replace(self.times(number - 1))
        return self.segment(number)

    def frames(self, number: int) -> Path:
        return self.folder / f"{number:05}.mov"

    def times(self, number: int) -> Path:
        return self.folder / f"{number:05}.npz"

    def forget(self) -> None:
        """Nothing of it counts any more."""
        for file in self.folder.glob("*.npz"):
            file.unlink()


@contextmanager
def locked(work: Work) -> Iterator[None]:
    """Inside, no other process works in that folder; it stays as long as something in it counts."""
    file = opened_lock(work)
    with file:
        try:
            yield
        finally:
            if os.name == "nt":  # which removes no file that is open
                file.close()
            if not work.times(0).is_file():
                shutil.rmtree(work.folder, ignore_errors=True)


def opened_lock(work: Work) -> BinaryIO:
    """The file that is ours as long as it is open."""
    while True:
        work.folder.mkdir(parents=True, exist_ok=True)
        path = work.folder / "lock"
        file = path.open("wb")
        if not lock(file):
            file.close()
            raise PictureError(f"{work.folder.name[1:-5]} is being painted by another txst: wait for it, or stop it")
        if path.exists() and os.path.samestat(path.stat(), os.fstat(file.fileno())):
            return file
        file.close()  # between the two, the run before has removed its folder


def lock(file: BinaryIO) -> bool:
    """Whether the file is ours; it is nobody's any more when its process ends."""
    if os.name == "nt":
        return True
    import fcntl

    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
