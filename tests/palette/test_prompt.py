"""Reading prompts with the words of the bundled model; the notation of prompts.csv is told in txst/evaluation/prompts.py."""

import random
from pathlib import Path

import pytest

from txst.evaluation.prompts import is_right, rows, untold
from txst.model_folder.config import read_config
from txst.model_folder.hub import BUNDLED
from txst.palette.lexicon import Lexicon, lexicon_of
from txst.palette.prompt import read
from txst.palette.spelling import fold, surname
from txst.palette.tables import Term, ordinary, tables

PROMPTS = rows(Path("tests/data/prompts.csv"))
WRONG = {"art nouveau poster by Mucha"}  # the movement is lost: an "art nouveau poster" is a medium


@pytest.fixture(scope="module")
def lexicon():
    clip = read_config(BUNDLED)["clip"]
    return lexicon_of((), tuple(clip["names"]), tuple(clip["movements"]), tuple(clip["textures"]), True)


def names(reading):
    return [part.term.name for part in reading.parts]


def test_of_303_prompts_in_seven_kinds_the_last_hundred_hold_every_kind():
    assert len({row.prompt for row in PROMPTS}) == 303
    assert {row.kind for row in PROMPTS[-100:]} == {row.kind for row in PROMPTS}
    assert len({row.kind for row in PROMPTS}) == 7


@pytest.mark.parametrize("row", [row for row in PROMPTS if row.prompt not in WRONG], ids=lambda row: row.prompt)
def test_what_people_type_is_read_rightly(lexicon, row):
    reading = read(row.prompt, lexicon)
    assert is_right(reading, row.right, lexicon), reading.describe()


@pytest.mark.parametrize(
    ("prompt", "name"),
    [
        *((p, "vincent van gogh") for p in ("van gogh", "vangogh", "Vincent Van Gogh", "VAN  GOGH", "van-gogh", "van goh")),
        *((p, "albrecht durer") for p in ("Duerer", "Dürer", "durer", "Albrecht Duerer", "Du\u0308rer")),
        *((p, "claude monet") for p in ("a painting by Claude Monet", "monnet", "in the style of claude monnet")),
        *((p, "paul cezanne") for p in ("Cézanne", "cezanne, dark and misty")),
        *((p, "ukiyo e") for p in ("ukiyo-e", "ukiyoe", "Ukiyo_e")),
        ("titain", "titian"), ("kandisnky", "wassily kandinsky"), ("seruat", "georges seurat"), ("domenico tiepolo", "giovanni domenico tiepolo"),
        ("cubist", "cubism"), ("impressionist painting", "impressionism"), ("artnouveau", "art nouveau"),
        ("davinci", "leonardo da vinci"), ("Brueghel", "pieter bruegel the elder"), ("Toulouse-Lautrec", "henri de toulouse lautrec"),
        ("velasquez", "diego velazquez"), ("kandinski", "wassily kandinsky"), ("crosshatch", "crosshatched"),
    ],
)  # fmt: skip
def test_a_name_is_known_in_every_spelling(lexicon, prompt, name):
    assert name in names(read(prompt, lexicon))


def test_a_name_in_which_a_segment_would_end_stays_whole_a_users_own_too(lexicon):
    held = [tuple(lexicon.held[kind]) for kind in ("artist", "movement", "texture")]
    mine = lexicon_of(("Rain, with snow",), *held, True)
    assert names(read("rain, with  snow: 0.7, monet: 0.3", mine)) == ["Rain, with snow", "claude monet"]
    assert names(read("a LADY with an ermine, with stripes", mine)) == ["lady with an ermine", "banded"]
    assert names(read("monet with dots, titian", mine)) == ["claude monet", "titian"]
    assert lexicon_of((), (), (), (), False).uncut.search("monet with stripes") is None


def test_a_medium_is_one_whether_its_pictures_lie_under_a_painter_or_under_a_texture():
    mine = lexicon_of((), ("batik", "cracked", "woodcut"), (), ("batik", "cracked"), True)
    assert [(part.term.kind, part.term.name) for part in read("batik, woodcut, cracked", mine).named] == [
        ("medium", "batik"), ("medium", "woodcut"), ("texture", "cracked"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "prompt", ["neon cyberpunk", "a drop of clear water", "chess", "march", "impossible tours", "sweet", "日本"]
)
def test_common_words_are_no_slips_of_a_name(lexicon, prompt):
    assert [part for part in read(prompt, lexicon).parts if not part.guessed] == []


def test_every_word_is_used_or_named_as_unused(lexicon):
    rng = random.Random(0)
    words = [word for entry in tables() for word in entry.spellings] + [
        "paris",
        "horse",
        "zzyzx",
        "8k",
        "--",
        "🎨",
        "½",
        "l'été",
    ]
    for _ in range(300):
        joints = rng.choice([", ", " and ", " with ", " ", " not too ", " by ", "; ", ":0.5, "])
        prompt = joints.join(rng.sample(words, rng.choice((1, 2, 3, 5))))
        assert untold(read(prompt, lexicon)) == [], prompt


def test_every_name_of_the_palette_means_itself(lexicon):
    for kind, name in lexicon.order:
        (part,) = read(name.title(), lexicon).parts
        assert part.term == Term(kind, name)


def test_every_surname_means_its_painter_or_asks_which(lexicon):
    for kind, name in lexicon.order:
        key = fold(surname(name))
        if kind == "artist" and len(surname(name)) > 3 and key not in ordinary() | lexicon.first_names:
            reading = read(f"a painting by {surname(name)}", lexicon)
            same = reading.refused or fold(surname(reading.parts[0].term.name)) == key
            assert same or lexicon.whole[key] == [reading.parts[0].term], name


@pytest.mark.parametrize(
    "prompt",
    ["monet:0.7, hokusai:0.3", "hokusai:0,3; monet:0,7", "70% monet, 30% hokusai", "70 % monet and 30 % hokusai", "monet 0.7, hokusai",
     "monet=0.7 | hokusai=0.3", "(monet:0.7) + (hokusai:0.3)", "monet:1.4, hokusai:0.6", "monet 70 percent, hokusai 30 per cent",
     "70% monet AND 30% hokusai"],
)  # fmt: skip
def test_weights_are_read_however_they_are_written(lexicon, prompt):
    shares = {part.term.name: part.weight for part in read(prompt, lexicon).parts}
    assert shares == pytest.approx({"claude monet": 0.7, "katsushika hokusai": 0.3})


def test_a_weight_within_a_text_ends_a_part_of_it(lexicon):
    parts = {part.term.name: part.weight for part in read("dark:0.2 monet", lexicon).parts}
    assert parts["dark"] == pytest.approx(0.2)
    assert "claude monet" in parts


def test_names_without_weights_share_what_is_left(lexicon):
    assert [part.weight for part in read("monet and hokusai, titian", lexicon).parts] == pytest.approx([1 / 3] * 3)
    assert [part.weight for part in read("monet:0.5, hokusai, titian", lexicon).parts] == pytest.approx(
        [0.5, 0.25, 0.25]
    )


@pytest.mark.parametrize(
    ("prompt", "said"),
    [("monet:-1", "'monet' is -1"), ("monet:abc, hokusai", "'monet' is abc"), ("hokusai:nan", "'hokusai' is nan"),
     ("-0.5 monet", "'monet' is -0.5"), ("monet:0, hokusai:0", "all weights are 0"), ("monet:1, hokusai", "no weight is left for katsushika")],
)  # fmt: skip
def test_bad_weights_are_refused_by_name(lexicon, prompt, said):
    assert said in read(prompt, lexicon).describe()


def test_a_number_beside_nothing_is_no_weight(lexicon):
    reading = read("3 horses by monet 1890", lexicon)
    assert names(reading) == ["claude monet"]
    assert reading.parts[0].weight == 1
    assert reading.unused == ["3 horses", "1890"]


@pytest.mark.parametrize(
    "prompt", ["not too dark", "without dark tones", "less dark", "-dark", "no dark colours", "isn't dark"]
)
def test_looks_can_be_unwanted(lexicon, prompt):
    assert [(part.term.name, part.away) for part in read(prompt, lexicon).parts] == [("dark", True)]


def test_not_ends_with_what_it_is_said_of(lexicon):
    away = {part.term.name: part.away for part in read("not dark or busy blue monet", lexicon).parts}
    assert away == {"dark": True, "busy": True, "blue": False, "claude monet": False}


@pytest.mark.parametrize(
    "prompt",
    ["not monet", "hokusai without monet", "anything but cubism", "Anything But Monet", "no watercolour", "-monet"],
)
def test_names_cannot_be_unwanted(lexicon, prompt):
    assert "cannot be described by what it is not" in read(prompt, lexicon).describe()


@pytest.mark.parametrize(
    "nobody", ["harry potter", "a church", "homer simpson", "grace kelly", "money", "barque", "a rock in the sea"]
)
def test_other_people_and_things_are_no_painters(lexicon, nobody):
    assert names(read(nobody, lexicon)) == []


def test_a_first_name_goes_with_its_painter(lexicon):
    for prompt in ("claud monet", "edward munch", "V. van Gogh", "Monet Claude"):
        reading = read(prompt, lexicon)
        assert len(reading.parts) == 1
        assert not reading.unused
    assert read("edouard monet", lexicon).unused == ["edouard"]


def test_who_is_not_in_the_data_is_refused_with_the_nearest_movement_that_is(lexicon):
    assert read("picasso", lexicon).describe() == "pablo picasso: not in the data (died 1973); cubism is"
    assert read("dali", lexicon).describe() == "salvador dali: not in the data (died 1989); symbolism is"
    assert (
        read("picasso", lexicon, nearest=True).describe()
        == "pablo picasso (artist; not in the data, cubism in its place)"
    )


def test_everything_in_the_tables_can_be_painted_or_is_near_something_that_can(lexicon):
    for term in lexicon.entries:
        if term.kind == "cartoon":  # a model of its own paints those, and the refusal says so
            continue
        assert lexicon.source(term).terms or lexicon.nearest(term), term


def test_a_movement_without_pictures_is_painted_by_its_members(lexicon):
    (part,) = read("Dutch Golden Age", lexicon).parts
    assert part.source.how == "members"
    assert Term("artist", "aelbert cuyp") in part.source.terms
    assert Term("artist", "claude monet") not in part.source.terms


def test_a_medium_is_painted_by_its_own_pictures_where_there_are_some():
    own = Lexicon({"artist": ["claude monet"], "movement": [], "medium": ["watercolour"], "texture": [], "yours": []})
    assert read("aquarelle by Monet", own).describe() == "watercolour (medium) + claude monet (artist)"
    assert read("woodcut by Monet", own).describe() == 'claude monet (artist); "woodcut" has no effect with this model'


def test_of_two_painters_of_a_name_the_one_in_the_palette_is_meant():
    none = {"movement": [], "medium": [], "texture": [], "yours": []}
    assert "may be" in read("rousseau", Lexicon({"artist": ["henri rousseau", "theodore rousseau"], **none})).describe()
    assert names(read("rousseau", Lexicon({"artist": ["theodore rousseau"], **none}))) == ["theodore rousseau"]


def test_a_name_of_the_users_own_means_that_and_nothing_else():
    mine = Lexicon({"yours": ["dark"], "artist": [], "movement": [], "medium": [], "texture": []})
    assert [part.term.kind for part in read("dark", mine).parts] == ["yours"]


def test_looks_without_effect_are_told():
    blind = Lexicon({"artist": ["claude monet"], "movement": [], "medium": [], "texture": [], "yours": []}, looks=False)
    assert read("dark monet", blind).describe() == 'claude monet (artist); "dark" has no effect with this model'


@pytest.mark.parametrize(
    "prompt", ["", " ", "🎨", "x" * 1000, "cat " * 250, "\x00\x1b[2J", "../../etc", "::::", ",;,;", "0.5", "%", "-"]
)
def test_what_means_nothing_is_read_as_nothing(lexicon, prompt):
    assert names(read(prompt, lexicon)) == []


@pytest.mark.parametrize("open", [True, False])
def test_a_number_at_the_end_of_a_name_is_no_weight(open):
    names = {"artist": ["artist 0", "artist 1"], "movement": [], "medium": [], "texture": [], "yours": []}
    lexicon = Lexicon(names, True, open)
    assert read("artist 0", lexicon).describe() == "artist 0 (artist)"
    assert read("dark artist 0, artist 1", lexicon).describe() == "artist 0 (artist) + artist 1 (artist) + dark (look)"
