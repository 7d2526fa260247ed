"""Names of painters and movements: one spelling for each, whatever the file system made of it."""

import csv
import re
import unicodedata
from functools import cache
from importlib.resources import files
from pathlib import PurePath

# UTF-8 read as Windows-1252 shows as a lead byte (0xC2-0xF4, here also lower-cased) and a continuation byte.
_CONTINUATION = "".join(bytes([b]).decode("cp1252", "ignore") or chr(b) for b in range(0x80, 0xC0))
_MOJIBAKE = re.compile(
    f"[\u00c2-\u00f4][{re.escape(_CONTINUATION + _CONTINUATION.lower())}]|#U[0-9a-fA-F]{{4}}|\ufffd"
)
_NO_LETTER = {"Cc", "Cn", "Co", "Cs", "Sc", "Sm", "So"}  # control, unassigned, private, surrogate, symbols


def clean(name: str) -> str:
    """A name as a prompt would spell it: NFC, lower case, words parted by single spaces.

    Raises:
        ValueError: the name was decoded with the wrong character set ("joaquã­n"): lower-casing and other
            steps make that irreparable, so the file's name has to be put right instead.
    """
    text = unicodedata.normalize("NFC", name)
    if _MOJIBAKE.search(text) or any(unicodedata.category(c) in _NO_LETTER or c in "¡¿" for c in text):
        raise ValueError(
            f"the name {name!r} was decoded with the wrong character set; rename the file, or give its artist in a CSV"
        )
    return " ".join(re.sub(r"[-_\u2010-\u2015\s]+", " ", text).split()).lower()


def canonical(name: str) -> str:
    """The one name of a painter with several ("van gogh" -> "vincent van gogh"), cleaned."""
    name = clean(name)
    return aliases().get(name, name)


@cache
def aliases() -> dict[str, str]:
    """Alias -> canonical name, from `data/aliases.csv`."""
    with files("txst").joinpath("data/aliases.csv").open(encoding="utf-8", newline="") as table:
        return {row["alias"]: row["canonical"] for row in csv.DictReader(table)}


def wikiart_name(file: str) -> tuple[str, str]:
    """Artist and title from a WikiArt file name, `artist-name_title-of-it.jpg`, as they are written there."""
    artist, _, title = PurePath(file).stem.partition("_")
    return artist, " ".join(title.replace("-", " ").split())
