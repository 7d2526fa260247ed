"""Tensors out of a TensorFlow checkpoint of format 2: an .index beside a .data-00000-of-00001. Nothing in it is executed.

The index is a table of LevelDB's (https://github.com/google/leveldb/blob/main/doc/table_format.md), not compressed, whose values
are BundleEntryProto messages (tensorflow/core/protobuf/tensor_bundle.proto).
"""

from collections.abc import Iterator
from math import prod
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from txst.model_folder.onnx_fields import FIXED32, LENGTH, VARINT, varint

MAGIC = 0xDB4775248B80FB57
FLOAT = 1  # of tensorflow's DataType
VALUE = "/.ATTRIBUTES/VARIABLE_VALUE"
MOST = 2**26  # bytes of either file: the networks that are imported from this format have a hundredth


def read_tensorflow(index: Path) -> dict[str, Tensor]:
    """The float32 variables of a checkpoint by their paths, with dots; kernels are `weight`s, in torch's order of axes.

    Raises:
        ValueError: naming the file and what is wrong with it.
    """
    data = index.with_suffix(".data-00000-of-00001")
    if not data.is_file():
        raise ValueError(f"{data} is missing: it lies beside the index, and holds the numbers")
    if max(index.stat().st_size, data.stat().st_size) > MOST:
        raise ValueError(f"{index} is no checkpoint of a network that is known: it is too large")
    table, numbers = index.read_bytes(), data.read_bytes()
    try:
        entries = dict(entries_of(table))
        return {
            path_of(key): tensor for key, entry in entries.items() if (tensor := tensor_of(entry, numbers)) is not None
        }
    except (IndexError, ValueError, UnicodeDecodeError) as error:
        raise ValueError(f"{index} is no checkpoint of TensorFlow that can be read ({error})") from error


def entries_of(table: bytes) -> Iterator[tuple[str, bytes]]:
    """Key and value of each entry of a table but its header's."""
    if int.from_bytes(table[-8:], "little") != MAGIC:
        raise ValueError("it does not end as one")
    at = len(table) - 48
    _, at = handle(table, at)
    (start, size), _ = handle(table, at)
    for _, value in block(table[start : start + size]):
        (inner, length), _ = handle(value, 0)
        if table[inner + length] != 0:
            raise ValueError("it is compressed")
        yield from ((key.decode(), entry) for key, entry in block(table[inner : inner + length]) if key)


def handle(data: bytes, at: int) -> tuple[tuple[int, int], int]:
    """Where a block lies and its size, and where the next thing begins."""
    start, at = varint(data, at)
    size, at = varint(data, at)
    return (start, size), at


def block(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Key and value of each entry; a key is told by what it does not share with the one before."""
    restarts = int.from_bytes(data[-4:], "little")
    end, at, key = len(data) - 4 * (restarts + 1), 0, b""
    while at < end:
        shared, at = varint(data, at)
        more, at = varint(data, at)
        length, at = varint(data, at)
        key = key[:shared] + data[at : at + more]
        yield key, data[at + more : at + more + length]
        at += more + length


def fields(data: bytes) -> dict[int, list[int | bytes]]:
    """The fields of a message by their numbers."""
    found: dict[int, list[int | bytes]] = {}
    at = 0
    while at < len(data):
        tag, at = varint(data, at)
        wire = tag & 7
        value: int | bytes
        if wire == VARINT:
            value, at = varint(data, at)
        elif wire in (LENGTH, FIXED32):
            size, at = varint(data, at) if wire == LENGTH else (4, at)
            value, at = data[at : at + size], at + size
        else:
            raise ValueError("an entry has a field that is unknown")
        found.setdefault(tag >> 3, []).append(value)
    return found


def tensor_of(entry: bytes, numbers: bytes) -> Tensor | None:
    """The tensor of an entry, if it is one of float32."""
    message = fields(entry)
    if message.get(1) != [FLOAT]:
        return None
    shape = [number(fields(bytes_of(dim)), 1) for dim in fields(bytes_of(message.get(2, [b""])[0])).get(2, [])]
    start, size = number(message, 4), number(message, 5)
    if size != 4 * prod(shape) or start + size > len(numbers):
        raise ValueError(f"a tensor of shape {shape} does not lie in the data")
    values = torch.from_numpy(np.frombuffer(numbers, "<f4", prod(shape), start).astype(np.float32).reshape(shape))
    return values.permute(3, 2, 0, 1) if len(shape) == 4 else values


def number(message: dict[int, list[int | bytes]], field: int) -> int:
    """A whole number of a message; protobuf leaves out what is 0."""
    value = message.get(field, [0])[0]
    if not isinstance(value, int):
        raise ValueError("an entry has text where a number should be")
    return value


def bytes_of(value: int | bytes) -> bytes:
    if not isinstance(value, bytes):
        raise ValueError("an entry has a number where a message should be")
    return value


def path_of(key: str) -> str:
    return key.removesuffix(VALUE).replace("/", ".").removesuffix(".kernel") + (
        ".weight" if key.endswith(f"kernel{VALUE}") else ""
    )
