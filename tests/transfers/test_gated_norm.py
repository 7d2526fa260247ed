"""Gates by category between what a style and what a category makes of a code."""

import pytest
import torch
import torch.nn.functional as F

from txst.transfers.gated_norm import GatedNormTransfer
from txst.types import Style

WIDTHS = {"scale1": 4, "scale2": 8}


@pytest.fixture
def transfer():
    return GatedNormTransfer(WIDTHS, styles=3, categories=2, code=6, blocks=1)


def domain(style, category):
    return F.one_hot(torch.tensor([3 * category + style]), 6).float()


def test_a_closed_gate_leaves_the_category_alone_and_an_open_one_the_style(transfer):
    with torch.no_grad():
        transfer.gate.weight.fill_(-100)
        codes = [transfer.code(domain(style, 0)) for style in range(3)]
        assert codes[0].equal(codes[1]) and codes[1].equal(codes[2])  # noqa: PT018
        assert not codes[0].equal(transfer.code(domain(0, 1)))
        transfer.gate.weight.fill_(100)
        assert transfer.code(domain(0, 0)).equal(transfer.code(domain(0, 1)))
        assert not transfer.code(domain(0, 0)).equal(transfer.code(domain(1, 0)))


def test_each_category_has_a_gate_of_its_own_entry_by_entry(transfer):
    with torch.no_grad():
        transfer.gate.weight.copy_(torch.full((6, 2), 100.0))
        transfer.gate.weight[:3, 1] = -100
        scenery, faces = (transfer.code(domain(1, category)) for category in range(2))
    assert scenery[:, 3:].equal(faces[:, 3:])
    assert not scenery[:, :3].equal(faces[:, :3])


def test_another_style_or_category_paints_other_features_and_a_mix_lies_between_codes(transfer):
    features = {"scale1": torch.rand(1, 4, 8, 8), "scale2": torch.rand(1, 8, 4, 4)}
    with torch.no_grad():
        transfer.gate.weight.zero_()
        styles = [transfer.prepare_style(Style(domain(*one)), None) for one in ((0, 0), (1, 0), (0, 1))]
        painted = [transfer(features, style)["scale2"] for style in styles]
        assert not painted[0].equal(painted[1])
        assert not painted[0].equal(painted[2])
        shares = transfer.code(2 * domain(0, 0) + 2 * domain(0, 1))
    torch.testing.assert_close(shares, (transfer.code(domain(0, 0)) + transfer.code(domain(0, 1))) / 2)


def test_what_is_no_weights_of_its_domains_is_refused(transfer):
    for embedding in (None, torch.rand(1, 5)):
        with pytest.raises(ValueError, match="by their names alone"):
            transfer.prepare_style(Style(embedding), None)
