import sys

import torch
import torch.nn.functional as F
from small import painted

from txst.decoders.pyramid import Pyramid as Decoder
from txst.encoders.pyramid import Pyramid as Encoder
from txst.layers.ops import instance_norm
from txst.models.stylizer import Stylizer
from txst.transfers.txst import PolynomialAttention, StyleTokens, TxST
from txst.types import Style


def test_tokens_of_one_style_really_differ():
    tokens = StyleTokens(16, 24, 8)(F.normalize(torch.randn(1, 16), dim=-1))[0]
    assert torch.pdist(F.normalize(tokens, dim=-1)).min() > 0.1


def test_tokens_depend_on_the_style():
    one, other = StyleTokens(16, 24, 8)(F.normalize(torch.randn(2, 16), dim=-1))
    assert (one - other).abs().mean() > 0.1


def test_the_result_varies_with_the_tokens_away_from_borders():
    """With equal tokens attention finds the same everywhere; what it adds in the middle comes from their differences."""
    attention = PolynomialAttention(12, 12, heads=3)
    content = torch.randn(1, 12, 16, 16)
    different = torch.randn(1, 20, 12)
    equal = different.mean(1, keepdim=True).expand(-1, 20, -1)

    def found(tokens):
        added = attention._attend(0, content, tokens) + attention._attend(1, content, tokens.square())
        return added[..., 4:-4, 4:-4].std((2, 3))

    assert found(equal).max() < 1e-5
    assert found(different).min() > 1e-2


@torch.no_grad()
def test_the_picture_varies_with_the_tokens_away_from_borders():
    """Without queries every place finds the same mean of tokens; what lookups add differs from place to place, inside too."""
    widths = {"scale1": 8, "scale2": 8, "scale3": 8}
    encoder = Encoder(widths)
    transfer = TxST(widths, widths, style_width=16, tokens=12, heads=2)
    model = Stylizer(encoder, transfer, Decoder(widths, encoder.strides)).train()
    image, style = torch.rand(1, 3, 96, 96), Style(F.normalize(torch.randn(1, 16), dim=-1))
    looked_up = painted(model, image, style)
    for attention in transfer.attend.values():
        for query in attention.query:
            query.weight.zero_(), query.bias.zero_()
    change = (looked_up - painted(model, image, style))[..., 32:-32, 32:-32]
    assert change.std((2, 3)).min() > 0.05 * looked_up[..., 32:-32, 32:-32].std((2, 3)).max()


def test_places_look_different_tokens_up():
    """Shuffling the places of the content shuffles the result: what a place gets depends on what is there."""
    attention = PolynomialAttention(12, 12, heads=3)
    content, tokens = torch.randn(1, 12, 4, 4), torch.randn(1, 20, 12)
    order = torch.randperm(16)
    shuffled = content.flatten(2)[..., order].view_as(content)
    expected = attention(content, tokens).flatten(2)[..., order].view_as(content)
    torch.testing.assert_close(attention(shuffled, tokens), expected, atol=1e-5, rtol=1e-4)


def test_finer_layers_take_part_in_the_attention_of_deeper_ones():
    widths = {"fine": 8, "coarse": 8}
    transfer = TxST(widths, widths, style_width=16, tokens=4, heads=2)
    prepared = transfer.prepare_style(Style(F.normalize(torch.randn(1, 16), dim=-1)), None)
    fine, coarse = torch.randn(1, 8, 16, 16), torch.randn(1, 8, 8, 8)
    one = transfer({"fine": fine, "coarse": coarse}, prepared)["coarse"]
    other = transfer({"fine": torch.randn_like(fine), "coarse": coarse}, prepared)["coarse"]
    assert (one - other).abs().mean() > 1e-2


def test_finer_layers_are_normalised_before_they_are_shrunk_as_the_docstring_says():
    """The published network shrinks first: its channels have unit deviation where they take part, and these do not."""
    widths = {"fine": 8, "coarse": 8}
    transfer = TxST(widths, widths, style_width=16, tokens=4, heads=2)
    joined = []
    transfer.attend["coarse"].register_forward_pre_hook(lambda _, given: joined.append(given[0][:, :8]))
    content = {"fine": torch.randn(1, 8, 16, 16), "coarse": torch.randn(1, 8, 8, 8)}
    transfer(content, transfer.prepare_style(Style(F.normalize(torch.randn(1, 16), dim=-1)), None))
    normalised = instance_norm(transfer.unstyled(content)["fine"])
    torch.testing.assert_close(joined[0], normalised[..., ::2, ::2])
    assert "normalised first and then shrunk" in " ".join((sys.modules[TxST.__module__].__doc__ or "").split())
