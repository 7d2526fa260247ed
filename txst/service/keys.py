"""Who may use the interface: the keys of a file."""

import hmac
import logging
from pathlib import Path

from txst.commands.errors import UsageError

SHORTEST = 16  # characters of a key
MAKE = "python -c 'import secrets; print(secrets.token_urlsafe())' makes one"


class Keys:
    """The keys of a file, one a line; empty lines and those that begin with # are comments. Without a file everybody may.

    The file is read again when it has changed. Where it cannot be read then, those of before hold, and the log says so.

    Raises:
        UsageError: a key is too short or holds other characters than a header may, or there is none.
        OSError: the file cannot be read.
    """

    def __init__(self, file: Path | None) -> None:
        self.file = file
        self.stamp: tuple[int, int] | None = None
        self.lines: dict[int, bytes] = {}  # number of the line -> key
        if file is not None:
            self.read(file)

    def read(self, file: Path) -> None:
        """Takes the keys of the file as it is now, if it has changed."""
        stat = file.stat()
        if self.stamp == (stat.st_mtime_ns, stat.st_size):
            return
        lines: dict[int, bytes] = {}
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            key = line.strip()
            if not key or key.startswith("#"):
                continue
            if len(key) < SHORTEST or not (key.isascii() and key.isprintable()) or " " in key:
                raise UsageError(
                    f"{file}, line {number}: a key has {SHORTEST} characters or more, of ASCII and without spaces: {MAKE}"
                )
            lines[number] = key.encode()
        if not lines:
            raise UsageError(f"{file} holds no key: {MAKE}")
        self.lines, self.stamp = lines, (stat.st_mtime_ns, stat.st_size)

    def line_of(self, key: str) -> int | None:
        """The line that a key stands on; None of one that is none. Every comparison takes the same time."""
        if self.file is None:
            return None
        try:
            self.read(self.file)
        except (OSError, ValueError) as error:
            logging.getLogger("txst.service").warning("the keys of before hold: %s", error)
        given = key.encode(errors="surrogateescape")
        found = [number for number, known in self.lines.items() if hmac.compare_digest(known, given)]
        return found[0] if found else None
