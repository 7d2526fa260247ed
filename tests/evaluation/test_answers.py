"""What docs/COMPARISON.md answers, from figures alone."""

from PIL import Image

from txst.evaluation.answers import ABLATIONS, answers
from txst.evaluation.gallery import Gallery
from txst.evaluation.markdown import BEGIN, END, write_readme

METRICS = {"content": False, "gram_nearest": False, "artist": True, "flicker": False, "ms_512": False}


def board(**methods):
    """Each method's figures, in the order of METRICS."""
    rows = {
        name: {
            "driven_by": "name" if name.startswith("txst") else "picture", "baseline": name == "untouched", "error": None,
            "figures": {m: {"value": v, "n": 2} for m, v in zip(METRICS, values, strict=True)},
        }
        for name, values in methods.items()
    }  # fmt: skip
    return {"methods": rows, "metrics": {m: {"higher_is_better": more} for m, more in METRICS.items()}}


FEW = {
    "untouched": [0, 4, 0, 0, 0],
    "adain": [0.5, 2, 0.1, 0.02, 30],
    "sanet": [1, 1, 0.2, 0.05, 90],
    "txst": [0.75, 1.5, 0.4, None, 60],
}


def test_the_best_are_named_by_figures_and_baselines_and_gaps_have_no_part():
    text = answers(board(**FEW))
    assert "| keep what is in the photo | content | `adain` 0.5, `txst` 0.75, `sanet` 1 |" in text
    assert "| be taken for the artist | artist | `txst` 0.4, `sanet` 0.2, `adain` 0.1 |" in text
    assert "| stand still where a photo pans | flicker | `adain` 0.02, `sanet` 0.05 |" in text
    assert "take little memory" not in text
    assert "it keeps 50% less content than `adain` (by `content`); it keeps 25% more content than `sanet`" in text


def test_what_was_not_measured_is_said_and_not_made_up():
    text = answers(board(untouched=FEW["untouched"], adain=FEW["adain"]))
    assert "Not measured here: txst." in text
    assert "Not measured here: txst, txst_names, txst_pictures, txst_plain, txst_tile." in text
    both = answers(board(**FEW, txst_names=[0.8, 1.4, 0.5, 0.1, 60]))
    assert "| `txst_names` | names alone | 0.8 | 1.4 | 0.5 |" in both
    assert "Not on this board: txst_pictures, txst_plain, txst_tile." in both
    assert set(ABLATIONS) > {"txst"}


def test_readme_gets_its_table_between_the_marks_and_nothing_else_changes(tmp_path):
    (tmp_path / "docs").mkdir()
    readme = tmp_path / "README.md"
    grey = Image.new("RGB", (8, 8), "grey")
    gallery = Gallery({"cup": grey}, {"titian": grey}, {"adain": {("cup", "titian"): grey}})
    for text in ("# A\n\nno marks\n", f"# A\n\n{BEGIN}\nold\n{END}\n\n## B\n"):
        readme.write_text(text)
        write_readme(tmp_path / "docs", board(**FEW), gallery)
        if BEGIN not in text:
            assert readme.read_text() == text
    text = readme.read_text()
    assert text.startswith(f"# A\n\n{BEGIN}\n\n| method | driven by | titian |")
    assert "| adain | picture | ![cup by adain](docs/comparison/method_adain.jpg) | 0.5 | 2 | 0.1 | 30 |" in text
    assert text.endswith(f"{END}\n\n## B\n")
    assert "\nold\n" not in text
    assert (tmp_path / "docs/comparison/method_adain.jpg").is_file()
