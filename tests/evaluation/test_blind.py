import json

import pytest
from PIL import Image

from txst.evaluation.blind import first_is_left, share, write_blind_page


@pytest.fixture
def folders(tmp_path):
    """A red and a blue picture under each of twenty names; one name in the first folder alone."""
    for folder, colour in (("one", (255, 0, 0)), ("other", (0, 0, 255))):
        (tmp_path / folder).mkdir()
        for n in range(20):
            Image.new("RGB", (8, 6), colour).save(tmp_path / folder / f"{n}.png")
    Image.new("RGB", (8, 6)).save(tmp_path / "one/alone.png")
    return tmp_path / "one", tmp_path / "other"


def written(page):
    text = page.read_text()
    return json.loads(text[text.index("} = ") + 4 : text.index(";\nconst choices")])


def test_sides_are_by_coin_and_the_page_names_no_method(folders, tmp_path):
    assert write_blind_page(tmp_path / "blind.html", *folders, "Which?", seed=1) == 20
    page = written(tmp_path / "blind.html")
    assert sorted(pair["name"] for pair in page["pairs"]) == sorted(f"{n}.png" for n in range(20))
    assert str(tmp_path) not in (tmp_path / "blind.html").read_text()
    lefts = [pair["left"] for pair in page["pairs"]]
    assert 4 < lefts.count(lefts[0]) < 16
    assert all(pair["left"] != pair["right"] for pair in page["pairs"])


@pytest.mark.parametrize("seed", [0, 1])
def test_who_always_chooses_the_first_method_gives_it_everything(folders, tmp_path, seed):
    write_blind_page(tmp_path / "blind.html", *folders, "Which?", seed, most=12)
    pairs = written(tmp_path / "blind.html")["pairs"]
    red = next(p["left" if first_is_left(p["name"], seed) else "right"] for p in pairs)
    chosen = {p["name"]: "left" if p["left"] == red else "right" for p in pairs}
    found = share(chosen, seed)
    assert (found.chosen, found.of) == (12, 12)
    assert str(share(chosen | {"x": "neither"}, seed)) == "12 of 12: 100% [76%, 100%]; 1 without a choice"


def test_who_chooses_by_side_gives_each_about_half(folders):
    assert 80 < share({f"{n}.png": "left" for n in range(200)}, 0).chosen < 120


def test_what_is_no_choice_is_refused(folders, tmp_path):
    with pytest.raises(ValueError, match="no picture was chosen"):
        share({"a": "neither"}, 0)
    with pytest.raises(ValueError, match="not 'up'"):
        share({"a": "up"}, 0)
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match="empty has 0"):
        write_blind_page(tmp_path / "blind.html", folders[0], tmp_path / "empty", "Which?")
