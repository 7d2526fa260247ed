"""The note in a result that says what made it, and the seal that shows whether the file was changed since."""

import hashlib
import json
import re
import zlib
from collections.abc import Mapping
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Any

from PIL import Image

from txst.files.metadata import SOFTWARE, open_header
from txst.pictures.movies import movie_format

BEGIN = "txst "  # of every note
SEAL = b'"seal": "'  # what stands before a seal, which ends the note
DIGITS, AFTER = 16, 2 + 4  # of a seal; bytes after it: what closes the note, and the checksum of a PNG's chunk
UNSEALED = f'{SEAL.decode()}{"0" * DIGITS}"}}'  # what a note ends with until it is sealed


def note_of(says: Mapping[str, Any]) -> str:
    """The note that says this, not yet sealed."""
    return f"{BEGIN}{json.dumps(says)[:-1]}, {UNSEALED}"


def read_note(path: str | Path) -> str | None:
    """The note of a picture that txst has written, of whatever size; None for all other files."""
    path = Path(path)
    try:
        if not path.is_file():  # a pipe would be waited for
            return None
        if kind := movie_format(path):
            return movie_note(path, kind)
        with open_header(path) as image:
            return note_in(image)
    except Image.DecompressionBombError:
        found = re.search(rb"txst \{[ -~]*" + SEAL + rb"\w{%d}\"\}" % DIGITS, path.read_bytes())
        return found[0].decode() if found else None
    except Exception:  # over a damaged file a decoder may stumble in any way, and then there is no note
        return None


def movie_note(path: Path, kind: str) -> str | None:
    """A movie's comment, by the demuxer of that name; where nothing reads movies, there is no result of ours."""
    import av

    with path.open("rb") as file, av.open(file, format=kind) as container:
        tags = {name.lower(): text for name, text in container.metadata.items()}
    note = tags.get("comment", "")
    return note if note.startswith(BEGIN) else None


def note_in(image: Image.Image) -> str | None:
    """A PNG's text, a JPEG's comment, or the software of another."""
    found = image.info.get("txst") or image.info.get("comment") or ""
    if image.format in ("WEBP", "TIFF"):  # of a PNG, asking would decode it
        found = image.getexif().get(SOFTWARE) or ""
    text = found.decode(errors="replace") if isinstance(found, bytes) else str(found)
    return text.rstrip("\0") if text.startswith(BEGIN) else None


def sealed(data: bytes) -> bytes:
    """A file with its note sealed, if it has one that is not."""
    done = bytearray(data)
    seal(done)
    return bytes(done)


def seal(data: bytearray | mmap) -> None:
    """The same for a file that can be changed in its place."""
    at = data.find(UNSEALED.encode())
    if at < 0:
        return
    begin = at + len(SEAL)
    end = begin + DIGITS + 2
    data[begin : begin + DIGITS] = digest(data, begin)
    chunk = data.rfind(b"tEXttxst\0", 0, begin) if data[:4] == b"\x89PNG" else -1
    if chunk >= 0:
        data[end : end + 4] = zlib.crc32(data[chunk:end]).to_bytes(4, "big")


def is_unchanged(path: Path) -> bool:
    """Whether a file of any size is as txst has written it."""
    if not path.stat().st_size:
        return False
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as data:
        return is_sealed(data)


def is_sealed(data: bytes | mmap) -> bool:
    """Whether the file is as txst has written it."""
    seals = re.finditer(SEAL + rb"(\w{%d})\"\}" % DIGITS, data)
    return any(seal[1] == digest(data, seal.start(1)) for seal in seals)


def digest(data: bytes | bytearray | mmap, begin: int) -> bytes:
    """Of all but the seal that begins there."""
    with memoryview(data) as view:
        summed = hashlib.sha256(view[:begin])
        summed.update(view[begin + DIGITS + AFTER :])
    return summed.hexdigest()[:DIGITS].encode()
