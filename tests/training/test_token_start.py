"""TxST begins as AdaIN by name: exactly, where tokens have a style's statistics, and nearly, with tokens fitted to many."""

import pytest
import torch
import torch.nn.functional as F

from txst.layers.ops import channel_stats, instance_norm
from txst.training.token_start import begin_plain, begin_with_statistics
from txst.transfers.txst import TxST

WIDTHS = {"relu2_1": 4, "relu3_1": 8}
SIZES = {"relu2_1": 8, "relu3_1": 4}


@pytest.fixture
def transfer():
    torch.manual_seed(0)
    return TxST(WIDTHS, WIDTHS, style_width=64, tokens=8, heads=2)


def features(seed, count=2):
    """Maps as those after a ReLU, with statistics of their own for each channel of each picture."""
    draw = torch.Generator().manual_seed(seed)
    moments = lambda width: 0.5 + torch.rand(count, width, 1, 1, generator=draw)  # noqa: E731
    return {
        name: (torch.randn(count, width, SIZES[name], SIZES[name], generator=draw) * moments(width) + 2 * moments(width)).relu()
        for name, width in WIDTHS.items()
    }  # fmt: skip


def of_joined(maps, name):
    """Means and deviations [B, C] of the layers up to this one."""
    upto = list(WIDTHS)[: list(WIDTHS).index(name) + 1]
    return (torch.cat([channel_stats(maps[layer])[i] for layer in upto], 1)[..., 0, 0] for i in (0, 1))


@torch.no_grad()
def test_tokens_with_the_statistics_of_a_style_do_what_adain_does(transfer):
    content, style = features(0), features(1)
    begin_plain(transfer)
    apart = torch.randn(8, 1)
    apart = (apart - apart.mean()) / apart.std(correction=0)
    tokens = {}
    for name in WIDTHS:
        mean, std = of_joined(style, name)
        tokens[name] = mean[:, None] + apart * std[:, None]
    styled = transfer(content, tokens)
    for name in WIDTHS:
        mean, std = channel_stats(style[name])
        assert torch.allclose(styled[name], instance_norm(content[name]) * std + mean, atol=1e-4)


class OneForEach(torch.nn.Module):
    """Picture number i has the i-th embedding, name number i one of another; a network whose features are known."""

    def __init__(self, count):
        super().__init__()
        draw = torch.Generator().manual_seed(3)
        self.embeddings, self.names = (F.normalize(torch.randn(count, 64, generator=draw), dim=1) for _ in range(2))
        self.maps = features(2, count)

    def forward(self, numbers):
        return self.embeddings[numbers]

    def text(self, names):
        return self.names[[int(name) for name in names]]

    def features(self, numbers):
        return {name: x[numbers] for name, x in self.maps.items()}


def test_tokens_are_fitted_to_the_statistics_of_paintings_by_name_and_by_picture(transfer):
    space = OneForEach(6)
    styles = [(torch.arange(i, i + 3), [str(i) for i in range(i, i + 3)]) for i in (0, 3)]
    begin_with_statistics(transfer, space.features, space, styles, steps=300)
    content = {name: x[:1].expand(6, -1, -1, -1) for name, x in features(0).items()}
    for embeddings in (space.embeddings, space.names):
        with torch.no_grad():
            styled = transfer(content, {name: spread(embeddings) for name, spread in transfer.tokens.items()})
        for name, x in styled.items():
            for found, wanted in zip(channel_stats(x), channel_stats(space.maps[name]), strict=True):
                error = (found - wanted).square().mean() / (wanted - wanted.mean(0)).square().mean()
                assert error < 0.15, name


def test_a_layer_that_changes_its_width_cannot_begin_so():
    with pytest.raises(ValueError, match="relu3_1: 8 channels are made 4"):
        begin_plain(TxST(WIDTHS, {"relu2_1": 4, "relu3_1": 4}, style_width=64, tokens=8, heads=2))
