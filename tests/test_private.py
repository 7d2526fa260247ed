"""Nothing is reported to anybody: no file in the home folder, and no query."""

import os
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from txst.backends.runtimes import silent_openvino

PAINT = """
import sys
asked = []
sys.addaudithook(lambda event, given: asked.append(given) if event in ("socket.connect", "socket.getaddrinfo") else None)
from txst.__main__ import main
code = main(["--style", "titian", "--max-side", "32", "-o", sys.argv[1]])
sys.exit(f"asked: {asked}" if asked else code)
"""
OPENVINO = PAINT.replace('"-o"', '"--backend", "openvino", "-o"')
SERVE = """
import sys, tempfile, time
from pathlib import Path
from txst import Stylist
from txst.commands.paint import SAMPLE
from txst.service.serve import serve
from txst.commands.studio import Studio
stylist = Stylist.from_pretrained()
page = serve(stylist, Studio(stylist, Path(tempfile.mkdtemp())), "127.0.0.1", None)
until = time.monotonic() + 120
while time.monotonic() < until:
    stylist(str(SAMPLE), "titian", max_side=64)
    time.sleep(1)
page.close()
"""
WANDB = """
import sys, wandb, txst
run = wandb.init(mode="offline", dir=sys.argv[1])
run.log({"loss": 1})
run.finish()
"""
ADDRESS = re.compile(r'sa_family=AF_INET6?, .*?(?:inet_addr\("([^"]*)|inet_pton\(AF_INET6, "([^"]*))')


@pytest.fixture
def fresh(tmp_path):
    """Runs a program at home nowhere, and gives the files that it leaves there."""
    home = tmp_path / "home"
    home.mkdir()
    ours = ("XDG_", "HF_", "ORT_", "GRADIO_", "WANDB_", "TXST_")
    environment = {k: v for k, v in os.environ.items() if not k.startswith(ours)} | {"HOME": str(home)}

    def run(program, *before):
        command = [*before, sys.executable, "-c", program, str(tmp_path / "out")]
        done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-2000:]
        return [str(path.relative_to(home)) for path in home.rglob("*") if path.is_file()]

    return run


def test_painting_leaves_no_file_at_home_and_asks_for_nothing(fresh):
    assert fresh("from txst import Stylist\n" + PAINT) == []


def test_libraries_are_silenced_before_they_are_imported_and_who_says_otherwise_is_heard():
    import txst

    assert all(name in os.environ for name in txst.SILENT)
    source = Path(txst.__file__).read_text()
    assert "os.environ.setdefault(" in source
    assert source.index("os.environ") < source.index("def __getattr__")


def test_openvino_is_imported_without_what_reports_it(tmp_path, monkeypatch):
    package = tmp_path / "openvino/__init__.py"
    package.parent.mkdir()
    package.write_text("try:\n    import openvino_telemetry as told\nexcept ImportError:\n    told = None\n")
    (tmp_path / "openvino_telemetry.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    for name in [name for name in sys.modules if name.split(".")[0] in ("openvino", "openvino_telemetry")]:
        monkeypatch.delitem(sys.modules, name)
    try:
        assert silent_openvino().told is None
        import openvino_telemetry  # whoever wants it finds it

        assert openvino_telemetry
    finally:
        sys.modules.pop("openvino", None), sys.modules.pop("openvino_telemetry", None)


def queries(log):
    """Addresses beyond this machine in what strace noted."""
    found = {one or other for one, other in ADDRESS.findall(log.read_text(errors="replace"))}
    return found - {"127.0.0.1", "::1", "0.0.0.0", "::"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("needs", "program"),
    [("gradio", SERVE), ("wandb", WANDB), ("openvino", OPENVINO)],
    ids=["two minutes of painting and serving", "wandb offline", "openvino"],
)
def test_no_library_asks_the_network(fresh, tmp_path, needs, program):
    if not find_spec(needs):
        pytest.skip(f"needs {needs}")
    if not shutil.which("strace"):
        pytest.skip("needs strace")
    log = tmp_path / "strace"
    calls = "trace=connect,sendto,sendmsg,sendmmsg"
    found = fresh(program, "strace", "-f", "-qq", "-e", calls, "-o", str(log))
    assert queries(log) == set()
    assert [file for file in found if "Microsoft" in file or "intel" in file] == []


def test_every_promise_of_security_is_held_by_a_test_that_is_there():
    text = (Path(__file__).parent.parent / "SECURITY.md").read_text()
    file, missing = "", []
    for path, name in re.findall(r"`(tests/[\w/]+\.py)?(?:::(\w+))?`", text):
        file = path or file
        held = (Path(__file__).parent.parent / file).read_text()
        if name and f"def {name}(" not in held:
            missing.append(f"{file}::{name}")
    assert not missing
    rows = [line for line in text.splitlines() if line.startswith("| ") and not line.startswith("| promise")]
    assert [row for row in rows if "test_" not in row] == []
