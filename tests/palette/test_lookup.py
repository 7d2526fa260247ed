import numpy as np
import pytest
from small import SMALL

from txst import Stylist
from txst.palette.codes import mixed
from txst.palette.lookup import Palette

NAMES = ["claude monet", "katsushika hokusai", "titian", "caravaggio", "banded", "watercolour"]


@pytest.fixture
def palette():
    """Two codes of each name; the second ones are dark."""
    codes = np.eye(12, dtype=np.float32)
    name = np.arange(12) // 2
    movement = np.where(name == 0, 0, -1)
    dark = codes[1::2].sum(0)
    return Palette(
        codes, NAMES, ["impressionism"], name, movement, np.tile(np.float32([1, 0]), 6), ["banded"], blend=1,
        fits=lambda text, codes: np.float32("dark" in text) * (codes @ dark),
    )  # fmt: skip


def test_two_names_mix_by_their_weights(palette):
    monet, hokusai = palette.text("monet"), palette.text("hokusai")
    np.testing.assert_allclose(palette.text("monet and hokusai"), (monet + hokusai) / 2**0.5, atol=1e-6)
    np.testing.assert_allclose(
        palette.text("monet:0.8, hokusai:0.2"), mixed([monet[None], hokusai[None]], [0.8, 0.2])[0], atol=1e-6
    )


def test_a_medium_combines_with_a_name(palette):
    assert palette.describe("watercolour by titian") == "watercolour (medium) + titian (artist)"
    np.testing.assert_allclose(
        palette.text("watercolour by titian"),
        mixed([palette.text("titian"), palette.text("watercolour")], [1, 1]),
        atol=1e-6,
    )


def test_looks_choose_among_the_works_of_a_name(palette):
    assert palette.text("titian").argmax() == 4
    for style in ("dark titian", "moody titian"):  # it leans to dark works of others, too
        assert palette.text(style)[5] > 0 == palette.text(style)[4]
    assert palette.text("titian, not dark").argmax() == 4
    assert palette.text("dark titian", variation=1)[4] > 0 == palette.text("dark titian")[4]


def test_what_nothing_is_known_of_is_painted_by_what_fits_best_and_told(palette):
    palette.fits = lambda text, codes: np.float32("ψξψ" in text) * (codes @ np.eye(12, dtype=np.float32)[7])
    with pytest.raises(ValueError, match="knows no style 'ψξψ'"):
        palette.text("ψξψ")
    assert palette.text("ψξψ", nearest=True).argmax() == 7
    assert palette.describe("ψξψ", nearest=True) == '"ψξψ" as caravaggio, which comes nearest'


@pytest.mark.parametrize("prompt", ["not titian", "titian:abc", "titian:0"])
def test_the_nearest_is_offered_only_where_it_would_help(palette, prompt):
    with pytest.raises(ValueError, match=r"titian|weight") as refused:
        palette.text(prompt)
    assert "nearest" not in str(refused.value)


def test_what_is_near_is_told_where_it_is_likely_alone():
    palette = Stylist.from_pretrained(SMALL).painter.palette
    assert palette.alike("asdf") == palette.alike("dog") == palette.alike("cyberpunk") == []
    assert palette.alike("gothic horror")[0] == "international gothic"
    for name in palette.alike("crayon drawing"):
        palette.text(name)


def test_a_name_leans_to_the_works_that_have_a_look_where_its_own_have_not(palette):
    shown = palette.codes[1::2].sum(0) - palette.codes[5]  # dark works of others
    for style in ("dark titian", "titian, dark:0.5"):
        assert palette.text(style) @ shown > palette.codes[5] @ shown
    assert palette.text("dark titian") @ shown > palette.text("titian, dark:0.5") @ shown
    assert (palette.text("titian, not dark") == palette.text("titian")).all()


def test_variations_are_of_works_that_differ_and_no_more_than_there_are(palette):
    palette.add("mine", np.eye(12, dtype=np.float32)[[0, 0, 1, 0, 2]] + np.float32(0.01))
    assert palette.variations("mine") == 3
    assert {int(palette.text("mine", variation).argmax()) for variation in range(3)} == {0, 1, 2}
    with pytest.raises(ValueError, match="no variation 3 of 'mine': 3 differ, which are 0 to 2"):
        palette.text("mine", 3)
    begins_again = mixed([palette.text("titian"), palette.text("mine", 2)], [1, 1])
    np.testing.assert_allclose(palette.text("titian and mine", 2), begins_again, atol=1e-6)


def test_looks_alone_choose_among_all(palette):
    assert palette.text("moody").argmax() % 2 == 1


def test_the_weight_of_a_look_is_how_strongly_it_steers(palette):
    assert palette.text("titian, dark:0.05").argmax() == 4
    assert palette.text("titian, dark:0.5").argmax() == 5


def test_a_movement_is_the_choice_of_its_members_works(palette):
    assert palette.text("baroque").argmax() == palette.text("caravaggio").argmax()


def test_what_is_not_in_the_data_is_refused_and_painted_by_the_nearest_if_asked_for(palette):
    with pytest.raises(ValueError, match="edouard manet: not in the data; impressionism is"):
        palette.text("Manet")
    assert (palette.text("Manet", nearest=True) == palette.text("impressionism")).all()


def test_what_is_found_is_what_is_chosen_from(palette):
    codes, fit = palette.find("monet and hokusai")
    assert codes.shape == (4, 12)
    assert fit.tolist() == [1, 0, 1, 0]


def test_a_taught_name_mixes_too(palette):
    palette.add("grandma", np.ones((1, 12), np.float32))
    assert palette.describe("grandma and monet") == "grandma (yours) + claude monet (artist)"
    assert palette.named("grandma") == "grandma"
