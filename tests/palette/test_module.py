import pytest
import torch
import torch.nn.functional as F

from txst.palette.module import Palette

NAMES = ["albrecht durer", "claude monet", "vincent van gogh"]


@pytest.fixture
def palette():
    palette = Palette(width=8, entries=6, names=NAMES, movements=["impressionism"])
    palette.codes = F.normalize(torch.randn(6, 8), dim=-1)
    palette.name = torch.tensor([0, 1, 1, 1, 2, 2])
    palette.movement = torch.tensor([-1, 0, 0, 0, -1, -1])
    palette.score = torch.tensor([0.0, 1, 3, 2, 0, 1])
    return palette


@pytest.mark.parametrize(
    "prompt", ["claude monet", "Claude  Monet", "a painting by Claude Monet", "monet", "claude monnet"]
)
def test_a_name_is_known_in_many_forms(palette, prompt):
    assert palette.text([prompt]).equal(palette.text(["claude monet"]))


def test_a_name_is_nearest_to_its_best_painting(palette):
    code = palette.text(["claude monet"])[0]
    assert int((palette.codes @ code).argmax()) == 2
    torch.testing.assert_close(code.norm(), torch.tensor(1.0))


def test_variations_are_other_paintings_and_no_more_than_there_are(palette):
    _, second, third = (palette.text(["claude monet"], n)[0] for n in range(3))
    with pytest.raises(ValueError, match="no variation 3 of 'claude monet': 3 differ"):
        palette.text(["claude monet"], 3)
    assert int((palette.codes @ second).argmax()) == 3
    assert int((palette.codes @ third).argmax()) == 1


def test_a_movement_is_known(palette):
    assert palette.text(["impressionism"]).equal(palette.text(["claude monet"]))


@pytest.mark.parametrize(("prompt", "near"), [("money", "the nearest in spelling: claude monet"), ("xyzzy plugh", "")])
def test_what_is_unknown_is_refused_with_the_nearest(palette, prompt, near):
    with pytest.raises(ValueError, match=f"{prompt}.*{near}"):
        palette.text([prompt])
