"""The parts of a model that ONNX files are made of, each with tensors in and tensors out.

style: code [B, D] -> what the painting wants to know of a style
paint: image [B, 3, H, W], and what `style` gives -> painting [B, 3, H, W]; four more files are cut out of its graph:
encode: image [B, 3, H, W] -> features, its maps [B, C, h, w], for all styles
apply: the same and features -> painting [B, 3, H, W]
measure: image, and what `style` gives -> moments, the means and deviations [B, C, 1] that this image is normalised by
tile:  the same and moments -> painting [B, 3, H, W], of a part of the image that was measured
look:  picture [B, 3, H, W] -> code [B, D]; of models whose styles are codes
words: numbers of a text's byte pairs [1, L], codes [n, D] -> fit [n]; of palettes with a text tower
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.export import Dim

from txst.layers.norm_statistics import RecordStatistics
from txst.model_folder.config import SMALLEST
from txst.palette.module import Palette
from txst.types import CodeModel, Controls, Embedder, Style, StyleModel

Tensors = dict[str, Tensor]


class Part(nn.Module):
    """A function of tensors by name, and the network that it calls, so that weights keep their names.

    Args:
        call: tensors -> a tensor, or several.
        networks: by the name that they have in model.safetensors.
    """

    def __init__(self, call: Callable[[Tensors], Any], **networks: nn.Module) -> None:
        super().__init__()
        self.call = call
        for name, network in networks.items():
            self.add_module(name, network)

    def forward(self, tensors: Tensors) -> Any:
        return self.call(tensors)


@dataclass
class Graph:
    """A part of a model, and how to call it."""

    name: str
    part: Part
    inputs: Tensors  # examples
    outputs: list[str]
    free: dict[str, dict[int, Any]]  # input -> axis -> its torch.export.Dim
    moments: list[str] = field(default_factory=list)  # outputs that can also be given
    features: list[str] = field(default_factory=list)  # and these, of the image alone


def graphs(model: StyleModel, width: int, clip: Embedder | None = None) -> Iterator[Graph]:
    """Those that a model has.

    Args:
        model: that paints after embeddings or codes, in eval mode.
        width: D of these.
        clip: what it knows texts by, for `words`.
    """
    if not model.reads & {"text", "code"}:
        raise ValueError(
            "ONNX graphs take a style as an embedding or a code; this model paints "
            + ("in a style of its own" if "fixed" in model.reads else "after pictures themselves")
        )
    batch = {0: Dim("batch", min=1, max=1024)}
    code = F.normalize(torch.randn(2, width, generator=torch.Generator().manual_seed(0)), dim=1)
    image = torch.rand(2, 3, 70, 90, generator=torch.Generator().manual_seed(0))
    network = cast(nn.Module, model)

    def prepare(x: Tensors) -> tuple[Tensor, ...]:
        return tuple(model.prepare_style(Style(x["code"])).values())

    def paint(x: Tensors) -> list[Tensor]:
        features = model.prepare_image(x["image"])
        record = RecordStatistics()
        prepared = {name: tensor for name, tensor in x.items() if name != "image"}
        painting = model(x["image"], prepared, Controls(statistics=record), features).image
        return [painting, *(features or {}).values(), *(moment for pair in record.moments for moment in pair)]

    with torch.no_grad():
        prepared = model.prepare_style(Style(code))
        features = [f"features_{name}" for name in model.prepare_image(image) or {}]
        count = len(paint({"image": image, **prepared})) - 1 - len(features)
    yield Graph("style", Part(prepare, model=network), {"code": code}, list(prepared), {"code": batch})
    free = dict.fromkeys(prepared, batch) | {"image": batch | sides(1)}
    moments = [f"{'deviation' if i % 2 else 'mean'}{i // 2}" for i in range(count)]
    outputs = ["painting", *features, *moments]
    yield Graph("paint", Part(paint, model=network), {"image": image, **prepared}, outputs, free, moments, features)
    if "code" in model.reads:
        look = Part(lambda x: cast(CodeModel, model).style_code(x["picture"]), model=network)
        yield Graph("look", look, {"picture": image}, ["code"], {"picture": batch | sides(SMALLEST)})
    if isinstance(clip, Palette) and clip.words:
        fit = Part(lambda x: clip.fit(x["numbers"], x["codes"]), clip=clip)
        free = {"numbers": {1: Dim("length", min=1, max=clip.words.length)}}
        free["codes"] = {0: Dim("count", min=1, max=2**20)}
        yield Graph("words", fit, {"numbers": torch.tensor([[1, 2, 3]]), "codes": code}, ["fit"], free)


def sides(least: int) -> dict[int, Any]:
    return {2: Dim("height", min=least, max=2**15), 3: Dim("width", min=least, max=2**15)}
