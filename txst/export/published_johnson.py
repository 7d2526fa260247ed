"""Johnson's networks as people have them: PyTorch's examples (a .pth of a state dict), and ml5's folders of raw numbers."""

import json
from math import prod
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from txst.export.published import Published

PARTS = ("weight", "shift", "scale")  # of a layer, in the order of ml5's numbers
LAYERS = (
    "down.0", "down.1", "down.2",
    *(f"blocks.{block}.{half}" for block in range(5) for half in ("first", "second")),
    "up.0", "up.1", "paint",
)  # fmt: skip
LARGEST = 4 * 2**20  # bytes of one of ml5's files; 590 kB at most


def pytorch_example() -> Published:
    """https://github.com/pytorch/examples, fast_neural_style."""
    names: dict[str, str] = {}
    for i in range(3):
        names |= norm(f"in{i + 1}", f"down.{i}") | {f"conv{i + 1}.conv2d.": f"down.{i}.conv."}
    for i in range(5):
        for j, half in enumerate(("first", "second"), 1):
            ours = f"blocks.{i}.{half}"
            names |= norm(f"res{i + 1}.in{j}", ours) | {f"res{i + 1}.conv{j}.conv2d.": f"{ours}.conv."}
    for i in range(2):
        names |= norm(f"in{i + 4}", f"up.{i}") | {f"deconv{i + 1}.conv2d.": f"up.{i}.conv."}
    return Published(
        title="Johnson's network",
        card=card("https://github.com/pytorch/examples (BSD-3-Clause) or a training by its script"),
        sign="deconv3.conv2d.weight",
        names=names | {"deconv3.conv2d.": "paint."},
        model={"_target_": "txst.models.johnson.Johnson", "width": 32, "layout": "resize"},
        clip={"_target_": "txst.encoders.null_text.NullTextEncoder"},
        folded=in_unit,
    )


def ml5() -> Published:
    """https://github.com/ml5js/ml5-data-and-models, models/style-transfer: a folder of a manifest.json and 48 files."""
    return Published(
        title="Johnson's network",
        card=card(
            "https://github.com/ml5js/ml5-data-and-models (MIT), by https://github.com/lengstrom/fast-style-transfer"
        ),
        sign="paint.shift",
        names={
            f"{layer}.{part}": f"{layer}.conv.weight" if part == "weight" else f"{layer}.{part}"
            for layer in LAYERS
            for part in PARTS
        },
        model={"_target_": "txst.models.johnson.Johnson", "width": 32, "layout": "transposed", "eps": 1e-3},
        clip={"_target_": "txst.encoders.null_text.NullTextEncoder"},
        folded=lambda tensors: tensors | {"down.0.weight": 255 * tensors["down.0.weight"]},
    )


def norm(theirs: str, ours: str) -> dict[str, str]:
    return {f"{theirs}.weight": f"{ours}.scale", f"{theirs}.bias": f"{ours}.shift"}


def card(source: str) -> str:
    return f"""
Johnson, Alahi and Fei-Fei, 2016, https://arxiv.org/abs/1603.08155. Weights of {source}. Paints in one style, its own.

Paint: `txst photo.jpg --model THIS_FOLDER`
"""


def in_unit(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """The weights for pixels in [0, 1], which were made for 0 to 255; without the averages that old files have and nothing reads."""
    scales = {"conv1.conv2d.weight": 255.0, "deconv3.conv2d.weight": 1 / 255, "deconv3.conv2d.bias": 1 / 255}
    kept = {n: t for n, t in tensors.items() if not n.endswith(("running_mean", "running_var", "num_batches_tracked"))}
    return {name: tensor * scales.get(name, 1.0) for name, tensor in kept.items()}


def read_ml5(manifest: Path) -> dict[str, Tensor]:
    """The weights of one of ml5's folders, under `PARTS` of `LAYERS`, in torch's order of axes.

    Args:
        manifest: its manifest.json, which lies beside files of raw float32.

    Raises:
        ValueError: the folder is none of these, or a file of it is missing or of another size.
    """
    entries = json.loads(manifest.read_text(encoding="utf-8"))
    tensors = {}
    for number, (layer, part) in enumerate((layer, part) for layer in LAYERS for part in PARTS):
        name = f"Variable_{number}" if number else "Variable"
        shape = (
            entries[name].get("shape") if isinstance(entries, dict) and isinstance(entries.get(name), dict) else None
        )
        if not isinstance(shape, list) or not all(isinstance(side, int) and side > 0 for side in shape):
            raise ValueError(f"{manifest} tells no shape of {name}: it is of no network of ml5's style transfer")
        file = manifest.with_name(name)
        size = file.stat().st_size if file.is_file() else -1
        if size != 4 * prod(shape) or size > LARGEST:
            what = (
                "is missing" if size < 0 else f"has {size} bytes and not {4 * prod(shape)}, as its shape {shape} says"
            )
            raise ValueError(f"{file} {what}: copy the whole folder again")
        values = torch.from_numpy(np.fromfile(file, "<f4").astype(np.float32).reshape(shape))
        tensors[f"{layer}.{part}"] = values.permute(3, 2, 0, 1) if part == "weight" and len(shape) == 4 else values
    return tensors
