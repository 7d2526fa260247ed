import csv
import unicodedata
from pathlib import Path

import pytest

from txst.data import names as text

NAMES = [
    "Vincent van Gogh", "joaquín-sorolla", "eugène_grasset", "Albrecht Dürer", "jean-léon gérôme",
    "Mikalojus Konstantinas Čiurlionis", "Tamara Łempicka", "françois boucher", "Иван Айвазовский", "葛飾北斎",
    "M.C. Escher", "João Marques", "henri d’arthois", "Émile-Bernard", "Päivi – Ånäs",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_real_names_are_kept_and_cleaning_twice_changes_nothing(name):
    once = text.clean(name)
    assert text.clean(once) == once == unicodedata.normalize("NFC", once)
    assert once == text.clean(unicodedata.normalize("NFD", name)), "however the file system composed its accents"
    assert [c for c in once if c.isalpha()] == [c for c in unicodedata.normalize("NFC", name).lower() if c.isalpha()]


def test_words_are_parted_by_single_spaces():
    assert text.clean(" Pierre-Auguste__Renoir ") == "pierre auguste renoir"


@pytest.mark.parametrize("charset", ["cp1252", "latin-1"])
@pytest.mark.parametrize(
    "name", ["joaquín sorolla", "eugène grasset", "Dürer", "tōhaku Łempicka", "Иван Шишкин", "É. Détaille"]
)
@pytest.mark.parametrize("after", [str, str.lower])
def test_mojibake_is_refused(name, charset, after):
    garbled = after(name.encode().decode(charset, "replace"))
    with pytest.raises(ValueError, match="garbled"):
        text.clean(garbled)


@pytest.mark.parametrize(
    "name", ["eugã¨ne grasset", "joaquã\xadn sorolla", "andr\ufffd derain", "andr#U00e9 derain", "jos\x81"]
)
def test_names_spoilt_in_known_lists_are_refused(name):
    with pytest.raises(ValueError, match="garbled"):
        text.clean(name)


def test_aliases_lead_to_a_canonical_name_at_once():
    assert text.canonical("Van-Gogh") == text.canonical("vincent willem van gogh") == "vincent van gogh"
    assert all(text.canonical(alias) == name == text.canonical(name) for alias, name in text.aliases().items())


def test_the_table_of_aliases_has_clean_names_and_none_twice():
    with (Path(text.__file__).with_name("aliases.csv")).open(encoding="utf-8") as table:
        rows = list(csv.DictReader(table))
    assert all(text.clean(name) == name for row in rows for name in row.values())
    assert len({row["alias"] for row in rows}) == len(rows)


def test_wikiart_file_names_tell_artist_and_title():
    assert text.wikiart_name("claude-monet_water-lilies_1919.v2.jpg") == ("claude-monet", "water lilies_1919.v2")
