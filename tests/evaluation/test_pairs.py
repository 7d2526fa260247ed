import json
import shutil
from collections import Counter
from pathlib import Path

import pytest
from drawn import drawn, encoded

from txst.evaluation.pairs import draw_pairs, load_pairs, pictures
from txst.evaluation.sources import square
from txst.layers.artist_classifier import FACTS

ALL = ("test", "train")


@pytest.fixture
def shards(labelled):
    return [override.partition("=")[2] for override in labelled]


def test_the_list_is_a_function_of_the_seed_and_the_pictures(shards, tmp_path):
    first = draw_pairs(*shards, works=2, splits=ALL)
    moved = [str(shutil.copytree(folder, tmp_path / str(i))) for i, folder in enumerate(shards)]
    assert draw_pairs(*moved, works=2, splits=ALL) == first
    assert draw_pairs(*shards, works=2, splits=ALL, seed=1).sha256 != first.sha256


def test_the_hash_is_the_same_on_every_machine():
    from txst.evaluation.pairs import Pair, Pairs

    listed = Pairs((Pair("aa", "bb", "berthe morisot", "impressionism", "hill", "test"),))
    # printf '[["aa", "bb", "berthe morisot"]]' | sha256sum
    assert listed.sha256 == "5054a7d209802c791a05adc85db5ef26890809504f255a6e1869efb343f7979d"


def test_each_artist_gets_as_many_photos_and_each_photo_is_shown_as_often(shards):
    pairs = draw_pairs(*shards, photos=3, works=2, splits=ALL).rows
    assert set(Counter(p.artist for p in pairs).values()) == {3}
    assert len({p.artist for p in pairs}) == 6
    shown = Counter(p.photo for p in pairs)
    assert max(shown.values()) - min(shown.values()) <= 1
    assert len({(p.photo, p.artist) for p in pairs}) == len(pairs)


def test_artists_can_be_left_out_by_name(shards):
    names = sorted({p.artist for p in draw_pairs(*shards, works=2, splits=ALL).rows})
    left = draw_pairs(*shards, works=2, splits=ALL, without=names[:2])
    assert sorted({p.artist for p in left.rows}) == names[2:]
    with pytest.raises(ValueError, match=r"without names 'nobody', of whom"):
        draw_pairs(*shards, works=2, splits=ALL, without=["nobody"])


def test_more_pairs_than_photos_still_differ(shards):
    pairs = draw_pairs(*shards, photos=8, works=2, splits=ALL).rows
    assert len({(p.photo, p.artist) for p in pairs}) == len(pairs) == 48


def test_paintings_are_held_out_ones_unless_the_artist_has_none_and_training_is_let_in(shards):
    strict = draw_pairs(*shards, works=2)
    assert {p.split for p in strict.rows} == {"test"}
    assert strict.left_out
    loose = draw_pairs(*shards, works=2, splits=ALL)
    assert not loose.left_out
    assert {p.artist for p in loose.rows if p.split == "train"} == set(strict.left_out)


def test_of_the_training_split_only_works_that_the_classifier_does_not_know_are_taken(shards, tmp_path):
    loose = draw_pairs(*shards, photos=1, works=2, splits=ALL)
    taken = sorted({p.painting for p in loose.rows if p.split == "train"})
    (tmp_path / FACTS).write_text(json.dumps({"held_out": taken[1:], "artists": [p.artist for p in loose.rows]}))
    fresh = draw_pairs(*shards, photos=1, works=2, splits=ALL, artist_classifier=str(tmp_path))
    assert {p.painting for p in fresh.rows if p.split == "train"} == set(taken[1:])
    (unknown,) = {p.artist for p in loose.rows if p.painting == taken[0]} - {p.artist for p in fresh.rows}
    assert unknown in fresh.left_out


def test_artists_with_too_few_works_are_not_drawn(shards):
    with pytest.raises(ValueError, match=r"has 9 works .* lower pairs\.works"):
        draw_pairs(*shards, works=9)


def test_a_saved_list_is_read_back_and_a_changed_one_refused(shards, tmp_path):
    pairs = draw_pairs(*shards, works=2)
    pairs.save(tmp_path / "pairs.json")
    assert load_pairs(tmp_path / "pairs.json") == pairs
    content = json.loads((tmp_path / "pairs.json").read_text())
    content["pairs"][0]["artist"] = "somebody else"
    (tmp_path / "pairs.json").write_text(json.dumps(content))
    with pytest.raises(ValueError, match="was changed"):
        load_pairs(tmp_path / "pairs.json")
    (tmp_path / "pairs.json").write_text("[]")
    with pytest.raises(ValueError, match="not a list of pairs"):
        load_pairs(tmp_path / "pairs.json")


def test_a_list_of_other_shards_is_refused(shards):
    pairs = draw_pairs(*shards, works=2)
    assert len(pictures(pairs, *shards)) == len({x for p in pairs.rows for x in (p.photo, p.painting)})
    with pytest.raises(ValueError, match="made with other shards"):
        pictures(pairs, shards[0], shards[0])


@pytest.fixture
def plain(tmp_path):
    """Folders of 2 photos and 3 paintings, in no shards."""
    for folder, names in (("cnt", "ab"), ("sty", ("berthe-morisot_cradle", "01", "02"))):
        (tmp_path / folder).mkdir()
        for name in names:
            data = encoded(drawn(len(name) * 31 + ord(name[-1])), "PNG")
            Path(tmp_path, folder, f"{name}.png").write_bytes(data)
    return [str(tmp_path / "cnt"), str(tmp_path / "sty")]


def test_every_photo_meets_every_painting_of_plain_folders(plain, tmp_path):
    pairs = draw_pairs(*plain, every=[2, 3])
    assert len({(p.photo, p.painting) for p in pairs.rows}) == 6
    assert {p.artist for p in pairs.rows} == {"berthe morisot", ""}
    (tmp_path / "artists.csv").write_text("file,artist\n01.png,Monet\n02.png,Titian\n")
    pairs = draw_pairs(*plain, every=[2, 3], table=str(tmp_path / "artists.csv"))
    assert {p.artist for p in pairs.rows} == {"berthe morisot", "claude monet", "titian"}
    assert len(pictures(pairs, *plain)) == 5


def test_a_protocol_with_pictures_missing_says_how_many(plain):
    with pytest.raises(ValueError, match=r"20 photos and 40 paintings, .* there are 2 and 3"):
        draw_pairs(*plain, every=[20, 40])


def test_a_folder_that_is_not_there_is_named():
    with pytest.raises(ValueError, match=r"no pictures to evaluate on in 'nowhere': .*make_shards\.py"):
        draw_pairs("nowhere", "nowhere")


def test_a_picture_is_measured_by_its_centre_square():
    wide = drawn(1, (120, 60))
    size, colours = square(encoded(wide, "PNG"), 60).size, wide.crop((30, 0, 90, 60))
    assert size == (60, 60)
    assert square(encoded(wide, "PNG"), 60).tobytes() == colours.tobytes()
