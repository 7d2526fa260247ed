import pytest

from txst.evaluation.prompts import Row, is_right, rows, table, untold
from txst.palette.lexicon import lexicon_of
from txst.palette.prompt import read
from txst.palette.reading import Reading

LEXICON = lexicon_of((), ("claude monet", "titian"), ("cubism",), (), True)


@pytest.mark.parametrize(
    ("prompt", "right"),
    [("monet", "artist:claude monet"), ("dark monet", "artist:claude monet + look:dark"), ("picasso", "artist:pablo picasso"),
     ("monet:0.7, titian:0.3", "0.7*artist:claude monet + 0.3*artist:titian"), ("monet, not dark", "artist:claude monet + -look:dark"),
     ("monet in paris", "artist:claude monet + unused:paris"), ("paris", "refuse"), ("not monet", "refuse"), ("cubist", "movement:dada|movement:cubism")],
)  # fmt: skip
def test_a_right_answer_is_right_and_every_other_is_wrong(prompt, right):
    others = ["artist:titian", "artist:claude monet + look:blue", "look:blue", "artist:claude monet + unused:rome",
              "0.5*artist:claude monet + 0.5*artist:titian", "-look:blue", "medium:oil"]  # fmt: skip
    reading = read(prompt, LEXICON)
    assert is_right(reading, right, LEXICON)
    assert [other for other in others if is_right(reading, other, LEXICON)] == []
    assert is_right(reading, "refuse", LEXICON) == (prompt in ("picasso", "paris", "not monet"))


def test_a_word_that_is_neither_used_nor_named_is_found():
    assert untold(Reading("monet in paris")) == ["monet", "paris"]
    assert untold(read("monet in paris", LEXICON)) == []


def test_the_table_counts_by_kind(tmp_path):
    class Blind:
        """A palette that reads nothing."""

        lexicon = LEXICON

        def read(self, prompt):
            return Reading(prompt)

    file = tmp_path / "prompts.csv"
    file.write_text("prompt,kind,right\nmonet,names,artist:claude monet\nparis,other,refuse\n")
    assert rows(file) == [Row("monet", "names", "artist:claude monet"), Row("paris", "other", "refuse")]
    lines = table(Blind(), rows(file)).splitlines()
    assert lines[2] == "| names | 1 | 0 (0%) | 0 | 0 | 0 | 1 |"
    assert lines[4] == "| all | 2 | 1 (50%) | 0 | 0 | 1 | 2 |"
