"""An ONNX file as its fields, of which only those are known that our exporter writes; what has any other is refused.

Parsers of protobuf differ in what they make of unknown fields, of groups, and of a field that is there twice. A file without any of
these means the same to all of them, so that what is checked here is what a runtime reads. The numbers are those of onnx.proto
(https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3).
"""

from typing import Any

from txst.model_folder.config import ModelFolderError

VARINT, FIXED64, LENGTH, FIXED32 = 0, 1, 2, 5  # protobuf's wire types
Fields = dict[str, list[Any]]  # name -> values: bytes, whole numbers, or the fields of a message

# message -> number -> name, kind; * is a field that may be there several times, and number those that fit into 31 bits
MESSAGES: dict[str, dict[int, tuple[str, str]]] = {
    "model": {
        1: ("ir_version", "long"), 2: ("producer_name", "bytes"), 3: ("producer_version", "bytes"), 4: ("domain", "bytes"),
        5: ("model_version", "long"), 6: ("doc_string", "bytes"), 7: ("graph", "graph"), 8: ("opset_import", "opset*"),
        14: ("metadata_props", "pair*"),
    },
    "opset": {1: ("domain", "bytes"), 2: ("version", "long")},
    "pair": {1: ("key", "bytes"), 2: ("value", "bytes")},
    "graph": {
        1: ("node", "node*"), 2: ("name", "bytes"), 5: ("initializer", "tensor*"), 10: ("doc_string", "bytes"),
        11: ("input", "value*"), 12: ("output", "value*"), 13: ("value_info", "value*"),
    },
    "node": {
        1: ("input", "bytes*"), 2: ("output", "bytes*"), 3: ("name", "bytes"), 4: ("op_type", "bytes"),
        5: ("attribute", "attribute*"), 6: ("doc_string", "bytes"), 7: ("domain", "bytes"),
    },
    "attribute": {
        1: ("name", "bytes"), 2: ("f", "float"), 3: ("i", "long"), 4: ("s", "bytes"), 7: ("floats", "float*"),
        8: ("ints", "long*"), 13: ("doc_string", "bytes"), 20: ("type", "number"),
    },
    "tensor": {
        1: ("dims", "long*"), 2: ("data_type", "number"), 4: ("float_data", "float*"), 5: ("int32_data", "long*"),
        7: ("int64_data", "long*"), 8: ("name", "bytes"), 9: ("raw_data", "bytes"), 12: ("doc_string", "bytes"),
        13: ("external_data", "pair*"), 14: ("data_location", "number"),
    },
    "value": {1: ("name", "bytes"), 2: ("type", "type"), 3: ("doc_string", "bytes")},
    "type": {1: ("tensor_type", "tensor_type")},
    "tensor_type": {1: ("elem_type", "number"), 2: ("shape", "shape")},
    "shape": {1: ("dim", "dimension*")},
    "dimension": {1: ("dim_value", "long"), 2: ("dim_param", "bytes")},
}  # fmt: skip


def fields(data: bytes, message: str = "model") -> Fields:
    """The fields of a message.

    Raises:
        ModelFolderError: it has a field that is not known, or one twice that is there once, or is cut short.
    """
    found: Fields = {}
    at = 0
    try:
        while at < len(data):
            tag, at = varint(data, at)
            name, kind = MESSAGES[message][tag >> 3]
            value, at = content(data, at, tag & 7, kind)
            if name in found and not kind.endswith("*"):
                raise ModelFolderError(f"it has the {name} of a {message} twice")
            found.setdefault(name, []).extend(value)
    except KeyError:
        raise ModelFolderError(f"it has a field {tag >> 3} in a {message}, which our exporter never writes") from None
    except IndexError:
        raise ModelFolderError(f"a {message} in it is cut short") from None
    return found


def content(data: bytes, at: int, wire: int, kind: str) -> tuple[list[Any], int]:
    """The values of a field, and where the next one begins; numbers of which there may be several lie one by one or together."""
    one = kind.removesuffix("*")
    if wire == VARINT and one in ("long", "number"):
        value, at = varint(data, at)
        if one == "number" and value >= 2**31:  # of which some parsers would drop the upper half
            raise ModelFolderError(f"it has the number {value} where it has to be small")
        return [value - 2**64 if value >= 2**63 else value], at
    if wire == FIXED32 and one == "float":
        return [data[at : at + 4]], end(data, at + 4)
    if wire != LENGTH or one == "number" or (one in ("long", "float") and one == kind):
        raise ModelFolderError(f"it has a field of the wire type {wire} that is {one}")
    length, at = varint(data, at)
    inside, at = data[at : at + length], end(data, at + length)
    if one == "bytes":
        return [inside], at
    if one == "float":
        return [inside[i : i + 4] for i in range(0, len(inside), 4)], at
    if one == "long":
        return packed(inside), at
    return [fields(inside, one)], at


def packed(data: bytes) -> list[int]:
    found, at = [], 0
    while at < len(data):
        value, at = varint(data, at)
        found.append(value - 2**64 if value >= 2**63 else value)
    return found


def varint(data: bytes, at: int) -> tuple[int, int]:
    """A number of seven bits a byte, and where the next thing begins."""
    value = 0
    for place in range(10):
        value |= (data[at + place] & 127) << 7 * place
        if data[at + place] < 128:
            if value >= 2**64:
                break
            return value, at + place + 1
    raise ModelFolderError("it has a number of more than 64 bits")


def end(data: bytes, at: int) -> int:
    """The place itself, if the data reach so far."""
    if at > len(data):
        raise IndexError
    return at
