"""Damaged files of every kind that may come from anybody: each is read, or refused by an error of ours, whatever hypothesis thinks of.

The fast suite tries a few; `pytest -m slow tests/test_fuzz.py` many more, the same every time.
"""

import contextlib
import io
import json
import warnings

import numpy as np
import onnx
import pytest
import torch
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from small import SMALL

from txst.backends.onnx import maps, read_palette
from txst.export.safe_unpickle import CheckpointError, read_checkpoint
from txst.images import PictureError, read_picture
from txst.model_folder.config import WEIGHTS, ModelFolderError, read_config
from txst.model_folder.onnx_safety import OPERATORS, check_graph

many = pytest.mark.parametrize("examples", [30, pytest.param(1000, marks=pytest.mark.slow)])
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.floats() | st.text(max_size=8),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=5), inside, max_size=3),
    max_leaves=5,
)


def damaged(whole):
    """A file with some bytes changed, some put in, and cut short."""
    byte = st.tuples(st.integers(0, len(whole) - 1), st.integers(0, 255))
    early = st.tuples(st.integers(0, min(400, len(whole) - 1)), st.integers(0, 255))  # where headers are
    put_in = st.tuples(st.integers(0, len(whole)), st.binary(max_size=12))

    def change(edits, extra, end):
        data = bytearray(whole)
        for at, value in edits:
            data[at] = value
        at, more = extra
        data[at:at] = more
        return bytes(data[: len(data) - end])

    cut = st.just(0) | st.integers(0, len(whole))
    return st.builds(change, st.lists(byte | early, max_size=6), put_in, cut)


def fuzz(check, strategy, examples):
    """Calls the check with so many examples."""
    quiet = settings(
        max_examples=examples, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
    )

    @quiet
    @given(strategy)
    def test(example):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            check(example)

    test()


@many
@pytest.mark.parametrize("name", ["style", "encode"])
def test_what_passes_for_a_graph_is_one_to_protobuf_too(tmp_path, examples, name):
    (tmp_path / WEIGHTS).symlink_to(SMALL / WEIGHTS)
    whole = (SMALL / f"{name}.onnx").read_bytes()

    def check(data):
        (tmp_path / "x.onnx").write_bytes(data)
        try:
            check_graph(tmp_path / "x.onnx")
        except ModelFolderError:
            return
        model = onnx.load_model_from_string(data)
        assert not model.functions
        assert {node.op_type for node in model.graph.node} <= OPERATORS
        assert {node.domain for node in model.graph.node} <= {""}
        assert not any(
            a.HasField("g") or a.HasField("t") or a.graphs for node in model.graph.node for a in node.attribute
        )
        entries = [e for tensor in model.graph.initializer for e in tensor.external_data if e.key == "location"]
        assert {entry.value for entry in entries} <= {WEIGHTS}

    check(whole)
    fuzz(check, damaged(whole), examples)


def leaves(config, path=()):
    """The ways to everything in a config."""
    yield path
    for key, value in config.items() if isinstance(config, dict) else ():
        yield from leaves(value, (*path, key))


@many
def test_a_config_of_anything_is_read_or_refused(named_parts, tmp_path, examples):
    clip, weights = named_parts
    (tmp_path / WEIGHTS).write_bytes(weights)
    decoder = {"widths": {"scale1": 4}, "strides": {"scale1": 2}}
    whole = {"format": 2, "model": {"decoder": decoder}, "clip": clip | {"blend": 3, "textures": ["a"]}}

    def read(config):
        maps(tmp_path, config)
        if isinstance(clip := config.get("clip"), dict):
            read_palette(tmp_path, clip, None)

    def check(change):
        path, junk = change
        config = json.loads(json.dumps(whole))
        at = config
        for step in path[:-1]:
            at = at[step]
        at[path[-1]] = junk
        with contextlib.suppress(ModelFolderError):
            read(config)

    def check_text(data):
        (tmp_path / "config.yaml").write_bytes(data)
        with contextlib.suppress(ModelFolderError):
            read_config(tmp_path)

    read(whole)
    fuzz(check, st.tuples(st.sampled_from(list(leaves(whole))[1:]), JUNK), examples)
    fuzz(check_text, damaged(yaml.safe_dump(whole).encode()), examples)


@many
def test_weights_with_a_damaged_header_are_read_or_refused(named_parts, tmp_path, examples):
    clip, data = named_parts

    def check(data):
        (tmp_path / WEIGHTS).write_bytes(data)
        with contextlib.suppress(ModelFolderError):
            read_palette(tmp_path, clip, None)

    check(data)
    fuzz(check, damaged(data), examples)


@pytest.fixture
def named_parts():
    """The config and the weights of a small palette."""
    from safetensors.numpy import save

    codes = np.eye(4, dtype=np.float32)
    numbers = {"clip.codes": codes, "clip.score": np.ones(4, np.float32)}
    names = {"clip.name": np.arange(4) // 2, "clip.movement": np.array([0, 0, -1, 0])}
    return {"names": ["a", "b"], "movements": ["c"]}, save(numbers | names)


@many
def test_a_damaged_checkpoint_is_read_or_refused(tmp_path, examples):
    torch.save({"state_dict": {"a.weight": torch.arange(6.0).view(2, 3), "b": torch.ones(2)}}, tmp_path / "x.ckpt")
    whole = (tmp_path / "x.ckpt").read_bytes()

    def check(data):
        (tmp_path / "x.ckpt").write_bytes(data)
        try:
            found = read_checkpoint(tmp_path / "x.ckpt")
        except CheckpointError:
            return
        assert all(isinstance(tensor, torch.Tensor) for tensor in found.values())

    check(whole)
    fuzz(check, damaged(whole), examples)


@many
@pytest.mark.parametrize("kind", ["png", "jpeg", "gif", "webp", "tiff", "bmp"])
def test_a_damaged_picture_is_read_or_refused(tmp_path, examples, kind):
    drawn = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (9, 7, 3), dtype=np.uint8)).save(drawn, kind)

    def check(data):
        (tmp_path / "x.png").write_bytes(data)
        with contextlib.suppress(PictureError):
            assert min(read_picture(tmp_path / "x.png").size) > 0

    check(drawn.getvalue())
    fuzz(check, damaged(drawn.getvalue()), examples // 3)
