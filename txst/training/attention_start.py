"""SANet and AdaAttN begin with attention that finds like by like, in place of a random one that finds the mean of everything."""

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn

from txst.layers.ops import channel_stats, instance_norm
from txst.training.inverse import regress
from txst.transfers.adaattn import AdaAttN
from txst.transfers.sanet import SANet
from txst.types import Encoder, Style

SHARPNESS = 30.0  # score of a place with one that looks the same; of one that has nothing in common 0


@torch.no_grad()
def begin_with_matches(
    transfer: SANet | AdaAttN, encoder: Encoder, pairs: Iterable[tuple[Tensor, Tensor]], seed: int = 0
) -> None:
    """Makes a transfer give at once what attention finds in a style; only then has it something to improve. Ours.

    Queries and keys are the normalised maps themselves, and values the style's. The convolution that merges the two deepest
    layers is fitted, by least squares, to give the finer one as it is styled: AdaAttN's with the moments that each place finds,
    SANet's, which adds what is found to the content, with the style's moments as AdaIN gives them.

    Args:
        transfer: changed in place.
        encoder: whose features are styled.
        pairs: photos and paintings, [B, 3, H, W] in [0, 1] each.
        seed: of the places for the regression.

    Raises:
        ValueError: there is no pair.
    """
    attends: Any = transfer.attend.values()
    for attend in attends:
        for conv in (attend.query, attend.key):
            as_identity(conv, (SHARPNESS / conv.in_channels) ** 0.5)
        as_identity(attend.value)
        if isinstance(transfer, SANet):
            as_identity(attend.out)
    if len(transfer.merge.names) < 2:
        return
    found = [merged(transfer, encoder, *pair) for pair in pairs]
    if not found:
        raise ValueError("attention begins with what it finds in pairs of a photo and a painting, and there is none")
    inputs, targets = zip(*found, strict=True)
    regress(transfer.merge.conv, inputs, targets, torch.Generator().manual_seed(seed))


def merged(transfer: SANet | AdaAttN, encoder: Encoder, photos: Tensor, paintings: Tensor) -> tuple[Tensor, Tensor]:
    """What the convolution that merges is given, and what it shall give."""
    content, style = encoder(photos), encoder(paintings)
    merge, fine = transfer.merge, transfer.merge.names[0]
    given: list[Any] = []
    hooks = [part.register_forward_pre_hook(lambda _, x: given.append(x[0])) for part in (merge, merge.conv)]
    try:
        transfer(content, transfer.prepare_style(Style(features=style), encoder))
    finally:
        for hook in hooks:
            hook.remove()
    styled, joined = given
    if isinstance(transfer, AdaAttN):
        return joined, styled[fine]
    mean, std = channel_stats(style[fine])
    return joined, std * instance_norm(content[fine]) + mean


def as_identity(conv: nn.Conv2d, gain: float = 1.0) -> None:
    """A 1x1 convolution that multiplies every channel by a number."""
    nn.init.dirac_(conv.weight)
    conv.weight.mul_(gain)
    nn.init.zeros_(conv.get_parameter("bias"))
