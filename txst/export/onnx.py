"""Graphs as ONNX files beside a model's weights, which they point into: a weight is stored once, for every backend."""

import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.numpy import load_file

from txst.export.graphs import Graph, graphs
from txst.model_folder.config import WEIGHTS, places, read_config
from txst.model_folder.folder import load_folder
from txst.model_folder.onnx_safety import check_graph
from txst.model_folder.upgrade import upgrade_weights

PALETTE = "txst.palette.module.Palette"
SMALL = 8192  # bytes of a constant that is not looked for among the weights


def export_onnx(folder: str | Path) -> list[Path]:
    """Adds the graphs to the folder of a model with a palette, or replaces them; returns the files."""
    folder = Path(folder)
    refuse_without_palette(read_config(folder), folder)
    model, clip = load_folder(folder)
    if model.whole:
        raise ValueError(f"{folder} holds a model that needs the whole picture at once, and graphs paint in tiles, too")
    return write_graphs(graphs(model, clip.width, clip), folder)


def refuse_without_palette(config: Mapping[str, Any], source: Path) -> None:
    """Refuses to make graphs that no backend could use: without torch, styles are known by a palette alone.

    Args:
        config: of a model folder, or of a run.
        source: that folder.
    """
    clip = config.get("clip")
    if not isinstance(clip, Mapping) or clip.get("_target_") != PALETTE:
        raise ValueError(
            f"{source} has no palette, and graphs know styles by a palette alone; torch paints with any model. Models whose "
            f"styles are codes get one by: python scripts/build_palette.py {source} -o DIR --pictures SHARDS --onnx"
        )


def write_graphs(found: Iterable[Graph], folder: Path) -> list[Path]:
    """Writes all graphs beside and then renames them; their weights are those of the folder's model.safetensors."""
    weights = Weights(folder / WEIGHTS)
    with tempfile.TemporaryDirectory(prefix=".graphs-", dir=folder) as beside:
        made = [file for graph in found for file in write(graph, weights, Path(beside))]
        return [file.replace(folder / file.name) for file in made]


def write(graph: Graph, weights: "Weights", folder: Path) -> Iterator[Path]:
    """Writes one graph, or those that are cut out of it."""
    for name, model in cut(graph, exported(graph)).items():
        point(model.graph, weights)
        plain(model)
        file = folder / f"{name}.onnx"
        file.write_bytes(model.SerializeToString(deterministic=True))
        check_graph(file, weights.file)
        yield file


def cut(graph: Graph, model: Any) -> dict[str, Any]:
    """Name -> model; of the graph that paints also those that encode and measure, and that go on from there."""
    if not graph.features:
        return {graph.name: model}
    from onnx.utils import Extractor

    inputs, painting = list(graph.inputs), graph.outputs[:1]
    ends = {graph.name: (inputs, painting), "encode": (["image"], graph.features)}
    ends["apply"] = ([*inputs, *graph.features], painting)
    if graph.moments:
        ends["measure"] = (inputs, graph.moments)
        ends["tile"] = ([*inputs, *graph.moments], painting)
    return {name: Extractor(model).extract_model(*names) for name, names in ends.items()}


def exported(graph: Graph) -> Any:
    """The graph as an ONNX model with its weights inside."""
    fast = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)  # one operation of torch's own, which ONNX lacks
    try:
        program: Any = torch.onnx.export(
            graph.part.eval(),
            kwargs={"tensors": graph.inputs},
            input_names=list(graph.inputs),
            output_names=graph.outputs,
            dynamic_shapes={"tensors": {name: graph.free.get(name, {}) for name in graph.inputs}},
            dynamo=True,
            verbose=False,
        )
    finally:
        torch.backends.mha.set_fastpath_enabled(fast)
    return program.model_proto


class Weights:
    """The tensors of a safetensors file, and where in it they lie."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.tensors: dict[str, NDArray[Any]] = upgrade_weights(load_file(file))
        self.places = upgrade_weights(places(file))

    def find(self, name: str, value: NDArray[Any]) -> tuple[str, bool] | None:
        """The tensor that is this constant, and whether turned: the exporter transposes matrices in advance."""
        if name in self.tensors:
            return name, False
        if value.nbytes <= SMALL:
            return None
        for other, tensor in self.tensors.items():
            if tensor.ndim == 2 and tensor.T.shape == value.shape and np.array_equal(tensor.T, value):
                return other, True
        return None


def point(graph: Any, weights: Weights) -> None:
    """Makes the graph's large constants references into the weights; halves become whole as the graph is loaded."""
    from onnx import helper, numpy_helper

    kept, stored, nodes = [], {}, []
    for constant in graph.initializer:
        value = numpy_helper.to_array(constant)
        place = weights.find(constant.name, value)
        if place is None:  # worked out by the exporter, of weights or of none
            kept.append(constant)
            continue
        found, turned = place
        steps = [("Cast", {"to": constant.data_type})] if weights.tensors[found].dtype != value.dtype else []
        steps += [("Transpose", {"perm": [1, 0]})] if turned else []
        at = f"{found}/stored" if steps else constant.name
        stored[at] = reference(at, weights.tensors[found], weights.places[found]["span"])
        for i, (kind, attributes) in enumerate(steps):
            to = constant.name if i == len(steps) - 1 else f"{constant.name}/whole"
            nodes.append(helper.make_node(kind, [at], [to], f"{constant.name}/{kind}", **attributes))
            at = to
    nodes += graph.node
    for field, values in ((graph.initializer, [*kept, *stored.values()]), (graph.node, nodes)):
        values = [type(v).FromString(v.SerializeToString()) for v in values]
        del field[:]
        field.extend(values)


def reference(name: str, tensor: NDArray[Any], span: list[int]) -> Any:
    """A constant whose bytes lie in model.safetensors."""
    from onnx import TensorProto, helper

    made = TensorProto(name=name, dims=tensor.shape, data_location=TensorProto.EXTERNAL)
    made.data_type = helper.np_dtype_to_tensor_dtype(tensor.dtype)
    for key, value in (("location", WEIGHTS), ("offset", span[0]), ("length", span[1] - span[0])):
        made.external_data.add(key=key, value=str(value))
    return made


def plain(model: Any) -> None:
    """Leaves out what the exporter notes of our source lines."""
    model.ClearField("metadata_props")
    model.graph.ClearField("metadata_props")
    model.graph.ClearField("value_info")
    for each in (*model.graph.node, *model.graph.input, *model.graph.output, *model.graph.initializer):
        each.ClearField("metadata_props")
        each.ClearField("doc_string")
