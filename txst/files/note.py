"""The note in a result that says what made it, and the seal that shows whether the file was changed since."""

import hashlib
import json
import re
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PIL import Image

from txst.files.metadata import SOFTWARE, open_header

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
        with open_header(path) as image:
            return note_in(image)
    except Image.DecompressionBombError:
        found = re.search(rb"txst \{[ -~]*" + SEAL + rb"\w{%d}\"\}" % DIGITS, path.read_bytes())
        return found[0].decode() if found else None
    except Exception:  # over a damaged file a decoder may stumble in any way, and then there is no note
        return None


def note_in(image: Image.Image) -> str | None:
    """A PNG's text, a JPEG's comment, or the software of another."""
    found = image.info.get("txst") or image.info.get("comment") or ""
    if image.format in ("WEBP", "TIFF"):  # of a PNG, asking would decode it
        found = image.getexif().get(SOFTWARE) or ""
    text = found.decode(errors="replace") if isinstance(found, bytes) else str(found)
    return text.rstrip("\0") if text.startswith(BEGIN) else None


def sealed(data: bytes) -> bytes:
    """A file with its note sealed, if it has one that is not."""
    at = data.find(UNSEALED.encode())
    if at < 0:
        return data
    begin = at + len(SEAL)
    end = begin + DIGITS + 2
    done = data[:begin] + digest(data, begin) + data[begin + DIGITS :]
    chunk = done.rfind(b"tEXttxst\0", 0, begin) if done.startswith(b"\x89PNG") else -1
    return done if chunk < 0 else done[:end] + zlib.crc32(done[chunk:end]).to_bytes(4, "big") + done[end + 4 :]


def is_sealed(data: bytes) -> bool:
    """Whether the file is as txst has written it."""
    seals = re.finditer(SEAL + rb"(\w{%d})\"\}" % DIGITS, data)
    return any(seal[1] == digest(data, seal.start(1)) for seal in seals)


def digest(data: bytes, begin: int) -> bytes:
    """Of all but the seal that begins there."""
    summed = hashlib.sha256(data[:begin])
    summed.update(data[begin + DIGITS + AFTER :])
    return summed.hexdigest()[:DIGITS].encode()
