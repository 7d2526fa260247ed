"""Painting in 8 bits: a graph whose convolutions are of whole numbers, and how far its pictures are from those in float32.

Activations and weights are quantised after training, by their extremes on real pictures, weights by channel (Jacob et al.,
2018, https://arxiv.org/abs/1712.05877). The convolution that reads the photo and the two that make its pixels stay as they
are: what they lose is seen at once.
"""

import random
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from txst.backends.backend import Backend, open_backend
from txst.images import PictureError, open_picture, to_array
from txst.palette.codes import Array
from txst.pictures.transparency import on_white

SIDE = 384  # pixels of the longer side of the pictures
CALIBRATED = 24  # pairs of a picture and a code
Pair = tuple[Array, Array]


def quantise(folder: Path, pairs: list[Pair]) -> Path:
    """Adds paint_int8.onnx to a model folder with graphs, calibrated on (picture, code)."""
    backend = open_backend(folder, "onnxruntime")
    return quantise_paint(folder, [{"image": image, **backend.prepare_style(code)} for image, code in pairs])


def quantise_paint(folder: Path, inputs: list[dict[str, Array]]) -> Path:
    """The same on inputs of paint.onnx."""
    import onnx
    import onnxruntime
    from onnxruntime import quantization as q

    class Reader(q.CalibrationDataReader):
        def __init__(self) -> None:
            self.left = iter(inputs)

        def get_next(self) -> Any:
            return next(self.left, None)

    with tempfile.TemporaryDirectory(prefix=".int8-", dir=folder) as beside:
        within, whole, made = (Path(beside, f"{n}.onnx") for n in ("within", "whole", "paint_int8"))
        onnx.save(onnx.load(folder / "paint.onnx"), within)  # with its weights
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
        options.optimized_model_filepath = str(whole)  # with no casts between the weights and their use
        onnxruntime.InferenceSession(str(within), options, providers=["CPUExecutionProvider"])
        convolutions = [node.name for node in onnx.load(whole).graph.node if node.op_type == "Conv"]
        q.quantize_static(
            whole,
            made,
            Reader(),
            op_types_to_quantize=["Conv"],
            nodes_to_exclude=[convolutions[0], *convolutions[-2:]],
            per_channel=True,
            activation_type=q.QuantType.QInt8,
            weight_type=q.QuantType.QInt8,
        )
        return made.replace(folder / made.name)


def pairs_of(pictures: list[Path], backend: Backend, count: int, seed: int) -> list[Pair]:
    """So many of the pictures, each with the code of a painting of the palette, drawn by lot; broken ones are passed over."""
    if backend.palette is None:
        raise ValueError("only models with a palette are quantised")
    rng = random.Random(seed)
    codes = backend.palette.codes
    found = list(small(rng.sample(pictures, len(pictures)), count))
    if len(found) < count:
        raise ValueError(f"{count} pictures are needed, and there are {len(found)} that can be read")
    return [(image, codes[i : i + 1]) for image in found for i in [rng.randrange(len(codes))]]


def small(files: list[Path], count: int) -> Iterator[Array]:
    """The first so many that are pictures, shrunk."""
    for file in files:
        if count == 0:
            return
        try:
            image = on_white(open_picture(file))
        except PictureError:
            continue
        image.thumbnail((SIDE, SIDE))
        count -= 1
        yield to_array(image)


def psnr(backend: Backend, reference: Backend, pairs: list[Pair]) -> Array:
    """Peak signal-to-noise ratio of each pair's painting to the reference's, [n], in dB."""
    return np.array([ratio(paint(backend, pair), paint(reference, pair)) for pair in tqdm(pairs, desc="psnr")])


def paint(backend: Backend, pair: Pair) -> Array:
    image, code = pair
    return backend.paint(image, backend.prepare_style(code), 1)


def ratio(ours: Array, theirs: Array) -> float:
    return float(-10 * np.log10(max(float(np.square(ours - theirs).mean()), 1e-12)))
