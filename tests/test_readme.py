"""What README shows is run as it stands there."""

import re
import shlex
from pathlib import Path

import pytest
from PIL import Image

from txst.__main__ import main
from txst.commands.paint import SAMPLE

TEXT = Path("README.md").read_text(encoding="utf-8")
COMMANDS = [
    line.partition("  #")[0].strip()
    for block in re.findall(r"```bash\n(.*?)```", TEXT.partition("## From source")[0], re.DOTALL)
    for line in block.splitlines()
    if line.startswith("txst ")
    and "txst serve" not in line  # it runs until it is stopped; tests/commands/test_serve.py
]
SNIPPETS = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)


@pytest.fixture(autouse=True)
def _files_that_readme_names(tmp_path, monkeypatch):
    """Small ones, and a data folder of its own for names that are taught."""
    monkeypatch.setenv("TXST_HOME", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    photo = Image.open(SAMPLE).convert("RGB").resize((96, 64))
    for name in ("photo.jpg", "painting.jpg", "photos/one.jpg", "her/paintings/one.jpg"):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        photo.save(name)
    photo.save("result.jpg", comment='txst {"style": "titian"}')  # as if txst had painted it
    for name in ("sky.png", "mask.png"):
        Image.linear_gradient("L").resize((96, 64)).save(name)


def test_the_commands_are_found():
    assert len(COMMANDS) >= 8


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_first_minutes_runs(command, named_folder):
    few = ["--model", str(named_folder)] if "styles --sheet" in command else []  # instead of hundreds of names
    assert main([*shlex.split(command)[1:], *few]) == 0


@pytest.mark.parametrize("snippet", SNIPPETS)
def test_a_snippet_runs(snippet):
    exec(snippet, {})
    assert list(Path().glob("*.png"))
