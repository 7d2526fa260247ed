"""A model folder from anybody: what it may not do, and that it is told in a sentence."""

import itertools
import os
import re
import resource
import shutil
import socket

import numpy as np
import onnx
import pytest
import yaml
from onnx import TensorProto, helper, numpy_helper
from PIL import Image
from safetensors.numpy import load_file, save_file

from txst import Stylist
from txst.__main__ import main
from txst.backends import memory_limit
from txst.images import PictureError
from txst.model_folder import config as opened
from txst.model_folder import onnx_safety
from txst.model_folder.config import ModelFolderError, read_config
from txst.model_folder.onnx_safety import check_graph


@pytest.fixture
def foreign(named_folder, tmp_path):
    return shutil.copytree(named_folder, tmp_path / "foreign")


def paint(folder, backend="onnxruntime"):
    stylist = Stylist.from_pretrained(folder, backend=backend)
    return stylist.painter.paint(np.zeros((1, 3, 8, 8), np.float32), stylist.styles.encode("claude monet"), 1)


def graph_reading(location, wrap=lambda tensor: {"initializer": [tensor]}):
    tensor = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[1], data_location=TensorProto.EXTERNAL)
    tensor.external_data.add(key="location", value=location)
    nodes = [helper.make_node("Identity", ["image"], ["painting"])]
    held = wrap(tensor)
    if "attribute" in held:
        nodes.append(helper.make_node("Constant", [], ["c"], value=tensor))
    inputs, outputs = ([helper.make_tensor_value_info(n, TensorProto.FLOAT, None)] for n in ("image", "painting"))
    graph = helper.make_graph(nodes, "g", inputs, outputs, held.get("initializer", []))
    return helper.make_model(graph)


@pytest.mark.parametrize(
    "location",
    ["../secret", "/etc/passwd", "config.yaml", "a/../../b", "model.safetensors/../x", "MODEL.SAFETENSORS", ""],
)
@pytest.mark.parametrize("where", ["initializer", "attribute"])
@pytest.mark.parametrize("backend", ["onnxruntime", "openvino"])
def test_a_graph_reads_no_file_but_its_own_weights(foreign, location, where, backend):
    pytest.importorskip(backend)
    onnx.save(graph_reading(location, lambda tensor: {where: [tensor]}), foreign / "paint.onnx")
    with pytest.raises(ModelFolderError, match=r"wants to read the file|field 5 in a attribute"):
        paint(foreign, backend)


def entry(*fields):
    """An entry of external data, byte by byte: fields as (number, text)."""
    return b"".join(bytes([number << 3 | 2, len(text)]) + text.encode() for number, text in fields)


@pytest.mark.parametrize(
    "disguised",
    [
        entry((1, "location"), (2, "model.safetensors"), (2, "../secret")),
        entry((2, "../secret"), (1, "location")),
        entry((1, "x"), (2, "../secret"), (1, "location")),
        entry((2, "\x6a\x1d"), (1, "location"), (2, "model.safetensors"), (2, "../secret")),
        entry((1, "location"), (2, "model.safetensors")) + b"\x10\x01" + entry((2, "../secret")),
        b"\x8a\x00" + entry((1, "location"))[1:] + entry((2, "../secret")),
        b"\x1b" + entry((1, "location"), (2, "../secret")) + b"\x1c",
        entry((1, "location"), (2, "config.yaml")) + b"\x7b" + entry((1, "x")) + b"\x7c",
        entry((1, "location"), (2, "model.safetensors")) + entry((9, "x")),
    ],
)
def test_a_disguised_location_is_refused(tmp_path, disguised):
    tensor = bytes([13 << 3 | 2, len(disguised)]) + disguised  # TensorProto.external_data
    graph = bytes([5 << 3 | 2, len(tensor)]) + tensor  # GraphProto.initializer
    (tmp_path / "x.onnx").write_bytes(bytes([7 << 3 | 2, len(graph)]) + graph)  # ModelProto.graph
    with pytest.raises(ModelFolderError, match=r"wants to read|twice|never writes|wire type"):
        check_graph(tmp_path / "x.onnx")


def graph_of(*nodes, outputs=("painting",), constants=(), sizes=None, opset=20):
    """A graph with the names of those that paint."""
    inputs = [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, "h", "w"])]
    given = [helper.make_tensor_value_info(name, TensorProto.FLOAT, sizes) for name in outputs]
    made = helper.make_graph(nodes, "g", inputs, given, [numpy_helper.from_array(np.array(v), k) for k, v in constants])
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", opset)], ir_version=10)


LOOP = helper.make_graph([], "body", [], [])
HUGE = [("huge", [4096, 4096, 4096]), ("many", [2]), ("zero", 0), ("one", 1), ("large", 10**10)]
ATTACKS = {
    "a loop": [helper.make_node("Loop", ["", "", "image"], ["painting"], body=LOOP)],
    "a branch": [helper.make_node("If", ["image"], ["painting"], then_branch=LOOP, else_branch=LOOP)],
    "another domain": [helper.make_node("Relu", ["image"], ["painting"], domain="evil")],
    "an operator of no model": [helper.make_node("ConstantOfShape", ["huge"], ["painting"])],
    "random numbers": [helper.make_node("RandomNormal", [], ["painting"], shape=[9])],
    "a huge shape": [helper.make_node("Expand", ["image", "huge"], ["painting"])],
    "a huge shape in steps": [
        helper.make_node("Mul", ["many", "many"], ["m0"]),
        *(helper.make_node("Mul", [f"m{i}", f"m{i}"], [f"m{i + 1}"]) for i in range(6)),
        helper.make_node("Expand", ["image", "m6"], ["painting"]),
    ],
    "a huge range": [helper.make_node("Range", ["zero", "large", "one"], ["painting"])],
    "a shape out of the picture": [
        helper.make_node("Cast", ["image"], ["s"], to=7), helper.make_node("Expand", ["image", "s"], ["painting"])
    ],
    "too many nodes": [helper.make_node("Relu", ["image"], [f"r{i}"]) for i in range(onnx_safety.MOST_NODES + 1)],
}  # fmt: skip


@pytest.mark.parametrize("kind", ATTACKS)
def test_a_graph_has_the_operators_of_our_exporter_in_sizes_of_ours(tmp_path, kind):
    onnx.save(graph_of(*ATTACKS[kind], constants=HUGE), tmp_path / "x.onnx")
    with pytest.raises(ModelFolderError, match=r"operator|never writes|more numbers|nodes"):
        check_graph(tmp_path / "x.onnx")


def doubled(times, *last):
    """Nodes that lay a picture beside itself, again and again."""
    names = ["image", *(f"d{i}" for i in range(times))]
    return [*(helper.make_node("Concat", [a, a], [b], axis=2) for a, b in itertools.pairwise(names)), *last]


def test_a_graph_does_not_double_a_tensor_again_and_again(tmp_path):
    onnx.save(graph_of(*doubled(14), outputs=["d13"]), tmp_path / "x.onnx")
    with pytest.raises(ModelFolderError, match="Concat in it makes more numbers"):
        check_graph(tmp_path / "x.onnx")


@pytest.mark.skipif(not memory_limit.HELD.exists(), reason="only Linux limits memory")
@pytest.mark.parametrize("backend", ["onnxruntime", "openvino"])
def test_what_grows_as_it_runs_ends_with_a_sentence_and_takes_no_more_memory(foreign, monkeypatch, backend):
    """Each place with each: the numbers of an outer product are the square of the picture's."""
    pytest.importorskip(backend)
    rows = helper.make_node("Reshape", ["image", "row"], ["rows"])
    columns = helper.make_node("Reshape", ["image", "column"], ["columns"])
    sizes = [("row", np.int64([1, -1])), ("column", np.int64([-1, 1]))]
    total = helper.make_node("ReduceSum", ["square"], ["painting"], keepdims=0)
    square = helper.make_node("MatMul", ["columns", "rows"], ["square"])
    onnx.save(graph_of(rows, columns, square, total, constants=sizes), foreign / "paint.onnx")
    monkeypatch.setattr(memory_limit, "SPARE", 200 * 2**20)
    stylist = Stylist.from_pretrained(foreign, backend=backend)
    before = resource.getrlimit(resource.RLIMIT_DATA)
    with pytest.raises((ModelFolderError, MemoryError), match=r"(?i)memory|alloc"):
        stylist.painter.paint(np.zeros((1, 3, 96, 96), np.float32), {}, 1)  # 3 GB
    assert resource.getrlimit(resource.RLIMIT_DATA) == before


def test_functions_of_its_own_are_refused(tmp_path):
    model = graph_of(helper.make_node("Relu", ["image"], ["painting"]))
    check_saved(model, tmp_path)
    relu = helper.make_node("Relu", ["a"], ["b"])
    model.functions.append(helper.make_function("", "Relu", ["a"], ["b"], [relu], [helper.make_opsetid("", 20)]))
    with pytest.raises(ModelFolderError, match="a field 25 in a model"):
        check_saved(model, tmp_path)


def check_saved(model, folder):
    onnx.save(model, folder / "x.onnx")
    check_graph(folder / "x.onnx")


@pytest.mark.parametrize(
    ("entries", "says"),
    [
        ({"offset": "0", "length": "400"}, "another size"),
        ({"offset": "0", "length": str(4 * 10**9)}, "another size"),
        ({"offset": str(10**9), "length": "4"}, "another size"),
        ({"offset": "-8", "length": "4"}, "another size"),
        ({"offset": "0"}, "does not say where"),
        ({"offset": "0", "length": "4", "checksum": "x"}, "does not say where"),
    ],
)
def test_a_constant_lies_within_the_weights_and_fills_its_bytes(foreign, entries, says):
    model = graph_reading("model.safetensors")
    for key, value in entries.items():
        model.graph.initializer[0].external_data.add(key=key, value=value)
    with pytest.raises(ModelFolderError, match=says):
        check_saved(model, foreign)


def test_a_constant_is_not_larger_than_the_graph_that_holds_it(tmp_path):
    model = graph_of(helper.make_node("Relu", ["image"], ["painting"]), constants=[("c", [1.0])])
    model.graph.initializer[0].dims[:] = [2**40]
    with pytest.raises(ModelFolderError, match="holds fewer"):
        check_saved(model, tmp_path)


HALF = [("half", np.float32([1, 1, 0.5, 0.5])), ("nan", np.float32(np.nan)), ("no", np.int64([1, 2]))]
BAD_OUTPUTS = {
    "other names": graph_of(helper.make_node("Relu", ["image"], ["other"]), outputs=["other"]),
    "no numbers": graph_of(helper.make_node("Add", ["image", "nan"], ["painting"]), constants=HALF),
    "another shape": graph_of(
        helper.make_node("Concat", ["image", "image"], ["painting"], axis=2), constants=HALF
    ),
    "a scalar": graph_of(helper.make_node("ReduceSum", ["image"], ["painting"], keepdims=0), constants=HALF),
}  # fmt: skip


@pytest.mark.parametrize("backend", ["onnxruntime", "openvino"])
@pytest.mark.parametrize("kind", BAD_OUTPUTS)
def test_what_a_graph_gives_is_looked_at_before_it_is_saved(foreign, kind, backend, capsys):
    pytest.importorskip(backend)
    onnx.save(BAD_OUTPUTS[kind], foreign / "paint.onnx")
    Image.fromarray(np.zeros((24, 32, 3), np.uint8)).save(foreign / "photo.png")
    arguments = ["--style", "claude monet", "--model", str(foreign), "-o", str(foreign / "out"), "--backend", backend]
    assert main([str(foreign / "photo.png"), *arguments]) == 1
    said = capsys.readouterr().err
    assert re.search(r"txst: .*paint\.onnx cannot be run", said)
    assert "Traceback" not in said
    assert not list((foreign / "out").glob("*"))


@pytest.mark.parametrize("shape", [(1, 3, 48, 64), (1, 3, 1, 1), (1, 3, 24, 32)])
def test_a_model_that_broke_down_in_training_writes_no_picture(named_folder, monkeypatch, shape):
    stylist = Stylist.from_pretrained(named_folder)
    monkeypatch.setattr(stylist.painter, "paint", lambda *given: np.full(shape, np.nan, np.float32))
    with pytest.raises(PictureError, match=r"the model is broken.*(no numbers|not \[1, 3, 24, 32\])"):
        stylist(np.zeros((24, 32, 3), np.uint8), "claude monet")


COUNTS = ("model.encoder.convs", "clip.words.layers", "model.transfer.blocks")


def changed(folder, path, value):
    config = yaml.safe_load((folder / "config.yaml").read_text())
    at = config
    *steps, last = path.strip().split(".")
    for step in steps:
        at = at[step]
    at[last] = value
    (folder / "config.yaml").write_text(yaml.safe_dump(config))


@pytest.mark.parametrize("value", [10**9, 900])
@pytest.mark.parametrize("path", COUNTS)
def test_a_config_cannot_ask_for_more_parts_than_there_are_weights(foreign, path, value):
    changed(foreign, path, value)
    with pytest.raises(ModelFolderError, match=r"larger than its weights|disagree about"):
        paint(foreign, "torch")


@pytest.mark.parametrize("backend", ["onnxruntime", "torch"])
@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("clip.names", [1, 2, 3, 4]), ("clip.names", [["a"], "b", "c", "d"]), ("clip.movements", [None, "cubism"]), ("clip.names", "abcd"),
        ("clip.names", ["a", "b", "c", "\x1b[31md"]), ("clip.names", ["a", "b", "c", "d", "nobody"]), ("clip.movements", ["a", "b", "c"]),
        ("clip.names", ["a", "b", "c", " "]), ("clip.names", 7), ("clip.names", {"a": 1}), ("clip.textures", [3]), ("clip.textures", 3),
        ("clip.blend", "x"), ("clip.blend", 2.5), ("clip.blend", [3]), ("clip.blend", 0), ("clip.blend", None),
    ],
)  # fmt: skip
def test_a_palette_of_no_names_is_told_in_a_sentence(foreign, backend, path, value):
    changed(foreign, path, value)
    with pytest.raises(ValueError, match=r"name|code|blend|list|cannot be built") as told:
        paint(foreign, backend)
    assert "\x1b" not in str(told.value)


@pytest.mark.parametrize("value", [1e308, 0, -2, "x", None, [2], True, 10**30])
@pytest.mark.parametrize("path", ["model.decoder.strides.scale1", "model.decoder.widths.scale1"])
def test_widths_and_strides_that_are_none_are_told_in_a_sentence(foreign, path, value):
    changed(foreign, path, value)
    with pytest.raises(ModelFolderError, match="what the decoder reads"):
        paint(foreign)


def test_nothing_of_a_foreign_folder_is_printed_raw(foreign, capsys):
    (foreign / "config.yaml").write_text('format: "\\e[31m"\n"\\e]0;title\\a')
    assert main(["styles", "--model", str(foreign)]) == 1
    changed_error = ModelFolderError("it has \x1b[31m red \x07 and \u202e")
    assert str(changed_error) == "it has \\x1b[31m red \\x07 and \\u202e"
    assert not set(capsys.readouterr().err) & {"\x1b", "\x07"}


@pytest.mark.parametrize("name", ["hf-hub:somebody/clip", "ViT-B-16-quickgelu"])
def test_no_config_makes_the_machine_ask_the_network(foreign, name, monkeypatch):
    pytest.importorskip("open_clip")
    asked = []

    def connect(self, address):
        asked.append(address)
        raise OSError("no network in tests")

    monkeypatch.setattr(socket.socket, "connect", connect)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *given, **more: connect(None, given))
    weights = load_file(foreign / "model.safetensors")
    save_file({k: v for k, v in weights.items() if k.startswith("model.")}, foreign / "model.safetensors")
    changed(foreign, "clip", {"_target_": "txst.encoders.clip.CLIP", "name": name})
    with pytest.raises((ValueError, OSError), match="txst fetch clip"):
        paint(foreign, "torch")
    assert asked == []


def test_a_graph_that_is_none_or_too_large_is_refused(foreign, monkeypatch):
    (foreign / "paint.onnx").write_bytes(b"no graph")
    with pytest.raises(ModelFolderError, match=r"paint\.onnx cannot be run"):
        paint(foreign)
    (foreign / "paint.onnx").unlink()
    os.mkfifo(foreign / "paint.onnx")
    with pytest.raises(ModelFolderError, match=r"paint\.onnx is missing"):
        check_graph(foreign / "paint.onnx")
    (foreign / "paint.onnx").unlink()
    (foreign / "paint.onnx").write_bytes(b"\x3a\x00")
    monkeypatch.setattr(onnx_safety, "LARGEST", 100)
    with pytest.raises(ModelFolderError, match="bytes"):
        paint(foreign)


def test_a_graph_of_another_shape_is_told_as_its_own_fault(foreign):
    shutil.copy(foreign / "style.onnx", foreign / "paint.onnx")
    with pytest.raises(ModelFolderError, match=r"paint\.onnx cannot be run"):
        paint(foreign)


@pytest.mark.parametrize("backend", ["onnxruntime", "torch"])
@pytest.mark.parametrize(
    "change",
    [
        lambda w: w.update({"clip.name": w["clip.name"] + 100}),
        lambda w: w.update({"clip.movement": w["clip.movement"][:3]}),
        lambda w: w.update({"clip.codes": w["clip.codes"][0]}),
        lambda w: w.pop("clip.codes"),
    ],
)
def test_a_palette_that_does_not_fit_is_refused(foreign, backend, change):
    weights = load_file(foreign / "model.safetensors")
    change(weights)
    save_file(weights, foreign / "model.safetensors")
    with pytest.raises(ValueError, match=r"palette|disagree"):
        paint(foreign, backend)


def test_a_config_cannot_ask_for_more_memory_than_its_weights_take(foreign):
    config = yaml.safe_load((foreign / "config.yaml").read_text())
    config["model"]["encoder"]["widths"]["scale1"] = 10**9
    (foreign / "config.yaml").write_text(yaml.safe_dump(config))
    with pytest.raises(ModelFolderError, match="disagree"):
        paint(foreign, "torch")


def test_nor_for_a_palette_of_which_it_has_no_weights(foreign):
    weights = load_file(foreign / "model.safetensors")
    save_file({k: v for k, v in weights.items() if k.startswith("model.")}, foreign / "model.safetensors")
    config = yaml.safe_load((foreign / "config.yaml").read_text())
    config["clip"]["entries"] = 10**13
    (foreign / "config.yaml").write_text(yaml.safe_dump(config))
    with pytest.raises(ModelFolderError, match="no weights of clip"):
        paint(foreign, "torch")


WORDLESS = "txst.encoders.null_text.NullTextEncoder"
LARGE = {"_target_": "txst.encoders.space.StyleSpace", "width": 10**13}


@pytest.mark.parametrize(
    ("part", "change"),
    [
        ("clip", {"_target_": WORDLESS, "within": LARGE}),
        ("clip", {"_target_": WORDLESS, "within": [{"deeper": [LARGE]}]}),
        ("model", {"within": {"_target_": WORDLESS}}),
    ],
)
def test_nor_for_a_network_within_another_that_has_no_weights(foreign, part, change):
    weights = load_file(foreign / "model.safetensors")
    save_file({k: v for k, v in weights.items() if k.startswith("model.")}, foreign / "model.safetensors")
    config = yaml.safe_load((foreign / "config.yaml").read_text())
    config[part].update(change)
    (foreign / "config.yaml").write_text(yaml.safe_dump(config))
    with pytest.raises(ModelFolderError, match="no weights of it"):
        paint(foreign, "torch")


@pytest.mark.parametrize("words", ["x", {"length": "x"}])
def test_words_that_are_no_tower_are_named(foreign, words):
    config = yaml.safe_load((foreign / "config.yaml").read_text())
    config["clip"]["words"] = words
    (foreign / "config.yaml").write_text(yaml.safe_dump(config))
    with pytest.raises(ModelFolderError, match=r"clip\.words"):
        paint(foreign)


def test_a_config_reads_no_file(foreign, tmp_path):
    config = yaml.safe_load((foreign / "config.yaml").read_text())
    config["model"]["encoder"] = {"_target_": "txst.encoders.vgg.VGG", "weights": str(tmp_path / "secret.pth")}
    (foreign / "config.yaml").write_text(yaml.safe_dump(config))
    with pytest.raises(ModelFolderError, match="names a file of weights"):
        paint(foreign, "torch")


@pytest.mark.parametrize(
    "text",
    ["a: &a [x]\nb: [*a, *a]", "[" * 20_000, "\x00", "format: 1\nformat: [", "!!python/name:os.system", "- just\n- a list", "format: 3", ""],
)  # fmt: skip
def test_a_config_that_is_none_is_refused_at_once(foreign, text):
    (foreign / "config.yaml").write_text(text)
    with pytest.raises(ModelFolderError, match=r"config\.yaml"):
        read_config(foreign)


def test_files_beyond_a_models_size_are_not_read(foreign, monkeypatch):
    monkeypatch.setitem(opened.LARGEST, "model.safetensors", 1000)
    with pytest.raises(ModelFolderError, match="1000 at most"):
        paint(foreign)


def test_weights_that_are_no_tensors_are_refused(foreign):
    for content in (b"", b"\x80\x04pickle", b"\xff" * 100):
        (foreign / "model.safetensors").write_bytes(content)
        for backend in ("onnxruntime", "torch"):
            with pytest.raises(ModelFolderError):
                paint(foreign, backend)
