"""How much a server takes."""

from dataclasses import dataclass

ARRIVING = 16  # requests that may arrive while as many wait as may; each keeps its upload in memory or on the disk
PATIENCE = 10  # seconds for the whole of a request, and one more for each `SLOWEST` bytes of it that are here
SLOWEST = 2**15
LINGER = 5  # seconds in which the rest of a refused request is read: a client that still sends would not see the answer


@dataclass(frozen=True)
class Limits:
    """What one server takes.

    Args:
        upload: bytes of all files of a request.
        seconds: from the first byte of a request to its answer.
        queue: paintings that wait, beside the one that is in work.
    """

    upload: int = 64 * 2**20
    seconds: float = 60
    queue: int = 16
