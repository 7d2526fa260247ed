"""Whether an ONNX file, which may come from anybody, reads no file but the weights beside it.

An ONNX file is protobuf, whose bytes can be read without knowing what they stand for: numbered fields, some of them
messages again. Every field that could be a message is looked into, so that none is missed.
"""

from collections.abc import Iterator
from pathlib import Path

from txst.model_folder.config import WEIGHTS, ModelFolderError

LARGEST = 8_000_000  # bytes of a graph; without weights the bundled model's have 40,000 at most, in 8 bits a million
DEEPEST = 50  # messages within messages
VARINT, FIXED64, MESSAGE, BEGIN, END, FIXED32 = range(6)  # protobuf's wire types


def check_graph(file: Path) -> None:
    """Raises a ModelFolderError where a graph is too large, or names another file than the weights."""
    size = file.stat().st_size
    if size > LARGEST:
        raise ModelFolderError(f"{file} has {size} bytes; {LARGEST} at most are read")
    for key, value in pairs(file.read_bytes()):
        if key == b"location" and value != WEIGHTS.encode():
            raise ModelFolderError(
                f"{file} wants to read the file {value.decode(errors='replace')!r}; only {WEIGHTS} is read"
            )


def pairs(data: bytes, depth: int = 0) -> Iterator[tuple[bytes, bytes]]:
    """The first two fields of every message that could be one of a key and a value."""
    if depth > DEEPEST:
        raise ModelFolderError("the graph is nested too deeply to be one of ours")
    try:
        found = list(fields(data))
    except (IndexError, ValueError):
        return  # no message
    last = dict(found)  # of a field that is repeated the last one counts
    yield last.get(1, b""), last.get(2, b"")
    for _, content in found:
        if len(content) > 1:
            yield from pairs(content, depth + 1)


def fields(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Number and content of the fields of a message, those that are no strings, bytes or messages left out."""
    at = 0
    while at < len(data):
        tag, at = varint(data, at)
        number, kind = tag >> 3, tag & 7
        if kind == VARINT:
            _, at = varint(data, at)
        elif kind in (FIXED32, FIXED64):
            at += 4 if kind == FIXED32 else 8
        elif kind == MESSAGE:
            length, at = varint(data, at)
            if at + length > len(data):
                raise ValueError("cut short")
            yield number, data[at : at + length]
            at += length
        elif kind not in (BEGIN, END):
            raise ValueError("no such wire type")


def varint(data: bytes, at: int) -> tuple[int, int]:
    """A number of seven bits a byte, and where the next thing begins."""
    value = shift = 0
    while True:
        value |= (data[at] & 127) << shift
        at, shift = at + 1, shift + 7
        if data[at - 1] < 128:
            return value, at
        if shift > 63:
            raise ValueError("too long")
