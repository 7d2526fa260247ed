"""What `pip install txst` brings: pytest -m slow tests/test_wheel.py -s says how large it is and how fast it begins."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

ROOT = Path(__file__).parent.parent
PAINT = """
import socket, sys

def refused(*_, **__):
    raise OSError("the network is cut off")

socket.socket.connect = socket.getaddrinfo = socket.create_connection = refused
from txst.__main__ import main
sys.exit(main(["--style", "vangogh", "-o", "painted"]) or ("torch" in sys.modules))
"""
PEAK = """
import resource, subprocess, sys

subprocess.run([sys.executable, "-m", "txst", "photo.png", "--style", "claude monet", *sys.argv[1:]], check=True, capture_output=True)
unit = 1 if sys.platform == "darwin" else 1024
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * unit / 1e6)
"""


def size_of(folder):
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file() and not file.is_symlink())


@pytest.mark.slow
def test_the_wheel_alone_paints_without_a_network(tmp_path):
    def run(*command, **more):
        done = subprocess.run([*map(str, command)], cwd=tmp_path, capture_output=True, text=True, check=False, **more)
        assert done.returncode == 0, done.stderr
        return done.stdout

    run(sys.executable, "-m", "venv", tmp_path / "fresh")
    python = tmp_path / "fresh" / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    packages = next(tmp_path.glob("fresh/[lL]ib/**/site-packages"))
    before = size_of(packages)
    run(sys.executable, "-m", "pip", "wheel", "--no-deps", "-q", "-w", tmp_path, ROOT)
    (wheel,) = tmp_path.glob("*.whl")
    own = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}  # or pip would find what lies there
    if subprocess.run([python, "-m", "pip", "install", "-q", wheel], cwd=tmp_path, env=own, check=False).returncode:
        pytest.skip("the packages that txst needs cannot be had here")
    assert not list(packages.glob("torch*"))
    plain = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "TXST", "XDG"))} | {
        "HOME": str(tmp_path)
    }
    run(python, "-c", PAINT, env=plain)  # compiles the packages
    begun = os.times().elapsed
    run(python, "-c", PAINT, env=plain)
    seconds, megabytes = os.times().elapsed - begun, (size_of(packages) - before) / 1e6
    sizes = f"the wheel has {wheel.stat().st_size / 1e6:.1f} MB, with all that it needs {megabytes:.0f} MB installed"
    Image.effect_noise((512, 512), 60).convert("RGB").save(tmp_path / "photo.png")
    peaks = [float(run(python, "-c", PEAK, *model, env=plain)) for model in ([], ["--model", "small"])]
    memory = "{:.0f} MB of memory at most, {:.0f} MB by small".format(*peaks)
    print(f"\n{sizes}; the sample takes {seconds:.1f} s; 512 x 512 pixels take {memory}")  # noqa: T201
    assert Image.open(tmp_path / "painted/sample_vangogh.jpg").size == Image.open(ROOT / "txst/sample.jpg").size
    assert megabytes < 220
    assert seconds < 9
    assert max(peaks) < 300
    assert "claude monet" in run(python, "-m", "txst", "styles", env=plain)
