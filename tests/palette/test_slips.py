import pytest

from txst.palette.slips import Slips, slips


@pytest.mark.parametrize(
    ("word", "key", "count"),
    [("monet", "monet", 0), ("monnet", "monet", 1), ("renior", "renoir", 1), ("picaso", "picasso", 1), ("mattise", "matisse", 1),
     ("seraut", "seurat", 1), ("karavaggio", "caravaggio", 1), ("monet", "manet", 1), ("vermere", "vermeer", 1), ("kandinsky", "kadinski", 2), ("durer", "titian", 6)],
)  # fmt: skip
def test_slips_are_counted(word, key, count):
    assert slips(word, key) == count


def test_slips_are_the_same_both_ways():
    words = ["monet", "manet", "mnoet", "titian", "tizian", "velasquez", "velazquez", "cezanne", "sezanne"]
    assert all(slips(a, b) == slips(b, a) for a in words for b in words)


def test_the_nearest_key_is_meant_and_no_far_one():
    known = Slips({"monet": 1, "caravaggio": 2, "velazquez": 3})
    assert known.meant("monnet") == (1, [1])
    assert known.meant("carravagio") == (1, [2])
    assert known.meant("velaskues")[1] == [3]
    assert known.meant("sunset") == (0, [])
    assert known.meant("mone") == (0, [])
