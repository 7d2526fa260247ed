"""A decoder that begins as VGG's inverse: each convolution by least squares, in closed form, in place of a random start."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from tqdm import tqdm

from txst.encoders.vgg import VGG
from txst.layers.reflect import ReflectConv, reflect_pad
from txst.types import Features

PLACES = 32768  # of the images for a regression, of up to 4,609 unknowns
RIDGE = 1e-3  # of the mean diagonal


@torch.no_grad()
def invert(
    encoder: VGG,
    decoder: nn.Module,
    images: Sequence[Tensor],
    seed: int = 0,
    decode: Callable[[Features], Any] | None = None,
) -> None:
    """Fits the convolutions of a mirror of VGG one after the other, deepest first.

    Each is to give, from what those before it give, what VGG has at its place: the map of as many channels and the same stride,
    or the image itself. That is a ridge regression over places of the images; that a ReLU follows is left out of it. Ours.

    Args:
        encoder: whose features the decoder reads.
        decoder: `Mirror`, `SkipMirror`, or other convolutions that go VGG's way back; changed in place.
        images: batches [B, 3, H, W] in [0, 1], H and W multiples of the decoder's stride.
        seed: of the places.
        decode: how the decoder draws features; None: it is called with them alone.

    Raises:
        ValueError: a convolution has no place in VGG.
    """
    draw = torch.Generator().manual_seed(seed)
    maps = [every_map(encoder, batch) for batch in images]
    features: list[Features] = [{name: found[name] for name in encoder.layers} for found in maps]
    convs = [layer for layer in decoder.modules() if isinstance(layer, ReflectConv)]
    for conv in tqdm(convs, "inverting VGG", unit="convolution"):
        inputs = [caught(decode or decoder, x, conv) for x in features]
        targets = [mirrored(found, conv, x) for found, x in zip(maps, inputs, strict=True)]
        regress(conv, inputs, targets, draw)


@torch.no_grad()
def regress(conv: nn.Conv2d, inputs: Sequence[Tensor], targets: Sequence[Tensor], draw: torch.Generator) -> None:
    """Sets a 3x3 convolution to the ridge regression of maps [B, C', h, w] on maps [B, C, h, w], over PLACES of them all."""
    unknowns = conv.weight[0].numel() + 1
    rows = [places(x, y, -(-PLACES // len(inputs)), draw) for x, y in zip(inputs, targets, strict=True)]
    gram = sum((a.T @ a for a, _ in rows), start=torch.zeros(()))
    moment = sum((a.T @ b for a, b in rows), start=torch.zeros(()))
    ridge = torch.full((unknowns,), RIDGE) * gram.diagonal()[:-1].mean()
    ridge[-1] = 0  # the bias
    found = torch.linalg.solve(gram.double() + ridge.double().diag(), moment.double())
    conv.weight.copy_(found[:-1].T.view_as(conv.weight))
    conv.get_parameter("bias").copy_(found[-1])


def every_map(encoder: VGG, images: Tensor) -> Features:
    """What all of VGG's convolutions give, by the names of their layers, and the `image`."""
    found: Features = {"image": images}

    def keep(name: str) -> Any:
        return lambda _, __, x: found.update({name: x.relu()})

    hooks = [
        encoder.get_submodule(f"conv{place}").register_forward_hook(keep(f"relu{place}")) for place in encoder.places
    ]
    try:
        encoder(images)
    finally:
        for hook in hooks:
            hook.remove()
    return found


class Caught(Exception):
    """Carries what a convolution was given."""


def caught(decode: Callable[[Features], Any], features: Features, conv: nn.Module) -> Tensor:
    """The map that a convolution of the decoder is given."""

    def catch(_: nn.Module, inputs: tuple[Tensor]) -> None:
        raise Caught(inputs[0])

    hook = conv.register_forward_pre_hook(catch)
    try:
        decode(features)
    except Caught as given:
        return given.args[0]
    finally:
        hook.remove()
    raise ValueError("a convolution of the decoder takes no part in what it draws")


def mirrored(found: Features, conv: nn.Conv2d, x: Tensor) -> Tensor:
    """What VGG has of the channels of a convolution in the size of its map x; pooled, where it has none of that size."""
    if conv.out_channels == 3:
        return found["image"]
    for y in found.values():  # the shallowest of a block
        y = y if y.shape[-1] == x.shape[-1] else F.max_pool2d(y, 2)
        if y.shape[1] == conv.out_channels and y.shape[-2:] == x.shape[-2:]:
            return y
    raise ValueError(f"VGG has no map of {conv.out_channels} channels and {tuple(x.shape[-2:])} places to mirror")


def places(x: Tensor, y: Tensor, count: int, draw: torch.Generator) -> tuple[Tensor, Tensor]:
    """At so many places the 3x3 places of x around them with a 1, [N, 9 C + 1], and y, [N, C']."""
    batch, _, height, width = y.shape
    chosen = torch.randperm(batch * height * width, generator=draw)[:count]
    image, row, column = chosen // (height * width), chosen // width % height, chosen % width
    padded = reflect_pad(x, 1)
    around = [padded[image, :, row + i, column + j] for i in range(3) for j in range(3)]
    a = torch.stack(around, 2).flatten(1)
    return F.pad(a, (0, 1), value=1.0), y[image, :, row, column]
