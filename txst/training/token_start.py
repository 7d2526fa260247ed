"""TxST begins as AdaIN by name: a style's tokens have the means and deviations of its paintings' features."""

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn
from tqdm import tqdm

from txst.layers.ops import channel_stats
from txst.transfers.txst import TxST
from txst.types import Embedder, Encoder

BATCH = 64  # styles, of pictures and of their names, in a step
RATE = 1e-3  # of Adam


def begin_with_statistics(
    transfer: TxST,
    encoder: Encoder,
    clip: Embedder,
    styles: Iterable[tuple[Tensor, list[str]]],
    steps: int = 200,
    seed: int = 0,
) -> None:
    """Makes a transfer do what AdaIN does, after the embedding of a name or a picture alone. Ours.

    The attention's result is normalised, and then takes the tokens' deviation and mean over the K tokens. So where adapters are
    the identity, and attention adds nothing at first, it is AdaIN at every layer with the statistics that the tokens have.
    What makes tokens of an embedding is fitted to the statistics of pictures, by the embeddings of both the picture and its name.

    Args:
        transfer: changed in place; its layers are as wide as the encoder's.
        encoder: whose features are styled.
        clip: image -> embedding and `text` -> embedding.
        styles: pictures [B, 3, H, W] in [0, 1] with a name for each.
        steps: of Adam.
        seed: of the order.

    Raises:
        ValueError: a layer is made wider or narrower, or there are fewer than two styles.
    """
    begin_plain(transfer)
    embeddings, targets = gathered(transfer, encoder, clip, styles)
    if len(embeddings) < 4:
        raise ValueError("tokens are fitted to the statistics of two styles at least")
    draw = torch.Generator().manual_seed(seed)
    adam = torch.optim.Adam(transfer.tokens.parameters(), lr=RATE)
    for _ in (bar := tqdm(range(steps), "fitting tokens", unit="step")):
        rows = torch.randint(len(embeddings), (BATCH,), generator=draw)
        made = {name: moments(spread(embeddings[rows])) for name, spread in transfer.tokens.items()}
        errors = [(made[name] - y[rows]).square().sum(1).mean() / y.var(0).sum() for name, y in targets.items()]
        error = torch.stack(errors).mean()  # 1 is that of tokens that know nothing but the mean over all styles
        adam.zero_grad()
        error.backward()
        adam.step()
        bar.set_postfix(error=f"{error.item():.2f}")


@torch.no_grad()
def begin_plain(transfer: TxST) -> None:
    """Adapters pass everything on, attention adds nothing, and of the joined layers each gives its own."""
    adapters: Any = transfer.adapters.items()
    for name, (conv, _) in adapters:
        if conv.in_channels != conv.out_channels:
            raise ValueError(
                f"tokens cannot begin with the statistics of {name}: {conv.in_channels} channels are made {conv.out_channels}"
            )
        nn.init.dirac_(conv.weight)
        nn.init.zeros_(conv.bias)
    attends: Any = transfer.attend.values()
    for attend in attends:
        for conv in (*attend.join, attend.out):
            nn.init.zeros_(conv.weight)
            nn.init.zeros_(conv.bias)
        attend.out.weight[:, -attend.out.out_channels :, 0, 0].fill_diagonal_(1.0)


@torch.no_grad()
def gathered(
    transfer: TxST, encoder: Encoder, clip: Embedder, styles: Iterable[tuple[Tensor, list[str]]]
) -> tuple[Tensor, dict[str, Tensor]]:
    """Embeddings [2 N, D] of the pictures and of their names, and for each layer what the tokens' moments shall be, [2 N, 2 C]."""
    seen, named = [], []
    found: dict[str, list[Tensor]] = {name: [] for name in transfer.tokens}
    for pictures, names in tqdm(styles, "statistics of styles", unit="batch"):
        seen.append(clip(pictures))
        named.append(clip.text(names))
        features = encoder(pictures)
        parts: list[Tensor] = []
        for name in transfer.tokens:
            parts.append(torch.cat(channel_stats(features[name]), 2)[..., 0])  # [B, C, 2]
            found[name].append(torch.cat(parts, 1).transpose(1, 2).flatten(1))  # means, then deviations
    return torch.cat(seen + named), {name: torch.cat(rows).repeat(2, 1) for name, rows in found.items()}


def moments(tokens: Tensor) -> Tensor:
    """Tokens [B, K, C] -> their means and deviations over K, [B, 2 C]."""
    return torch.cat(channel_stats(tokens.transpose(1, 2)[..., None]), 1)[..., 0, 0]
