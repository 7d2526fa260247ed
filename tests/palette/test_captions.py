import random

import numpy as np
import open_clip.tokenizer
import pytest
import torch

from txst.palette.captions import SIDES, looks, measure, phrase, vocabulary
from txst.palette.looks import LOOKS
from txst.palette.text_encoder import TextEncoder
from txst.palette.tokenizer import FILE, BytePairs, joined, learn_merges, read_merges, spelled, write_merges


def plain(*colour):
    return torch.tensor(colour).view(3, 1, 1).expand(3, 64, 64)


@pytest.mark.parametrize(
    ("colour", "name"),
    [((0.9, 0.1, 0.1), "red"), ((0.1, 0.2, 0.9), "blue"), ((0.1, 0.8, 0.2), "green"), ((0.9, 0.9, 0.1), "yellow"),
     ((0.45, 0.28, 0.12), "brown"), ((0.02, 0.02, 0.02), "black"), ((0.97, 0.97, 0.97), "white")],
)  # fmt: skip
def test_a_plain_colour_is_called_by_its_name(colour, name):
    assert measure(plain(*colour))[name] == 1


def test_light_warmth_and_business_are_told():
    rng = np.random.default_rng(0)
    noise = torch.from_numpy(rng.uniform(0, 1, (1, 64, 64)).astype(np.float32)).expand(3, -1, -1)
    dark, bright, warm = (measure(plain(*c)) for c in ((0.1, 0.1, 0.1), (0.9, 0.9, 0.9), (0.9, 0.5, 0.1)))
    assert dark["light"] < bright["light"]
    assert bright["warmth"] < warm["warmth"]
    assert measure(noise)["activity"] > warm["activity"]
    assert (
        measure(noise)["scale"] < measure(noise[:, ::8, ::8].repeat_interleave(8, 1).repeat_interleave(8, 2))["scale"]
    )


def test_looks_are_said_of_the_ends_of_a_measure():
    found = looks({"light": [0.1, 0.5, 0.4, 0.6, 0.9, 0.55]})
    assert found[4] == {"bright"}
    assert found[0] == {"dark"}
    assert not found[1]


def test_every_side_has_words():
    assert {look for pair in SIDES.values() for look in pair if look} <= LOOKS.keys()


def test_a_phrase_says_what_it_claims():
    facts = {("artist", "vincent van gogh"), ("look", "dark"), ("look", "blue"), ("movement", "realism")}
    claimed = set()
    for seed in range(200):
        text, claims = phrase(facts, random.Random(seed))
        assert claims <= facts
        assert text
        assert "{}" not in text
        claimed |= claims
        for kind, value in claims:
            said = LOOKS[value] if kind == "look" else (value, value.split()[-1], "vangogh", "van gogh")
            assert any(word in text for word in said), (text, claims)
    assert claimed == facts


def test_frequent_neighbours_are_joined_first():
    assert learn_merges(["abab ab", "ab c"], 1) == [("a", "b</w>")]
    merges = learn_merges(["monet monet manet"], 100)
    symbols = spelled("monet")
    for pair in merges:
        symbols = joined(symbols, pair)
    assert symbols == ("monet</w>",)


def test_merges_come_back_from_their_file(tmp_path):
    merges = learn_merges(["claude monet", "édouard manet"], 100)
    write_merges(merges, tmp_path / "merges.gz")
    assert read_merges(tmp_path / "merges.gz") == merges


@pytest.mark.parametrize(
    "text",
    ["Claude Monet", "a dark, blue painting by Joaquín Sorolla", "neon cyberpunk 42!", "it's high-contrast", "日本 ukiyo-e", "x_y", "🎨"],
)  # fmt: skip
def test_the_byte_pairs_are_those_of_open_clip(text):
    theirs = open_clip.tokenizer.SimpleTokenizer(bpe_path=str(FILE))
    assert BytePairs()(text) == theirs.encode(text)


def test_the_vocabulary_is_short_and_whole():
    assert len(BytePairs().numbers) + 2 <= 4096
    for word in vocabulary(["claude monet", "impressionism"]):
        assert len(BytePairs()(word)) <= word.count("-") * 2 + 1, word


def test_texts_of_any_length_have_a_place_of_unit_length():
    torch.manual_seed(0)
    words = TextEncoder(width=16).eval()
    alone, among = words(["monet"]), words(["monet", "a very long " * 50, ""])
    torch.testing.assert_close(among.norm(dim=1), torch.ones(3))
    torch.testing.assert_close(alone[0], among[0])
