from collections import Counter

from txst.palette.tables import Term, choices, tables


def test_every_line_speaks_of_terms_that_there_are():
    terms = {entry.term for entry in tables()}
    for entry in tables():
        assert not entry.movement or Term("movement", entry.movement) in terms, entry
        for text in (entry.instead, entry.nearest):
            assert {term for group in choices(text) for term in group} <= terms, entry


def test_no_spelling_means_two_things_of_a_kind():
    keys = Counter((entry.term.kind, key) for entry in tables() for key in entry.keys)
    assert [key for key, count in keys.items() if count > 1] == []


def test_painters_have_a_movement_and_a_year_that_can_be():
    painters = [entry for entry in tables() if entry.term.kind == "artist"]
    assert len(painters) > 1500
    for entry in painters:
        assert entry.movement
        assert not entry.died or 1000 < int(entry.died) < 2027, entry


def test_painters_are_in_the_order_of_their_names():
    painters = [entry.term.name for entry in tables() if entry.term.kind == "artist"]
    assert painters == sorted(painters)
