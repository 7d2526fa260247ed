"""Tensors out of a torch file that may come from anybody.

A torch file is a zip archive of raw storages and one pickle that says how they become tensors. Pickles can call anything;
here they can make dicts and tensors, and whatever else they name becomes an object that does nothing.
"""

# Not torch.load(weights_only=True): given stand-ins by safe_globals it still refuses a file that names `os`, whose tensors we read.

import io
import pickle
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any, ClassVar

import torch
from safetensors.torch import load_file
from torch import Tensor

STORAGES = {
    "DoubleStorage": torch.float64, "FloatStorage": torch.float32, "HalfStorage": torch.float16,
    "BFloat16Storage": torch.bfloat16, "LongStorage": torch.int64, "IntStorage": torch.int32,
    "ShortStorage": torch.int16, "CharStorage": torch.int8, "ByteStorage": torch.uint8, "BoolStorage": torch.bool,
}  # fmt: skip


MOST = 16  # times the size of a file that reading it may take; tensors that share a storage take more than their file


class CheckpointError(ValueError):
    """A file that gives no tensors; the message is for the reader."""


def read_checkpoint(path: str | Path, ignore: tuple[str, ...] = ()) -> dict[str, Tensor]:
    """The weights of a checkpoint by name, as they are; nothing in the file is executed.

    Args:
        path: a .safetensors, or a torch file of a state dict, bare or under `state_dict` as Lightning has it.
        ignore: beginnings of names that are not read.

    Raises:
        CheckpointError: naming what is wrong with the file.
    """
    path = Path(path)
    try:
        if path.suffix == ".safetensors":
            tensors: Any = load_file(path)
        elif zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                return _read_archive(archive, ignore)
        else:
            tensors = _read_old(path)
    except FileNotFoundError:
        raise
    except Exception as error:
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise CheckpointError(f"{path} is no checkpoint that can be read: {reason}") from error
    return {name: t for name, t in _weights(tensors, Tensor).items() if not name.startswith(ignore)}


def _read_archive(archive: zipfile.ZipFile, ignore: tuple[str, ...]) -> dict[str, Tensor]:
    pickled = [name for name in archive.namelist() if name.endswith("/data.pkl")]
    if len(pickled) != 1:
        raise CheckpointError("the archive holds no data.pkl, as torch files do")
    stored = _weights(TensorsOnly(io.BytesIO(_plain(archive, pickled[0]))).load(), Stored)
    stored = {name: s for name, s in stored.items() if not name.startswith(ignore)}
    root = pickled[0].removesuffix("data.pkl")
    held = sum(info.file_size for info in archive.infolist())
    needed = sum(archive.getinfo(f"{root}data/{s.key}").file_size + s.size for s in stored.values())
    if needed > MOST * held:
        raise CheckpointError(f"its tensors would take {needed:,} bytes of memory, and it holds {held:,}")
    return {name: s.read(archive, root) for name, s in stored.items()}


def _read_old(path: Path) -> Any:
    """A file from before torch 1.6, through torch's own reader of tensors."""
    try:
        return torch.load(path, "cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        with path.open("rb") as file:
            begin = file.read(16)
        raise CheckpointError(f"it begins with {begin!r} and is no torch file of tensors alone") from error


def _plain(archive: zipfile.ZipFile, name: str) -> bytes:
    """A member of the archive, which cannot be larger than the file."""
    if archive.getinfo(name).compress_type != zipfile.ZIP_STORED:
        raise CheckpointError(f"{name} is compressed, which torch never does")
    return archive.read(name)


def _weights(found: Any, kind: type) -> dict[str, Any]:
    """The state dict in what a file holds."""
    if isinstance(found, Mapping) and isinstance(found.get("state_dict"), Mapping):
        found = found["state_dict"]
    if not isinstance(found, Mapping):
        raise CheckpointError(f"it holds a {type(found).__name__} and no state dict")
    weights = {name: x for name, x in found.items() if isinstance(name, str) and isinstance(x, kind)}
    if not weights:
        raise CheckpointError("it holds no tensors by name, bare or under 'state_dict'")
    return weights


@dataclass(frozen=True)
class Stored:
    """A tensor that still lies in the file."""

    key: str
    dtype: torch.dtype
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    @property
    def size(self) -> int:
        """Bytes of its own copy."""
        return prod(self.shape) * self.dtype.itemsize

    def read(self, archive: zipfile.ZipFile, root: str) -> Tensor:
        """Its own copy in memory; torch checks that it lies within its storage."""
        flat = torch.frombuffer(bytearray(_plain(archive, f"{root}data/{self.key}")), dtype=self.dtype)
        return flat.as_strided(self.shape, self.strides, self.offset).clone()


class Foreign:
    """Stands for any class or function that the file names: takes what it is given, and does nothing."""

    def __new__(cls, *_: Any, **__: Any) -> "Foreign":
        return super().__new__(cls)

    def __init__(self, *_: Any, **__: Any) -> None:
        pass

    def __setstate__(self, _: Any) -> None:
        pass

    def __setitem__(self, _: Any, __: Any) -> None:
        pass

    def __call__(self, *_: Any, **__: Any) -> "Foreign":
        return self

    append = extend = add = __setstate__


class Named(dict):
    """Stands for OrderedDict, without the attributes that modules hang on theirs."""

    def __setstate__(self, _: Any) -> None:
        pass


class Rebuild:
    """Stands for torch's functions that make a tensor of a storage, or a parameter of a tensor."""

    __slots__ = ()

    def __call__(self, storage: Any, *layout: Any) -> Any:
        if isinstance(storage, Stored):
            return storage
        key, dtype = storage
        offset, shape, strides = layout[:3]
        return Stored(key, dtype, offset, tuple(shape), tuple(strides))


class Row(tuple):
    """A tuple that is hashed by identity: a key of tuples that hold each other twice, forty deep, would be hashed for ever."""

    __slots__ = ()
    __hash__ = object.__hash__


class TensorsOnly(pickle._Unpickler):
    """An unpickler that knows dicts and tensors, and no other class or function.

    Python's own, for the one in C makes room for as many objects as a file says that it will have.
    """

    dispatch: ClassVar = dict(pickle._Unpickler.dispatch)
    stack: list[Any]

    def find_class(self, module: str, name: str) -> Any:
        if module == "torch._utils" and name in ("_rebuild_tensor_v2", "_rebuild_parameter"):
            return Rebuild()
        if (module, name) == ("collections", "OrderedDict"):
            return Named
        if module == "torch" and name in STORAGES:
            return STORAGES[name]
        return Foreign

    def persistent_load(self, pid: Any) -> tuple[str, torch.dtype]:
        kind, dtype, key = pid[:3]
        if kind != "storage" or not isinstance(dtype, torch.dtype) or not isinstance(key, str):
            raise CheckpointError(
                f"it refers to a {kind if isinstance(kind, str) else type(kind).__name__} of unknown type"
            )
        return key, dtype


def _rows(load: Any) -> Any:
    def load_row(self: TensorsOnly) -> None:
        load(self)
        self.stack[-1] = Row(self.stack[-1])

    return load_row


for code in (pickle.TUPLE, pickle.TUPLE1, pickle.TUPLE2, pickle.TUPLE3):
    TensorsOnly.dispatch[code[0]] = _rows(TensorsOnly.dispatch[code[0]])
