import pytest

from txst.palette.slips import Slips, alike

KNOWN = Slips(
    {"monet": "Monet", "manet": "Manet", "caravaggio": "Caravaggio", "velazquez": "Velazquez", "seurat": "Seurat"}
)


@pytest.mark.parametrize(
    ("word", "meant"),
    [("monnet", "Monet"), ("mnoet", "Monet"), ("carravagio", "Caravaggio"), ("karavaggio", "Caravaggio"), ("velasques", "Velazquez"),
     ("seraut", "Seurat"), ("velazquezz", "Velazquez")],
)  # fmt: skip
def test_the_nearest_key_is_meant(word, meant):
    assert KNOWN.meant(word)[1] == [meant]


@pytest.mark.parametrize("word", ["sunset", "mone", "honet", "velocity", "", "caravan", "monument"])
def test_what_is_far_from_every_key_means_none(word):
    assert KNOWN.meant(word)[1] == []


def test_of_two_keys_as_near_both_are_meant():
    assert KNOWN.meant("minet") == (1, ["Monet", "Manet"])
    assert KNOWN.meant("monet") == (0, ["Monet"])


def test_a_first_name_is_known_by_its_initial_and_with_a_slip():
    assert all(alike(word, ["claude", "oscar"]) for word in ("claude", "claud", "o", "oskar"))
    assert not any(alike(word, ["claude", "oscar"]) for word in ("edouard", "e", "os"))
