"""The ONNX graphs of a model compute what the model does, with the weights of the one file that both read."""

import os
import shutil

import numpy as np
import onnx
import pytest
import torch
import torch.nn.functional as F
from omegaconf import OmegaConf
from small import CONF, SMALL, painted, save_named

from txst.backends.backend import open_backend
from txst.backends.onnx import opened
from txst.backends.runtimes import RUNTIMES, allowed
from txst.export.graphs import graphs
from txst.export.onnx import export_onnx, write_graphs
from txst.model_folder.config import read_config
from txst.model_folder.folder import build, load_folder, save_folder
from txst.types import Style

SIZES = [(64, 96), (51, 77), (1, 1), (3, 120)]


def picture(height, width, seed=0):
    return np.random.default_rng(seed).random((1, 3, height, width), np.float32)


@pytest.mark.slow
def test_the_model_of_the_tests_is_what_export_makes(named_folder, tmp_path):
    anew = save_named(tmp_path / "named")
    assert sorted(file.name for file in anew.iterdir()) == sorted(file.name for file in named_folder.iterdir())
    assert read_config(anew) == read_config(named_folder)
    kept, made = (open_backend(folder, "onnxruntime") for folder in (named_folder, anew))
    code = made.text_code("claude monet", 0)
    np.testing.assert_allclose(kept.text_code("claude monet", 0), code, atol=1e-6)
    ours, theirs = (p.paint(picture(40, 56), p.prepare_style(code)) for p in (kept, made))
    np.testing.assert_allclose(ours, theirs, atol=1e-5)


@pytest.fixture(params=["named", "bundled"])
def folder(request):
    return SMALL if request.param == "bundled" else request.getfixturevalue("named_folder")


@pytest.fixture
def by_torch(folder):
    return open_backend(folder, "torch", "cpu")


@pytest.fixture(params=sorted(RUNTIMES))
def by_graphs(request, folder):
    pytest.importorskip(request.param)
    return open_backend(folder, request.param)


@pytest.mark.parametrize("size", SIZES)
def test_every_backend_paints_the_same_picture(by_torch, by_graphs, size):
    image = picture(*size)
    for strength in (1, 0.4, np.linspace(0, 1, size[1], dtype=np.float32) * np.ones((1, 1, *size), np.float32)):
        ours, theirs = (
            p.paint(image, p.prepare_style(p.text_code("claude monet, dark", 1)), strength)
            for p in (by_graphs, by_torch)
        )
        assert ours.shape == image.shape
        assert np.abs(ours - theirs).max() < 1 / 255


def test_every_backend_reads_the_same_style_off_a_picture(by_torch, by_graphs):
    image, shown = picture(40, 56), picture(70, 61, seed=1) ** 3
    ours, theirs = (p.paint(image, p.prepare_style(p.image_code(shown)), 1) for p in (by_graphs, by_torch))
    plain = by_graphs.paint(image, by_graphs.prepare_style(by_graphs.text_code("cubism", 0)), 1)
    assert np.abs(ours - theirs).max() < 1 / 255 < np.abs(ours - plain).max()


@pytest.mark.parametrize("size", SIZES)
def test_what_is_painted_from_features_is_what_is_painted_at_once(by_torch, by_graphs, size):
    image = picture(*size)
    for painter in (by_torch, by_graphs):
        features = painter.prepare_image(image)
        for text in ("claude monet", "cubism"):
            style = painter.prepare_style(painter.text_code(text))
            at_once, shared = painter.paint(image, style), painter.paint(image, style, features=features)
            np.testing.assert_allclose(shared, at_once, atol=1e-6)


def test_every_backend_picks_the_same_paintings(by_torch, by_graphs):
    for text in ("van gogh", "cubism", "dark and misty", "vivid blue, claude monet"):
        ours = by_graphs.text_code(text, 0)
        np.testing.assert_allclose(ours, by_torch.text_code(text, 0), atol=1e-4)


def test_a_batch_is_painted_as_its_pictures_are(by_graphs):
    images = [picture(24, 32, seed) for seed in range(3)]
    code = np.concatenate([by_graphs.text_code(text, 0) for text in ("claude monet", "dark", "cubism")])
    together = by_graphs.paint(np.concatenate(images), by_graphs.prepare_style(code), 1)
    for i, image in enumerate(images):
        alone = by_graphs.paint(image, by_graphs.prepare_style(code[i : i + 1]), 1)
        np.testing.assert_allclose(together[i : i + 1], alone, atol=1e-4)


def test_the_graphs_hold_no_weights_and_read_none_but_the_models():
    files = sorted(SMALL.glob("*.onnx"))
    assert [file.stem for file in files] == ["apply", "encode", "look", "measure", "paint", "style", "tile", "words"]
    for file in files:
        assert file.stat().st_size < 64_000
        graph = onnx.load(file, load_external_data=False).graph
        entries = [e for t in graph.initializer for e in t.external_data if e.key == "location"]
        assert {e.value for e in entries} == {"model.safetensors"}


@pytest.mark.slow
def test_any_text_driven_model_has_graphs(model_folder, tmp_path):
    """For benches; no backend reads its texts."""
    folder = shutil.copytree(model_folder, tmp_path / "model")
    model, clip = load_folder(folder)
    files = {file.stem: file for file in write_graphs(graphs(model, clip.width, clip), folder)}
    style, paint = (RUNTIMES["onnxruntime"](files[name]) for name in ("style", "paint"))
    for size in SIZES:
        image, embedding = picture(*size), F.normalize(torch.randn(1, clip.width), dim=-1)
        with torch.no_grad():
            expected = painted(model, torch.from_numpy(image), Style(embedding)).numpy()
        painting = paint({"image": image, **style({"code": embedding.numpy()})})["painting"]
        assert np.abs(painting - expected).max() < 1e-4


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "part"),
    [
        *(("paint", f"decoder={p.stem}") for p in sorted(CONF.glob("decoder/*.yaml")) if p.stem != "txst_released"),
        ("look", "transfer.feature_extractor={_target_: txst.encoders.squeezenet.SqueezeNet}"),
        ("paint", "encoder=pyramid_quarter"),
    ],
)
def test_what_is_exported_has_operators_that_are_run(config, named_folder, tmp_path, name, part):
    """`write_graphs` looks at every graph as a stranger's (model_folder/onnx_safety.py)."""
    cfg = config("+experiment=small", "style_width=16", "transfer.blocks=1", "encoder.convs=1", part)
    described = {"model": OmegaConf.to_container(cfg.model, resolve=True), "clip": read_config(named_folder)["clip"]}
    model = build(described["model"]).eval()
    weights = {f"model.{key}": weight for key, weight in model.state_dict().items()}
    folder = save_folder(tmp_path / "model", described, weights, "# Any\n")
    graph = next(graph for graph in graphs(model, 16) if graph.name == name)
    made = {file.stem for file in write_graphs([graph], folder)}
    assert made == ({"paint", "encode", "apply", "measure", "tile"} if name == "paint" else {name})


def test_graphs_that_nothing_could_use_are_not_made(model_folder, tmp_path):
    """Without a palette no backend but torch knows a style of such a model."""
    folder = shutil.copytree(model_folder, tmp_path / "model")
    with pytest.raises(ValueError, match=r"has no palette.*build_palette\.py"):
        export_onnx(folder)
    assert not list(folder.glob("*.onnx"))


def test_a_model_that_paints_after_pictures_themselves_has_no_graphs(config):
    cfg = config("encoder=pyramid", "transfer=adain", "decoder=pyramid", "clip=none")
    model = build(OmegaConf.to_container(cfg.model, resolve=True))
    with pytest.raises(ValueError, match="after pictures themselves"):
        next(graphs(model.eval(), 16))


def test_a_runtime_takes_no_more_processors_than_it_may(monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 4)
    for mine, expected in ((range(1), 1), (range(3), 3), (range(4), 0)):
        monkeypatch.setattr(os, "sched_getaffinity", lambda _, mine=mine: set(mine), raising=False)
        assert allowed() == expected


@pytest.mark.parametrize("says", ["Status Message: std::bad_alloc", "Failed to allocate memory for 9 bytes"])
def test_a_graph_for_which_there_is_no_memory_is_not_called_broken(says):
    def full(_):
        raise RuntimeError(says)

    with pytest.raises(MemoryError):
        opened(SMALL / "paint.onnx", lambda _: full)({})


def test_a_backend_that_cannot_run_a_model_says_so(model_folder):
    for backend, device, says in (("onnxruntime", "auto", "has no graphs"), ("abacus", "auto", "no backend 'abacus'")):
        with pytest.raises(ValueError, match=says):
            open_backend(model_folder, backend, device)
    with pytest.raises(ValueError, match="take the backend torch"):
        open_backend(SMALL, "onnxruntime", "cuda")
    assert open_backend(model_folder).model  # auto: torch, where there are no graphs
