"""Whether an ONNX file, which may come from anybody, is one that our exporter could have written.

It reads no file but the weights beside it, has the exporter's operators alone, none of which loops, calls or holds graphs of its own,
and no larger numbers in its shapes than a network of ours has.
"""

import re
import struct
from math import ceil, prod
from pathlib import Path

from txst.model_folder.config import WEIGHTS, ModelFolderError
from txst.model_folder.onnx_fields import Fields, fields

LARGEST = 8_000_000  # bytes of a graph; without weights the bundled models' have 180,000 at most, in 8 bits a million
MOST_NODES = 5_000  # the bundled models' have 900 at most
MOST_INPUTS = 100  # of a node
MOST_COPIES = 10_000  # of a tensor, joined end to end; the bundled models have 428 at most
TOO_LARGE = 2**24  # times that a shape makes of a tensor, apart from the picture's own size
DEEPEST = 50  # steps in which a shape is worked out
# of torch's exporter on our networks, and of onnxruntime's quantisation; tests/export/test_graphs.py exports ours
OPERATORS = {
    "Abs", "Add", "ArgMax", "AveragePool", "Cast", "Clip", "Concat", "Conv", "Cos", "DepthToSpace", "DequantizeLinear", "Div", "Einsum",
    "Expand", "Gather", "GatherElements", "Gemm", "Identity", "LayerNormalization", "MatMul", "Max", "MaxPool", "Mod", "Mul", "Neg", "Pad",
    "Pow", "QuantizeLinear", "Range", "Reciprocal", "ReduceL2", "ReduceMean", "ReduceSum", "Relu", "Reshape", "Resize", "Shape",
    "Sigmoid", "Sin", "Slice", "Softmax", "Split", "Sqrt", "Squeeze", "Sub", "Tanh", "Transpose", "Unsqueeze",
}  # fmt: skip
SHAPES = {"Expand": (1,), "Pad": (1,), "Range": (0, 1, 2), "Resize": (2, 3)}  # inputs that say how much becomes of it
BYTES = {1: 4, 2: 1, 3: 1, 6: 4, 7: 8, 9: 1, 10: 2, 11: 8}  # of a number, by TensorProto.DataType
# what works out sizes
SIZES = {"Add", "Cast", "Concat", "Div", "Gather", "Max", "Mul", "Reshape", "Slice", "Squeeze", "Sub", "Unsqueeze"}
FLOAT, INT64, EXTERNAL = 1, 7, 1


def check_graph(file: Path, weights: Path | None = None) -> None:
    """Raises a ModelFolderError for a graph that our exporter does not write.

    Args:
        file: the graph.
        weights: the only file that it may read; None: those beside it.
    """
    if not file.is_file():  # a pipe would be waited for
        raise ModelFolderError(f"{file} is missing: scripts/export.py writes it")
    if (size := file.stat().st_size) > LARGEST:
        raise ModelFolderError(f"{file} has {size} bytes; {LARGEST} at most are read")
    try:
        check_model(fields(file.read_bytes()), weights or file.parent / WEIGHTS)
    except ModelFolderError as error:
        raise ModelFolderError(f"{file} cannot be run: {error}") from None


def check_model(model: Fields, weights: Path) -> None:
    """The same of the fields of the file."""
    held = weights.stat().st_size if weights.is_file() else 0
    for graph in model.get("graph", []):
        for tensor in graph.get("initializer", []):
            check_tensor(tensor, held)
        nodes = graph.get("node", [])
        if len(nodes) > MOST_NODES:
            raise ModelFolderError(f"it has {len(nodes)} nodes; {MOST_NODES} at most are run")
        for node in nodes:
            check_node(node)
        check_shapes(graph)


def check_node(node: Fields) -> None:
    """Whether it is an operator that we know."""
    kind, domain = (text(node, name) for name in ("op_type", "domain"))
    if domain or kind not in OPERATORS:
        raise ModelFolderError(
            f"it wants the operator {domain}{'.' if domain else ''}{kind}, which no model of ours has"
        )
    if len(node.get("input", [])) > MOST_INPUTS or len(node.get("output", [])) > MOST_INPUTS:
        raise ModelFolderError(f"it has a {kind} of more than {MOST_INPUTS} inputs or outputs")


def check_tensor(tensor: Fields, weights: int) -> None:
    """Whether its numbers lie in the graph, or in the file of so many bytes of weights, as many as its shape says."""
    name, kind = text(tensor, "name"), tensor.get("data_type", [0])[0]
    entries = [(text(entry, "key"), text(entry, "value")) for entry in tensor.get("external_data", [])]
    place = dict(entries)
    outside = bool(entries) or tensor.get("data_location", [0])[0] == EXTERNAL
    if outside and place.get("location") != WEIGHTS:
        raise ModelFolderError(f"it wants to read the file {place.get('location', '')!r}; only {WEIGHTS} is read")
    if kind not in BYTES or min(tensor.get("dims", []), default=1) < 0:
        raise ModelFolderError(f"the tensor {name} has a type or a shape that none of ours has")
    count = prod(tensor.get("dims", []))
    if not outside:
        held = len(tensor.get("raw_data", [b""])[0]) // BYTES[kind]
        if max(held, *(len(tensor.get(field, ())) for field in ("float_data", "int32_data", "int64_data"))) < count:
            raise ModelFolderError(f"the tensor {name} holds fewer than its {count} numbers")
        return
    if len(place) < len(entries) or place.keys() != {"location", "offset", "length"}:
        raise ModelFolderError(f"the tensor {name} does not say where in {WEIGHTS} it lies")
    begin, length = (int(place[key]) if re.fullmatch("[0-9]{1,18}", place[key]) else -1 for key in ("offset", "length"))
    if begin < 0 or length != count * BYTES[kind] or begin + length > weights:
        raise ModelFolderError(f"the tensor {name} has another size than its bytes in {WEIGHTS}")


def check_shapes(graph: Fields) -> None:
    """Whether what makes tensors larger is told so by small numbers and the picture's own size, and by nothing else."""
    nodes = graph.get("node", [])
    made_by = {output: node for node in nodes for output in node.get("output", [])}
    growth = {b"": 1} | {tensor.get("name", [b""])[0]: largest(tensor) for tensor in graph.get("initializer", [])}

    def of(name: bytes, depth: int = 0) -> int:
        """The product of all numbers that a value is made of; those of a size count as 1, and what is none of these as too many."""
        if name in growth:
            return growth[name]
        kind = text(made_by.get(name, {}), "op_type")
        growth[name] = 1 if kind == "Shape" else TOO_LARGE  # the latter also for what is made of itself
        if kind in SIZES and depth < DEEPEST:
            growth[name] = min(TOO_LARGE, prod(of(i, depth + 1) for i in made_by[name].get("input", [])))
        return growth[name]

    copies: dict[bytes, int] = {}  # of a tensor that others are made of, end to end
    for node in nodes:
        given, adds = node.get("input", []), text(node, "op_type") == "Concat"
        made = (sum if adds else max)([copies.get(name, 1) for name in given] or [1])
        if made > MOST_COPIES:
            raise ModelFolderError(f"a Concat in it makes more numbers than a model of ours: {made} copies of some")
        copies |= dict.fromkeys(node.get("output", []), made)
        for place in SHAPES.get(text(node, "op_type"), ()):
            if place < len(given := node.get("input", [])) and of(given[place]) == TOO_LARGE:
                raise ModelFolderError(f"a {text(node, 'op_type')} in it makes more numbers than a model of ours")


def largest(tensor: Fields) -> int:
    """The product of the numbers in a tensor of the graph, rounded up; those of a size below 2, and the end of a slice, count as 1."""
    code = {(INT64,): "<q", (FLOAT,): "<f"}.get(tuple(tensor.get("data_type", ())))
    if not code or "external_data" in tensor or "float_data" in tensor:
        return TOO_LARGE
    raw, found = tensor.get("raw_data", [b""])[0], 1.0
    numbers = [n for (n,) in struct.iter_unpack(code, raw[: len(raw) // struct.calcsize(code) * struct.calcsize(code)])]
    for number in (*tensor.get("int64_data", []), *numbers):
        if code == "<f" and not (number == 0 or number >= 1):  # a fraction that something is divided by, or no number
            return TOO_LARGE
        found = min(TOO_LARGE, found * (max(number, 1) if number < 2**63 - 1 else 1))
    return ceil(found)


def text(message: Fields, name: str) -> str:
    """A text, as it may be shown: the first of that name, or none."""
    return message.get(name, [b""])[0].decode("utf-8", "replace")
