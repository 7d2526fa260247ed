"""A limit on the memory that a graph of a stranger may take while it runs: numbers in it may grow from step to step, whatever its shapes say."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

try:
    import resource
except ModuleNotFoundError:  # Windows has no such limits
    resource = None  # type: ignore[assignment]

SPARE = 2 * 2**30  # bytes beside what painting is estimated to take
TIMES = 4  # the estimate, at most
HELD = Path("/proc/self/statm")  # pages; the sixth number is of those that can be written
lock = threading.Lock()
granted: list[float] = []  # bytes, to each graph that runs
usual: list[int] = []  # the limits while none does


@contextmanager
def limited(estimate: float = 0) -> Iterator[None]:
    """Within it no more memory is given out than some times the estimate in bytes, and some to spare; a graph that asks for more fails.

    The limit is the process's: graphs that run at the same time share the sum of theirs. Where the system has no such limit (only Linux
    has) there is none.
    """
    if resource is None or not HELD.exists():
        yield
        return
    mine = SPARE + TIMES * estimate
    with lock:
        if not granted:
            usual[:] = resource.getrlimit(resource.RLIMIT_DATA)
        granted.append(mine)
        grant()
    try:
        yield
    finally:
        with lock:
            granted.remove(mine)
            grant()


def grant() -> None:
    """Sets the limit by what is held now and what is granted; without grants it is the usual one."""
    least, most = usual
    if granted:
        wanted = int(HELD.read_text().split()[5]) * resource.getpagesize() + int(sum(granted))
        least = wanted if least == resource.RLIM_INFINITY else min(wanted, least)
    resource.setrlimit(resource.RLIMIT_DATA, (least, most))
