import pytest

from txst.model_folder.config import read_config
from txst.model_folder.hub import BUNDLED
from txst.palette.spelling import meant, nearest, surname


@pytest.fixture(scope="module")
def known():
    clip = read_config(BUNDLED)["clip"]
    return [*clip["names"], *clip["movements"]]


@pytest.mark.parametrize(
    ("prompt", "name"),
    [
        *((p, "vincent van gogh") for p in ("van gogh", "vangogh", "Vincent Van Gogh", "VAN  GOGH", "van-gogh", "van goh")),
        *((p, "albrecht durer") for p in ("Duerer", "Dürer", "durer", "Albrecht Duerer", "Du\u0308rer")),
        *((p, "claude monet") for p in ("a painting by Claude Monet", "monnet", "in the style of claude monnet")),
        *((p, "paul cezanne") for p in ("Cézanne", "cezanne, dark and misty")),
        *((p, "ukiyo e") for p in ("ukiyo-e", "ukiyoe", "Ukiyo_e")),
        ("cubist", "cubism"), ("impressionist painting", "impressionism"), ("artnouveau", "art nouveau"),
        ("davinci", "leonardo da vinci"), ("Brueghel", "pieter bruegel the elder"), ("Toulouse-Lautrec", "henri de toulouse lautrec"),
        ("velasquez", "diego velazquez"), ("kandinski", "wassily kandinsky"), ("crosshatch", "crosshatched"),
    ],
)  # fmt: skip
def test_a_name_is_known_in_every_spelling(known, prompt, name):
    assert meant(prompt, known) == [name]


def test_every_name_means_itself(known):
    assert all(meant(name.title(), known) == [name] for name in known)


def test_every_surname_means_somebody(known):
    assert all(meant(surname(name), known) for name in known if len(surname(name)) > 3)


@pytest.mark.parametrize(
    "prompt",
    ["neon cyberpunk", "pixel art", "steampunk", "watercolor", "anime", "a dark forest", "money", "the simpsons", "pop art",
     "oil painting of a house", "baroque", "rembrandt", "", "   ", "🎨", "日本", "x" * 1000, "cat " * 300, "\x00\x1b[2J", "../../etc"],
)  # fmt: skip
def test_what_is_not_known_is_nobodys_name(known, prompt):
    assert meant(prompt, known) == []


def test_a_name_of_several_is_told_as_such(known):
    assert meant("Tiepolo", known) == ["giovanni battista tiepolo", "giovanni domenico tiepolo"]
    assert meant("domenico tiepolo", known) == ["giovanni domenico tiepolo"]


def test_the_nearest_in_spelling_are_offered(known):
    assert "claude monet" in nearest("money", known)
    assert "titian" in nearest("ttiain", known)
    assert "vincent van gogh" in nearest("van gog", known)
    assert "paul cezanne" in nearest("sezane", known)


@pytest.mark.parametrize("prompt", ["rembrandt", "picasso", "pixel art", "anime", "warhol", "basquiat", "🎨", ""])
def test_nothing_is_offered_where_no_name_is_near(known, prompt):
    assert nearest(prompt, known) == []


@pytest.mark.parametrize(
    ("prompt", "name"), [("titain", "titian"), ("kandisnky", "wassily kandinsky"), ("seruat", "georges seurat")]
)
def test_two_letters_that_changed_places_are_one_slip(known, prompt, name):
    assert meant(prompt, known) == [name]


@pytest.mark.parametrize("prompt", ["sweet roses", "a drop of clear water", "chess", "march", "impossible tours"])
def test_common_words_are_no_slips_of_a_name(known, prompt):
    assert meant(prompt, known) == []
