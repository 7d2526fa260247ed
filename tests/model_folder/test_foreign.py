"""A model folder from anybody: what it may not do, and that it is told in a sentence."""

import shutil

import numpy as np
import onnx
import pytest
import yaml
from onnx import TensorProto, helper
from safetensors.numpy import load_file, save_file

from txst import Stylist
from txst.model_folder import config as opened
from txst.model_folder import onnx_safety as foreign_graph
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
    with pytest.raises(ModelFolderError, match="wants to read the file"):
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
    ],
)
def test_a_disguised_location_is_seen(tmp_path, disguised):
    tensor = bytes([13 << 3 | 2, len(disguised)]) + disguised  # TensorProto.external_data
    graph = bytes([5 << 3 | 2, len(tensor)]) + tensor  # GraphProto.initializer
    (tmp_path / "x.onnx").write_bytes(bytes([7 << 3 | 2, len(graph)]) + graph)  # ModelProto.graph
    with pytest.raises(ModelFolderError, match="wants to read"):
        check_graph(tmp_path / "x.onnx")


def test_a_graph_that_is_none_too_large_or_too_deep_is_refused(foreign, monkeypatch):
    (foreign / "paint.onnx").write_bytes(b"no graph")
    with pytest.raises(ModelFolderError, match=r"paint\.onnx cannot be run"):
        paint(foreign)
    deep = b"\x0a\x00"
    for _ in range(200):
        size = len(deep)
        deep = b"\x0a" + (bytes([size]) if size < 128 else bytes([size & 127 | 128, size >> 7])) + deep
    (foreign / "paint.onnx").write_bytes(deep)
    with pytest.raises(ModelFolderError, match="too deeply"):
        paint(foreign)
    monkeypatch.setattr(foreign_graph, "LARGEST", 100)
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
