"""The whole path on tiny shards, with fixed filters for the metrics' networks."""

import csv
import html.parser
import json
import re
import runpy
import shutil
import subprocess
import sys

import pytest
from PIL import Image
from small import CONF
from torch import Tensor
from torchmetrics import Metric

from txst.evaluation.methods import Untouched


class Shy(Untouched):
    """Breaks on a photo in the middle of the list."""

    def __init__(self):
        self.painted = 0

    def __call__(self, photo, painting, artist):
        self.painted += 1
        if self.painted > 10:
            raise RuntimeError("no more paint")
        return photo


class Blind(Metric):
    """A metric that fails when it sees a picture."""

    higher_is_better, full_state_update, unit, network, values = True, False, "none", "none", None

    def update(self, painted):
        raise RuntimeError("I cannot see")

    def compute(self) -> Tensor:
        raise AssertionError("nobody asks it any more")


class Mixed(Blind):
    """A metric of the set, as FID is."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def update(self, painted):
        self.seen.append(painted.output.mean())

    def compute(self) -> Tensor:
        return sum(self.seen) / len(self.seen)


def target(kind):
    return f"{{_target_: {kind.__module__}.{kind.__qualname__}}}"


def read(run, name):
    return json.loads((run / name).read_text())


def embedded(page):
    """What the page's script gets, and the addresses of all else it would load."""

    class Parser(html.parser.HTMLParser):
        inside, text, loaded = False, "", []

        def handle_starttag(self, tag, attributes):
            self.inside = dict(attributes).get("type") == "application/json"
            self.loaded += [v for k, v in attributes if k in ("src", "href")]

        def handle_data(self, data):
            if self.inside:
                self.text += data

    parser = Parser()
    parser.feed(page)
    return json.loads(parser.text), parser.loaded


def test_a_method_that_breaks_shows_its_error_and_stops_nobody(compared):
    methods = compared[0]["methods"]
    assert list(methods) == ["real", "untouched", "colour", "microast", "tiny", "other"]
    assert "nowhere is no model folder" in methods["microast"]["error"]
    assert not methods["microast"]["figures"]
    for name in ("untouched", "colour", "tiny", "other"):
        assert methods[name]["error"] is None
        assert all(methods[name]["figures"][j]["value"] is not None for j in ("content", "style", "ssim"))


def test_the_figures_are_those_of_the_metrics(compared):
    compared = compared[0]
    untouched = compared["methods"]["untouched"]["figures"]
    assert untouched["content"]["value"] == pytest.approx(0, abs=1e-6)
    assert untouched["ssim"]["value"] == pytest.approx(1)
    colour = compared["methods"]["colour"]["figures"]["style"]
    assert colour["value"] < untouched["style"]["value"]
    assert colour["low"] <= colour["value"] <= colour["high"]
    assert compared["methods"]["real"]["figures"]["style"]["value"] == pytest.approx(0, abs=1e-6)
    assert compared["metrics"]["style"]["network"] == "FilterBank (fixed)"
    assert compared["methods"]["tiny"]["driven_by"] == "name"
    assert compared["methods"]["other"]["driven_by"] == "tiny, wrong name"


def test_networks_say_what_they_cost_and_other_methods_have_no_such_figure(compared):
    methods = compared[0]["methods"]
    costs = {
        name: [methods[name]["figures"][c]["value"] for c in ("ms_32", "gflop_32", "mib_32")]
        for name in ("tiny", "colour")
    }
    assert all(value > 0 for value in costs["tiny"])
    assert costs["colour"] == [None] * 3
    assert "32 x 32 pixels" in compared[0]["metrics"]["gflop_32"]["network"]


def test_the_breakdown_is_by_kind_of_photo_and_by_artist(compared):
    compared = compared[0]
    figure = compared["methods"]["colour"]["figures"]["ssim"]
    assert set(figure["kind"]) == {"landscape", "object", "unlabelled"}
    assert len(figure["artist"]) == 6
    for part in ("kind", "artist"):
        total = sum(f["value"] * f["n"] for f in figure[part].values())
        assert sum(f["n"] for f in figure[part].values()) == figure["n"] == 12
        assert total / 12 == pytest.approx(figure["value"])


def test_every_reader_gets_a_file(compared):
    compared, run = compared
    assert read(run, "results.json")["facts"]["list"] == f"sha256 {read(run, 'pairs.json')['sha256']}"
    with (run / "figures.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    whole = {(r["method"], r["metric"]): r for r in rows if r["part"] == "all"}
    assert float(whole["colour", "ssim"]["value"]) == compared["methods"]["colour"]["figures"]["ssim"]["value"]
    assert whole["colour", "ssim"]["better"] == "higher"
    assert {r["part"] for r in rows} == {"all", "kind", "artist", ""}
    assert [r["error"] for r in rows if r["method"] == "microast"] == [compared["methods"]["microast"]["error"]]
    assert {p.name for p in (run / "grids").iterdir()} >= {"untouched.png", "tiny.png", "other.png"}
    assert Image.open(run / "grids/tiny.png").width == 4 * (192 + 4)
    assert len(list((run / "pictures/tiny").iterdir())) == 2 * 3
    assert not list(run.rglob(".*"))


def test_the_page_holds_everything_and_loads_nothing(compared):
    page = (compared[1] / "index.html").read_text()
    data, loaded = embedded(page)
    assert data["board"] == read(compared[1], "results.json")
    assert not loaded
    assert not re.search(r"https?://", page)
    assert set(data["pictures"]["painted"]) == {"untouched", "colour", "tiny", "other"}
    cells = [c for row in data["pictures"]["painted"]["tiny"].values() for c in row.values()]
    assert len(cells) == 6
    assert all(cell.startswith("data:image/jpeg;base64,") for cell in cells)
    assert len(page) < 500_000
    for part in ("aria-sort", 'type="range"', "clipPath", "showModal"):
        assert part in page


def test_no_name_can_end_the_pages_script(board, tmp_path):
    board("methods=[untouched]", "title='</script><script>alert(1)</script>'")
    page = (tmp_path / "run/index.html").read_text()
    assert page.count("</script>") == 2
    assert embedded(page)[0]["board"]["title"] == "</script><script>alert(1)</script>"


def test_metrics_that_fail_say_so_in_their_column_alone(board, tmp_path):
    result = board(
        "methods=[colour]", "metric=[ssim,artist]", f"+metric.blind={target(Blind)}", f"+metric.mixed={target(Mixed)}",
        "+metric.absent={_target_: txst.metrics.ssim.SSIM, network: '???'}",
    )  # fmt: skip
    figures = result["methods"]["colour"]["figures"]
    assert figures["blind"] == {"error": "RuntimeError: I cannot see"}
    assert "set it, e.g. network.inception.weights=FILE" in figures["absent"]["error"]
    assert "network.artist_classifier" in figures["artist"]["error"]
    assert "error" in result["metrics"]["absent"]
    assert set(figures["mixed"]) == {"value", "n"}
    assert figures["ssim"]["low"] < figures["ssim"]["high"]
    with (tmp_path / "run/figures.csv").open(newline="") as file:
        errors = {r["metric"]: r["error"] for r in csv.DictReader(file) if r["part"] == "all"}
    assert errors["blind"] == "RuntimeError: I cannot see"
    assert not errors["ssim"]


def test_a_browser_shows_every_row_and_every_failure(board, tmp_path):
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if not chromium:
        pytest.skip("no Chromium here")
    board(
        "methods=[colour,microast]",
        "metric=[artist,ssim]",
        f"+metric.blind={target(Blind)}",
        "methods.microast.folder=nowhere",
    )
    command = [
        chromium, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}/chromium", "--dump-dom",
    ]  # fmt: skip
    page = f"file://{tmp_path}/run/index.html"
    dom = subprocess.run([*command, page], capture_output=True, text=True, check=True, timeout=120).stdout
    table = re.search(r'<table id="figures">(.*?)</table>', dom, re.DOTALL)[1]
    rows = re.findall(r"<tr>(.*?)</tr>", table, re.DOTALL)
    assert [row.count("<td") for row in rows] == [0, 8, 2]
    assert rows[1].count("failed") == 2 * 2  # the word and its class
    assert "nowhere is no model folder" in rows[2]
    assert "I cannot see" in re.search(r'<ul id="failures".*?</ul>', dom, re.DOTALL)[0]
    assert dom.count("<img") == 2 * 3 + 2  # two photos as photo, painted and real; two of the slider


def test_a_method_that_breaks_half_way_has_no_figures(board):
    result = board("methods=[untouched]", f"+methods.shy={target(Shy)}")
    assert result["methods"]["shy"]["error"] == "RuntimeError: no more paint"
    assert not result["methods"]["shy"]["figures"]


def test_one_model_is_evaluated_on_the_same_list(board, compared, model_folder):
    compared, run = compared
    again = board(f"folder={model_folder}", f"pairs.file={run}/pairs.json", program="evaluate")
    assert again["facts"]["list"] == compared["facts"]["list"]
    own, theirs = again["methods"]["model"]["figures"], compared["methods"]["tiny"]["figures"]
    assert all(own[metric] == theirs[metric] for metric in ("content", "style", "ssim"))


def test_the_docs_show_figures_command_and_pictures_of_free_photos_alone(board, tmp_path, monkeypatch):
    pytest.importorskip("skimage")
    monkeypatch.setattr(sys, "argv", ["scripts/compare.py", "methods=[a,b]", "hydra.run.dir=/somewhere/else"])
    (tmp_path / "notes.md").write_text("## What the figures do not capture\n\nThe sky.\n")
    board(
        "methods=[real,colour,microast]",
        "methods.microast.folder=nowhere",
        f"docs={{folder: {tmp_path}/docs, artists: 3, notes: {tmp_path}/notes.md}}",
    )
    text = (tmp_path / "docs/COMPARISON.md").read_text()
    assert "| colour | picture | " in text
    assert "FilterBank (fixed)" in text
    assert "`python scripts/compare.py 'methods=[a,b]'`" in text
    assert "no model folder" in text
    assert text.endswith("The sky.\n")
    sheets = sorted((tmp_path / "docs/comparison").iterdir())
    assert [s.stem for s in sheets] == ["astronaut", "chelsea", "coffee", "rocket"]
    assert all(f"(comparison/{s.name})" in text for s in sheets)
    assert Image.open(sheets[0]).height < 2 * 116 + 20  # one method, and no row of real works


@pytest.mark.slow
def test_wandb_offline_gets_a_run_per_method_and_the_page(board, tmp_path, monkeypatch):
    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.setenv("WANDB_SILENT", "true")
    board("methods=[untouched,microast]", "methods.microast.folder=nowhere", "logger=wandb")
    runs = sorted((tmp_path / "run/wandb").glob("offline-run-*"))
    assert len(runs) == 3
    assert [len(list(run.glob("files/media/images/grid*"))) for run in runs].count(1) == 1
    assert any(list(run.glob("files/media/html/page*")) for run in runs)
    assert any((run / "files/figures.csv").exists() for run in runs)


@pytest.mark.parametrize(
    ("overrides", "says"),
    [([], r"scripts/make_shards\.py"), (["+experiment=styleid"], "git clone https://github.com/jiwoogit/StyleID")],
)
def test_without_pictures_one_sentence_says_where_to_get_them(board, overrides, says):
    with pytest.raises(ValueError, match=says):
        board(*overrides, program="evaluate", data=[])


def test_the_script_ends_with_that_sentence(tmp_path, monkeypatch):
    script = str(CONF.parent / "scripts/evaluate.py")
    monkeypatch.setattr(sys, "argv", [script, "model=models/mine", f"hydra.run.dir={tmp_path}", "device=cpu"])
    with pytest.raises(SystemExit, match=r"^evaluate: data\.content and data\.style must name folders of shards"):
        runpy.run_path(script, run_name="__main__")
