"""Words that no table has: the table of pieces, what it learns from, and how prompts are read with it."""

import random
from pathlib import Path

import numpy as np
import pytest

from txst.evaluation.prompts import is_right, rows, untold
from txst.model_folder.config import read_config
from txst.model_folder.hub import model_folder
from txst.palette.lexicon import Lexicon, lexicon_of
from txst.palette.meaning import FILE, SPREAD, Meaning, guesses, meaning
from txst.palette.phrases import held_out, painters, phrases
from txst.palette.prompt import read
from txst.palette.sayings import NOTHING, associations, sayings
from txst.palette.spelling import fold
from txst.palette.tables import Term, tables
from txst.palette.word_pieces import WordPieces

PROMPTS = rows(Path("tests/data/meaning.csv"))
WOODCUT, DARK = Term("medium", "woodcut"), Term("look", "dark")
SAID = {WOODCUT: ["carved plank", "gouge"], DARK: ["gloom", "shadows"], NOTHING: ["tax", "monday"]}
VOCABULARY = ["carved", "plank", "gouge", "gloom", "shadow", "##s", "tax", "monday"]


@pytest.fixture(scope="module")
def lexicon():
    clip = read_config(model_folder("painter"))["clip"]
    return lexicon_of((), tuple(clip["names"]), tuple(clip["movements"]), tuple(clip["textures"]), True)


def test_words_are_cut_into_the_longest_known_pieces():
    pieces = WordPieces(["wood", "##cut", "print", "cut", "##cutter", "!"])
    assert pieces("Wóodcut  PRINT, cut woodcutter!") == [0, 1, 2, 3, 0, 4, 5]
    assert pieces("woodx", unknown=[9]) == [9]
    assert pieces("woodx 北斎") == []


def test_a_table_learns_what_it_is_taught_and_its_file_says_the_same(tmp_path):
    torch = pytest.importorskip("torch")
    from txst.palette.train_meaning import calibrated, first_table, learn, main_directions, plain, save, turned
    from txst.palette.train_meaning import read as read_pieces

    torch.manual_seed(0)
    pieces = WordPieces(VOCABULARY)
    texts = [text for some in SAID.values() for text in some]
    cut = list(map(pieces, texts))
    meant = torch.nn.functional.normalize(torch.eye(3).repeat_interleave(2, 0) + 0.1 * torch.rand(6, 3), dim=1)
    table = first_table(torch.randn(len(VOCABULARY), 5), main_directions(torch.randn(20, 5), 3))
    assert table.shape == (len(VOCABULARY), 3)
    table = learn(table, cut, meant, 500, 6)
    assert ((read_pieces(table, cut) * meant).sum(1) > 0.98).all()
    apart = turned(table, cut, torch.tensor([0, 0, 1, 1, 2, 2]), 20)

    def between(one):
        return (read_pieces(one, cut) @ read_pieces(one, cut).T)[::2, ::2].triu(1).sum()

    assert between(apart) < between(table)
    save(apart, VOCABULARY, 0.5, tmp_path / "table.safetensors")
    back = Meaning(tmp_path / "table.safetensors", SAID)
    np.testing.assert_allclose(back.embed(texts), read_pieces(apart, cut).numpy(), atol=0.02)
    assert [back.guesses(text)[0].term for text in texts[:4]] == [WOODCUT, WOODCUT, DARK, DARK]
    assert back.score("gloomx tax").argmax() == 2  # the last is nothing
    assert back.score("tax").sum() == pytest.approx(1)
    assert back.guesses("!?") == []
    held = {text: term for term, some in SAID.items() for text in some}
    figures = calibrated(back.guesses, held)
    assert figures["first"] == 1
    assert 0 < figures["sure"] < 0.5
    assert plain(["[PAD]", "wood", "##cut", "é", "!", "1920"]) == [1, 2, 5]


def test_phrases_are_many_different_ones_and_none_of_those_held_out():
    held = held_out(sayings(), 0.2, random.Random(0))
    unseen = {fold(text) for text in held} | {"acid"}
    said = {**sayings(unseen), **painters(unseen)}
    made = phrases(said, 8000, random.Random(0), unseen)
    assert len(set(made)) == len(made) >= 8000
    assert not unseen & set(map(fold, made))
    assert made == phrases(said, 8000, random.Random(0), unseen)
    assert {term.kind for term in held.values()} == {"movement", "medium", "texture", "look", "nothing"}


def test_what_goes_with_a_term_goes_with_one_of_the_tables():
    assert set(associations()) - {NOTHING} <= {entry.term for entry in tables()}
    prompts = {fold(row.prompt) for row in PROMPTS}
    told = {term: texts for term, texts in sayings().items() if term != NOTHING} | {NOTHING: associations()[NOTHING]}
    assert not prompts & {fold(text) for texts in told.values() for text in texts}


def test_an_ordinary_word_says_nothing_unless_it_is_part_of_what_says_a_style():
    said = sayings()
    assert "lemon" not in said[NOTHING]  # "lemons" are yellow
    assert "bicycle" in said[NOTHING]


def test_a_sentence_encoder_reads_words_in_pieces_and_batched_as_alone(tmp_path, monkeypatch):
    torch = pytest.importorskip("torch")
    from safetensors.torch import save_file

    from txst.palette import sentence_encoder
    from txst.palette.train_meaning import embeddings

    monkeypatch.setattr(sentence_encoder, "LAYERS", 1)
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "wood", "##cut", "print", "cut"]
    (tmp_path / "vocab.txt").write_text("\n".join(pieces))
    sizes = {"word_embeddings": len(pieces), "position_embeddings": 16, "token_type_embeddings": 2}
    weights = {f"embeddings.{name}.weight": torch.randn(size, 384) for name, size in sizes.items()}
    shapes = {"attention.output.dense": (384, 384), "intermediate.dense": (1536, 384), "output.dense": (384, 1536)}
    shapes |= {f"attention.self.{part}": (384, 384) for part in ("query", "key", "value")}
    for name, (out, into) in shapes.items():
        weights[f"encoder.layer.0.{name}.weight"] = torch.randn(out, into) / into**0.5
        weights[f"encoder.layer.0.{name}.bias"] = torch.zeros(out)
    for name in ("embeddings", "encoder.layer.0.attention.output", "encoder.layer.0.output"):
        weights |= {
            f"{name}.LayerNorm.{end}": torch.full((384,), value) for end, value in (("weight", 1.0), ("bias", 0.0))
        }
    save_file(weights, tmp_path / "model.safetensors")
    encoder = sentence_encoder.SentenceEncoder(tmp_path)
    texts = ["print woodcut cutx", "woodcut", "cut"]
    both = embeddings(encoder, texts, "read")
    for text, row in zip(texts, both, strict=True):
        torch.testing.assert_close(encoder([text])[0], row, atol=1e-5, rtol=0)
    torch.testing.assert_close(encoder.embed([[6, 4, 5, 1]])[0], both[0], atol=1e-5, rtol=0)
    torch.testing.assert_close(both.norm(dim=1), torch.ones(3))


def test_the_table_of_the_package_is_small_and_knows_terms_of_the_tables():
    assert FILE.stat().st_size < 3e6
    assert set(meaning().terms) <= {entry.term for entry in tables()}
    assert 0 < meaning().sure < 1


def test_the_table_of_the_package_says_the_same_everywhere():
    found = {text: guesses(text)[0] for text in SAME}
    assert {text: guess.term.name for text, guess in found.items()} == {text: name for text, (name, _) in SAME.items()}
    for text, (_, score) in SAME.items():
        assert found[text].score == pytest.approx(score, abs=1e-3)


SAME = {  # text -> its likeliest term, and how sure that is
    "graveyard": ("dark", 0.6833), "wicker basket": ("braided", 0.2677), "haunted house": ("cobwebbed", 0.5573),
    "broken glass on the floor": ("cracked", 0.518), "snowy mountain peak": ("cold", 0.3813), "Lémonade, stand": ("yellow", 0.4132),
}  # fmt: skip


def test_it_is_sure_of_few_that_say_nothing_and_right_where_it_is_sure():
    embeddings, whose = meaning().known
    near = np.exp(embeddings @ embeddings.T / SPREAD)
    near[embeddings @ embeddings.T > 1 - 1e-6] = 0  # no saying is told by itself
    *likely, none = ((near @ whose) / near.sum(1, keepdims=True)).T
    sure = (np.array(likely) / np.sqrt(np.array(likely) + none)).max(0) >= meaning().sure
    right = np.argmax(likely, 0) == whose.argmax(1)
    nothing = whose[:, -1]
    assert sure[nothing].mean() < 0.1
    assert right[sure & ~nothing].mean() > 0.65
    assert sure[~nothing].mean() > 0.4


def test_words_that_no_table_has_are_found_by_what_they_mean_or_refused(lexicon):
    right = {row.prompt for row in PROMPTS if is_right(read(row.prompt, lexicon), row.right, lexicon)}
    refused = [row for row in PROMPTS if row.right == "refuse"]
    found = [row for row in PROMPTS if row.right != "refuse"]
    assert sum(row.prompt in right for row in refused) >= 0.9 * len(refused)
    assert sum(row.prompt in right for row in found) >= FOUND * len(found)


FOUND = 0.4  # share of what the table of docs/WORDS.md says, and a little less


def test_no_word_is_dropped_whatever_is_guessed(lexicon):
    rng = random.Random(0)
    words = [piece for piece in meaning().pieces.numbers if piece.isalpha() and len(piece) > 2]
    for _ in range(60):
        prompt = (
            " ".join(rng.sample(words, 2))
            + rng.choice(("", ", monet", " by titian", " and dark"))
            + ", "
            + rng.choice(words)
        )
        for nearest in (False, True):
            assert untold(read(prompt, lexicon, nearest)) == [], prompt


def test_a_guess_is_told_and_where_it_is_not_sure_only_painted_if_asked_for(lexicon, monkeypatch):
    text = "graveyard"
    (part,) = read(text, lexicon).parts
    assert part.guessed
    assert read(text, lexicon).describe() == f'"{text}" as dark (look)'
    assert read(f"not {text}", lexicon).describe() == f'not "{text}" as dark (look)'
    (refused,) = read("calligraphy", lexicon).refused  # which it takes for something that there are no pictures of
    assert refused.startswith('"calligraphy" as screen print: not in the data')
    monkeypatch.setattr(meaning(), "sure", 1.1)
    assert read(text, lexicon).describe() == f'"{text}" has no meaning for a style'
    assert read(text, lexicon, nearest=True).describe() == f'"{text}" as dark (look)'


def test_beside_a_style_that_is_named_motifs_are_no_styles(lexicon):
    for text in ("forest by monet", "monet, forest"):
        assert read(text, lexicon).describe() == 'claude monet (artist); "forest" has no meaning for a style'
    for text in ("haunted house, monet", "monet, haunted house", "monet with a haunted house"):
        assert read(text, lexicon).describe() == 'claude monet (artist); "haunted house" has no meaning for a style'
    assert read("monet, graveyard", lexicon).describe() == 'claude monet (artist) + "graveyard" as dark (look)'
    assert read("cold haunted house", lexicon).describe() == '"haunted house" as cobwebbed (texture) + cold (look)'


def test_genres_are_no_styles(lexicon):
    assert read("my portrait", lexicon).describe() == '"portrait" has no meaning for a style'
    assert read("a still life", lexicon).describe() == '"still life" has no meaning for a style'


def test_what_is_guessed_is_something_that_the_palette_has_or_something_near(lexicon):
    names_alone = Lexicon({"yours": ["grandma"], "artist": ["claude monet"]}, looks=False)
    assert all(guess.term.kind != "look" for guess in guesses("graveyard") if guess.term in names_alone.reach)
    assert {guess.term for guess in guesses("graveyard")[:5]} <= lexicon.reach


def test_with_a_code_for_every_text_what_there_are_no_pictures_of_is_painted_by_its_word():
    mine = Lexicon({"artist": ["claude monet"], "movement": ["impressionism"]}, looks=True, open=True)
    assert read("monet", mine).describe() == "claude monet (artist)"
    assert read("picasso", mine).describe() == "pablo picasso (artist, by its word)"
    assert read("dark cyberpunk", mine).describe() == "dark cyberpunk (text)"
    assert read("monet, dark cyberpunk", mine).describe() == "claude monet (artist) + cyberpunk (text) + dark (look)"
    assert read("monet:0.7, zzyzx", mine).describe() == "70% claude monet (artist) + 30% zzyzx (text)"
