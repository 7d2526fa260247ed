"""Words that no table has: the text tower, what it learns from, and how prompts are read with it."""

import random
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from txst.evaluation.prompts import is_right, rows, untold
from txst.model_folder.config import read_config
from txst.model_folder.hub import model_folder
from txst.palette import sentence_encoder
from txst.palette.lexicon import Lexicon, lexicon_of
from txst.palette.meaning import FILE, Meaning, features, guesses, tower
from txst.palette.phrases import NOTHING, Phrase, associations, held_out, phrases, sayings
from txst.palette.prompt import read
from txst.palette.spelling import fold
from txst.palette.tables import Term, tables
from txst.palette.train_meaning import Lessons, Tower, calibrated, known_terms, save, taught, train, understood

PROMPTS = rows(Path("tests/data/meaning.csv"))
TRAINED = pytest.mark.skipif(not FILE.is_file(), reason="no tower was trained: scripts/train_meaning.py")
WOODCUT, DARK = Term("medium", "woodcut"), Term("look", "dark")


@pytest.fixture(scope="module")
def lexicon():
    clip = read_config(model_folder("painter"))["clip"]
    return lexicon_of((), tuple(clip["names"]), tuple(clip["movements"]), tuple(clip["textures"]), True)


@pytest.fixture(scope="module")
def learnt():
    """A tower of three terms, and what it was taught."""
    texts = ["carved plank", "gouge and chisel", "gloom at night", "shadows", "tax return", "monday"]
    terms = known_terms()
    target = torch.zeros(len(texts), len(terms))
    for row, term in zip(target, (WOODCUT, WOODCUT, DARK, DARK, NOTHING, NOTHING), strict=True):
        row[terms.index(term)] = 1
    meanings = torch.nn.functional.normalize(target[:, ::8] + 0.01, dim=1)
    lessons = Lessons(texts, meanings, target, torch.zeros(len(texts), 2))
    made = Tower(len(terms), 512, 8, 16, meanings.shape[1], 2)
    return train(made, lessons, steps=150), texts


def test_the_features_of_a_text_weigh_one_and_do_not_change():
    found = list(features("Carved  Plank", 1000))
    assert sum(weight for _, weight in found) == pytest.approx(1)
    assert found == list(features("carved plank", 1000))
    assert [row for row, _ in features("ab", 1000)] == [
        580,
        580,
        444,
        843,
    ]  # <ab> twice, <ab, ab>: the same on every machine
    assert list(features("!!", 1000)) == []


def test_a_tower_learns_what_it_is_taught_and_its_file_says_the_same(learnt, tmp_path):
    made, texts = learnt
    save(made, 0.5, tmp_path / "tower.safetensors")
    read_back = Meaning(tmp_path / "tower.safetensors")
    likely = understood(made, texts).numpy()
    for row, text in zip(likely, texts, strict=True):
        np.testing.assert_allclose(read_back.score(text), row, atol=0.02)
    assert [read_back.guesses(text)[0].term for text in texts[:4]] == [WOODCUT, WOODCUT, DARK, DARK]
    assert read_back.score("tax return").argmax() == len(read_back.terms)
    assert read_back.guesses("!?") == []


def test_a_guess_is_sure_from_where_most_that_is_taken_is_right(learnt):
    made, texts = learnt
    held = [
        Phrase(text, (term,)) for text, term in zip(texts, (WOODCUT, DARK, DARK, DARK, NOTHING, NOTHING), strict=True)
    ]
    sure, figures = calibrated(made, held)
    assert figures["right"] >= 0.75
    assert figures["refused"] >= 0.9
    assert 0 < sure < 1
    with pytest.raises(ValueError, match="train longer"):
        calibrated(made, [Phrase(text, (NOTHING,)) for text in texts[:4]])


def test_phrases_are_many_different_ones_and_none_of_those_held_out():
    held = list(held_out(sayings(), 0.15, random.Random(0)))
    unseen = {fold(phrase.text) for phrase in held} | {"acid"}
    made = phrases(sayings(unseen), 8000, random.Random(0), unseen)
    assert len({phrase.text for phrase in made}) == len(made) >= 8000
    assert not unseen & {fold(phrase.text) for phrase in made}
    assert {term.kind for phrase in made for term in phrase.terms} == {
        "artist", "movement", "medium", "texture", "look", "nothing",
    }  # fmt: skip
    assert made == phrases(sayings(unseen), 8000, random.Random(0), unseen)


def test_what_goes_with_a_term_goes_with_one_of_the_tables():
    assert set(associations()) - {NOTHING} <= {entry.term for entry in tables()}
    assert not {fold(row.prompt) for row in PROMPTS} & {
        fold(text) for texts in sayings({fold(row.prompt) for row in PROMPTS}).values() for text in texts
    }


def test_what_a_teacher_said_is_kept(tmp_path):
    asked = []

    def encoder(texts):
        asked.extend(texts)
        return torch.tensor([[float(len(text))] * 384 for text in texts])

    texts = ["a", "bbb", "cc"]
    for _ in range(2):
        assert taught(texts, encoder, tmp_path / "kept.npz")[:, 0].tolist() == [1, 3, 2]
    assert sorted(asked) == sorted(texts)
    assert taught(["dddd", "a"], encoder, tmp_path / "kept.npz")[:, 0].tolist() == [4, 1]


def test_a_sentence_encoder_reads_words_in_pieces_and_batched_as_alone(tmp_path, monkeypatch):
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
    assert encoder.pieces("Wóodcut print, cutx") == [4, 5, 6, 1, 1]
    assert list(encoder.words()) == ["wood", "print", "cut"]
    both = encoder(["woodcut", "print woodcut cut"])
    torch.testing.assert_close(both[:1], encoder(["woodcut"]), atol=1e-5, rtol=0)
    torch.testing.assert_close(both.norm(dim=1), torch.ones(2))


@TRAINED
def test_the_tower_of_the_package_is_small_and_knows_terms_of_the_tables():
    assert FILE.stat().st_size < 3e6
    assert set(tower().terms) <= {entry.term for entry in tables()}
    assert 0 < tower().sure < 1


@TRAINED
def test_words_that_no_table_has_are_found_by_what_they_mean_or_refused(lexicon):
    right = {row.prompt for row in PROMPTS if is_right(read(row.prompt, lexicon), row.right, lexicon)}
    refused = [row for row in PROMPTS if row.right == "refuse"]
    found = [row for row in PROMPTS if row.right != "refuse"]
    assert sum(row.prompt in right for row in refused) >= 0.9 * len(refused)
    assert sum(row.prompt in right for row in found) >= FOUND * len(found)
    assert not any(untold(read(row.prompt, lexicon)) for row in PROMPTS)


FOUND = 0.4  # share of what the table of docs/WORDS.md says, and a little less


@TRAINED
def test_a_guess_is_told_and_where_it_is_not_sure_only_painted_if_asked_for(lexicon, monkeypatch):
    text = "graveyard"
    (part,) = read(text, lexicon).parts
    assert part.guessed
    assert read(text, lexicon).describe().startswith(f'"{text}" as {part.term.name} (')
    assert read(f"not {text}", lexicon).describe().startswith(f'not "{text}" as ')
    monkeypatch.setattr(tower(), "sure", 1.1)
    assert read(text, lexicon).describe() == f'"{text}" has no meaning for a style'
    (part,) = read(text, lexicon, nearest=True).parts
    assert read(text, lexicon, nearest=True).describe().startswith(f'"{text}" as {part.term.name} (')


@TRAINED
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
