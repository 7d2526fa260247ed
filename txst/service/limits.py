"""How much a server takes."""

from dataclasses import dataclass


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
