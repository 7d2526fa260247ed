"""The shape of the package: who may import whom, how large a folder may grow, and that every folder says what lives there."""

import ast
import re
import runpy
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
DRAWING = runpy.run_path(str(ROOT / "scripts/draw_architecture.py"))
# A module may import from its own folder and from a lower rung, never from beside it or from above.
RUNG = DRAWING["RUNG"] | dict.fromkeys(DRAWING["ENTRANCES"], 99)
MODULES = sorted(Path("txst").rglob("*.py"))
FOLDERS = sorted(path.parent for path in Path("txst").glob("*/__init__.py"))


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_imports_point_down(path):
    here = room(path)
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("txst."):
            there = node.module.split(".")[1]
            assert there == here or RUNG[there] < RUNG[here], f"{path} imports {node.module}"


def test_the_drawing_in_the_docs_has_today_s_imports():
    drawn = set(re.findall(r'<path id="(\w+)-(\w+)"', (ROOT / "docs/architecture.svg").read_text()))
    assert drawn == DRAWING["imports"](ROOT), "draw it again: python scripts/draw_architecture.py"


def test_only_the_edges_that_others_imply_are_left_out_of_the_dark_ones():
    edges = {("a", "b"), ("b", "c"), ("a", "c"), ("c", "d"), ("a", "d"), ("a", "e")}
    assert DRAWING["direct"](edges) == {("a", "b"), ("b", "c"), ("c", "d"), ("a", "e")}


def test_no_folder_holds_more_than_15_percent_of_the_code():
    lines = Counter()
    for path in MODULES:
        lines[room(path)] += len(path.read_text().splitlines())
    assert max(lines.values()) <= 0.15 * lines.total(), lines.most_common(3)


def test_inference_paints_and_does_nothing_else():
    assert len(list(Path("txst/inference").glob("*.py"))) <= 10


@pytest.mark.parametrize("folder", FOLDERS, ids=str)
def test_every_folder_says_in_a_paragraph_what_lives_there(folder):
    said = ast.get_docstring(ast.parse((folder / "__init__.py").read_text()))
    assert said is not None
    assert len(said.split()) >= 30


def test_nothing_goes_to_a_gpu_that_was_not_asked_for():
    assert [path for path in MODULES if ".cuda(" in path.read_text()] == []


def room(path: Path) -> str:
    return path.with_suffix("").parts[1]


def test_the_files_that_the_architecture_page_names_exist():
    named = set(re.findall(r"(?:txst|scripts|tests)/[\w/]+\.py", (ROOT / "docs/ARCHITECTURE.md").read_text()))
    assert len(named) >= 30
    assert {name for name in named if not (ROOT / name).is_file()} == set()
