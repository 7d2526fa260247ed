import pytest

from txst.model_folder.config import read_config
from txst.model_folder.hub import BUNDLED
from txst.palette.spelling import fold, nearest, surname


@pytest.fixture(scope="module")
def known():
    clip = read_config(BUNDLED)["clip"]
    return [*clip["names"], *clip["movements"]]


def test_the_nearest_in_spelling_are_offered(known):
    assert "claude monet" in nearest("money", known)
    assert "titian" in nearest("ttiain", known)
    assert "vincent van gogh" in nearest("van gog", known)
    assert "paul cezanne" in nearest("sezane", known)


@pytest.mark.parametrize("prompt", ["picasso", "pixel art", "anime", "warhol", "basquiat", "🎨", ""])
def test_nothing_is_offered_where_no_name_is_near(known, prompt):
    assert nearest(prompt, known) == []


def test_what_spellings_have_in_common():
    assert fold("Dürer") == fold("Duerer") == fold("DU\u0308RER") == fold("durer")
    assert fold("ukiyo-e") == fold("Ukiyo_e") == "ukiyo e"
    assert fold("Cubists") == fold("cubistic") == "cubism"
    assert fold("Рембрандт") == fold("рембрандт") != ""


def test_a_surname_has_its_particles():
    names = ["vincent van gogh", "pieter bruegel the elder", "titian", "georges de la tour"]
    assert [surname(name) for name in names] == ["van gogh", "bruegel", "titian", "de la tour"]
