import pytest
from drawn import drawn, encoded
from PIL import ImageEnhance

from txst.data.pictures import inspect
from txst.data.split import choose_heldout, hold_out_works, near_duplicates, read_heldout, sides


def marks(*pictures):
    return [inspect(encoded(p, quality=q), 1)["fingerprint"] for p, q in zip(pictures, [95, 60, 80] * 99, strict=False)]


def test_other_sizes_compressions_and_exposures_are_one_picture():
    one = drawn(1, (400, 300))
    copies = [one, one.resize((133, 100)), one.resize((402, 297)), ImageEnhance.Brightness(one).enhance(0.7)]
    assert len(set(near_duplicates(marks(*copies)))) == 1


def test_different_pictures_are_not_grouped():
    assert near_duplicates(marks(*[drawn(seed) for seed in range(50)])) == list(range(50))


def test_groups_grow_by_whatever_is_close_to_a_member():
    chain = [(1 << n) - 1 for n in (0, 50, 100)]  # each differs from the next in 50 bits, the ends in 100
    assert near_duplicates([f"{bits:064x}" for bits in chain]) == [0, 0, 0]


def test_near_duplicates_fall_on_one_side_whatever_they_are_called():
    pictures = [drawn(seed, (200, 160)) for seed in range(40)]
    twice = pictures + [p.resize((100, 80)) for p in pictures]
    split = sides(marks(*twice), [f"artist {i % 7} of {i // 40}" for i in range(80)], set(), 0.3)
    assert split[:40] == split[40:]
    assert split.count("test") == 24


def test_the_side_depends_on_the_picture_and_not_on_the_order():
    fingerprints = marks(*[drawn(seed) for seed in range(30)])
    forth = sides(fingerprints, ["x"] * 30, set(), 0.2)
    assert sides(fingerprints[::-1], ["x"] * 30, set(), 0.2) == forth[::-1]


def test_held_out_artists_are_kept_from_training_with_all_copies_of_their_works():
    works = [drawn(seed, (200, 160)) for seed in range(10)]
    fingerprints = marks(*works, works[0].resize((100, 80)))
    names = ["hidden"] * 2 + ["known"] * 8 + ["known"]  # the last is a copy under another name
    split = sides(fingerprints, names, {"hidden"}, 0.25)
    assert split[:2] == ["heldout", "heldout"] == [split[10], split[0]]
    assert set(split[2:10]) == {"train", "test"}


def test_artists_to_hold_out_have_some_works_but_not_the_most():
    names = ["few"] * 4 + [f"some {i}" for i in range(6) for _ in range(5 + i)] + ["many"] * 99
    chosen = choose_heldout(names, 2)
    assert len(chosen) == 2
    assert chosen <= {"some 0", "some 1", "some 2"}
    assert chosen == choose_heldout(names[::-1], 2)
    with pytest.raises(ValueError, match="only 7"):
        choose_heldout(names, 4)


def test_artists_to_hold_out_are_read_from_a_file_under_their_canonical_names(tmp_path):
    (tmp_path / "names.txt").write_text("Van Gogh\n\nclaude-monet\n")
    assert read_heldout(str(tmp_path / "names.txt")) == {"vincent van gogh", "claude monet"}
    assert read_heldout("20") == 20


def test_works_are_held_out_of_every_artist_and_those_asked_for_before_others():
    fingerprints = marks(*[drawn(seed, (200, 160)) for seed in range(40)])
    names = ["one"] * 20 + ["two"] * 20
    first = [i in (3, 7, 25) for i in range(40)]
    held = hold_out_works(fingerprints, names, first, 0.3)
    assert all(held[i] for i in (3, 7, 25))
    assert (sum(held[:20]), sum(held[20:])) == (6, 6)


def test_a_copy_of_a_held_out_work_is_held_out_whoever_is_said_to_have_painted_it():
    works = [drawn(seed, (200, 160)) for seed in range(10)]
    fingerprints = marks(*works, works[4].resize((100, 80)))
    held = hold_out_works(fingerprints, ["one"] * 10 + ["two"], [i == 4 for i in range(11)], 0.1)
    assert held[4]
    assert held[10]
