"""Names of painters and movements: one spelling for each, whatever the file system made of it; what CLIP reads them in."""

import csv
import re
import unicodedata
from functools import cache
from importlib.resources import files
from pathlib import PurePath

import yaml

# UTF-8 read as Windows-1252 shows as a lead byte (0xC2, 0xC3: Latin letters; 0xC4, 0xC5: Central European ones;
# 0xD0, 0xD1: Cyrillic ones), often lower-cased since, and a byte from 0x80 to 0xBF. Quotes and dashes are among
# the latter and may rightly follow an "ä" or "ñ", but nothing of the kind follows "ã".
_BYTES = [bytes([b]).decode("cp1252", "ignore") or chr(b) for b in range(0x80, 0xC0)]
_SECOND = re.escape("".join(_BYTES) + "".join(_BYTES).lower())
_MOJIBAKE = re.compile(f"[Ãã][{_SECOND}]|[ÂÄÅÐÑâäåðñ](?![\u2010-\u2026])[{_SECOND}]|[Ââ]€|#U[0-9a-fA-F]{{4}}|\ufffd")
_NO_NAME = {"Cc", "Cn", "Co", "Cs", "Sc", "Sm", "So"}  # control, unassigned, private, surrogate; symbols


def clean(name: str) -> str:
    """A name as a prompt would spell it: NFC, lower case, words parted by single spaces.

    Raises:
        ValueError: the name was decoded with the wrong character set ("joaquã­n"). Since lower-casing makes this
            irreparable, it is refused rather than guessed at.
    """
    text = unicodedata.normalize("NFC", name)
    if _MOJIBAKE.search(text) or any(unicodedata.category(c) in _NO_NAME or c in "¡¿" for c in text):
        raise ValueError(
            f"the name {name!r} is garbled, as by a wrong character set; rename the file or give the name in a CSV"
        )
    return tidy(text)


def tidy(text: str) -> str:
    """Any text in NFC and lower case, with its words parted by single spaces."""
    text = unicodedata.normalize("NFC", text).replace("’", "'")
    return " ".join(re.sub(r"[-_\u2010-\u2015\s]+", " ", text).split()).lower()


def canonical(name: str) -> str:
    """The one name of a painter who has several ("van gogh" -> "vincent van gogh"), cleaned."""
    name = clean(name)
    return aliases().get(name, name)


@cache
def aliases() -> dict[str, str]:
    """Other name -> canonical name, from `data/aliases.csv`."""
    table = files("txst").joinpath("data/aliases.csv").read_text(encoding="utf-8")
    return {row["alias"]: row["canonical"] for row in csv.DictReader(table.splitlines())}


def wikiart_name(file: str) -> tuple[str, str]:
    """Artist and title, as they are written, of a WikiArt file name: `artist-name_title-of-it.jpg`."""
    artist, _, title = PurePath(file).stem.partition("_")
    return artist, " ".join(title.replace("-", " ").split())


def read_templates(name: str) -> list[str]:
    """The sentences that CLIP reads a style in: a set of `encoders/templates.yaml`."""
    sets = yaml.safe_load(files("txst.encoders").joinpath("templates.yaml").read_text(encoding="utf-8"))
    if name not in sets:
        raise ValueError(f"no templates {name!r}; there are {', '.join(sets)}, or give a list of your own")
    return sets[name]
