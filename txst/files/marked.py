"""A part of a page that a command writes anew, between two marks; what people wrote around it stays."""

from dataclasses import dataclass
from pathlib import Path

from txst.files.encode import write_whole

END = "<!-- end -->"


@dataclass(frozen=True)
class MarkedPart:
    """The part between two marks.

    Args:
        page: the file.
        before: its text up to the first mark, with it.
        after: from the second mark on.
    """

    page: Path
    before: str
    after: str

    def write(self, text: str) -> None:
        """Puts a text in the part's place, on lines of its own."""
        write_whole(self.page, f"{self.before}\n\n{text}\n{self.after}".encode())


def marked_part(page: Path, begin: str, end: str = END) -> MarkedPart | None:
    """The part of a page from one mark to the next other; None where there is no such page, or a mark is missing."""
    text = page.read_text(encoding="utf-8") if page.is_file() else ""
    before, found, rest = text.partition(begin)
    _, closed, after = rest.partition(end)
    return MarkedPart(page, before + found, closed + after) if closed else None
