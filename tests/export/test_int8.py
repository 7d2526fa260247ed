"""Other precisions: what they cost in likeness, and where they are refused."""

import shutil

import numpy as np
import pytest
from PIL import Image

from txst.backends.backend import open_backend
from txst.export.int8 import pairs_of, psnr, quantise


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    folder = tmp_path_factory.mktemp("photos")
    for i in range(6):
        pixels = np.random.default_rng(i).integers(0, 256, (5, 7, 3), dtype=np.uint8)
        Image.fromarray(pixels).resize((70, 50), Image.Resampling.BICUBIC).save(folder / f"{i}.png")
    (folder / "broken.png").write_text("no picture")
    return sorted(folder.iterdir())


@pytest.fixture(scope="module")
def quantised(named_folder, pictures, tmp_path_factory):
    folder = shutil.copytree(named_folder, tmp_path_factory.mktemp("int8") / "model")
    pairs = pairs_of(pictures, open_backend(folder), 6, seed=0)
    assert quantise(folder, pairs[:4]).name == "paint_int8.onnx"
    return folder, pairs[4:]


@pytest.mark.parametrize(
    ("backend", "precision"),
    [("onnxruntime", "int8"), ("openvino", "int8"), ("torch", "bf16"), ("openvino", "bf16"), ("torch", "float32")],
)
def test_other_precisions_paint_nearly_the_same(quantised, backend, precision):
    pytest.importorskip(backend)
    folder, pairs = quantised
    exact = open_backend(folder, "onnxruntime")
    found = psnr(open_backend(folder, backend, precision=precision), exact, pairs)
    assert found.min() > (80 if precision == "float32" else 30)
    if (backend, precision) in (("onnxruntime", "int8"), ("torch", "bf16")):
        assert found.max() < 80  # it is another precision


def test_what_a_folder_or_backend_has_not_is_refused_with_what_has_it(named_folder, quantised, pictures):
    for backend, precision, says in (
        ("auto", "int8", "scripts/quantise.py"), ("torch", "int8", "onnxruntime and openvino do"),
        ("onnxruntime", "bf16", "openvino and torch do"), ("auto", "fp4", "no precision 'fp4'"),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=says):
            open_backend(named_folder, backend, precision=precision)
    with pytest.raises(ValueError, match="7 pictures are needed, and there are 6"):
        pairs_of(pictures, open_backend(named_folder), 7, seed=0)
    assert not list(named_folder.glob("*int8*"))
