"""scripts/optimise.py: what it leaves while it runs, and how it goes on from there."""

import os
import runpy
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from drawn import drawn
from PIL import Image

from txst.canvases.optimise import Descent
from txst.canvases.pixels import Pixels

SCRIPT = Path(__file__).parents[2] / "scripts/optimise.py"
TINY = [
    "loss_network=bank", "loss=[content,clip_directional]", "clip=space", "canvas=laplacian", "layers={style: [bank1], content: [bank4]}",
]  # fmt: skip


@pytest.fixture(scope="module")
def script():
    return SimpleNamespace(**runpy.run_path(str(SCRIPT)))


@pytest.mark.parametrize(("out", "says"), [("photo.png", "written over the picture"), ("x.xyz", "names no kind")])
def test_a_result_that_cannot_be_written_is_refused_before_the_work(script, tmp_path, out, says):
    drawn(0, (9, 9)).save(tmp_path / "photo.png")
    args = script.options().parse_args([str(tmp_path / "photo.png"), "-o", str(tmp_path / out)])
    with pytest.raises(ValueError, match=says):
        script.refuse_unwritable(args)


def descent():
    canvas = Pixels().begin(torch.rand(1, 3, 4, 4))
    return Descent(canvas, lambda v: v.image.square().mean(), partial(torch.optim.Adam, lr=0.1), (), "trying")


def test_an_attempt_leaves_the_picture_so_far_and_goes_on_with_the_same_alone(script, tmp_path, capsys):
    out, run = tmp_path / "out.jpg", descent()
    attempt = script.Attempt(out, "this", resume=False)
    run.take_step()
    assert not attempt.watch(run)
    assert not any(tmp_path.iterdir())
    attempt.interrupted()
    assert attempt.watch(run)
    assert {file.name for file in tmp_path.iterdir()} == {"out.jpg.so-far.png", "out.jpg.resume"}
    assert Image.open(tmp_path / "out.jpg.so-far.png").size == (4, 4)
    again = descent()
    again.resume(script.Attempt(out, "this", resume=True).state)
    assert again.step == 1
    assert again.picture().equal(run.picture())
    with pytest.raises(KeyboardInterrupt):
        attempt.interrupted()
    capsys.readouterr()
    script.Attempt(out, "that", resume=False)
    assert "out.jpg.resume is of a run that was stopped" in capsys.readouterr().err
    with pytest.raises(ValueError, match=r"out\.jpg\.resume is of another photo, style or setting"):
        script.Attempt(out, "that", resume=True)
    torch.save([1], tmp_path / "list")
    for damaged in (b"PK", (tmp_path / "list").read_bytes()):
        (tmp_path / "out.jpg.resume").write_bytes(damaged)
        with pytest.raises(ValueError, match=r"out\.jpg\.resume is damaged"):
            script.Attempt(out, "this", resume=True)
    (tmp_path / "list").unlink()
    attempt.clear()
    assert not any(tmp_path.iterdir())
    with pytest.raises(ValueError, match=r"out\.jpg\.resume is missing"):
        script.Attempt(out, "this", resume=True)


@pytest.mark.parametrize("steps", ["0", "abc"])
def test_steps_are_a_whole_number(script, tmp_path, monkeypatch, steps):
    line = ["optimise", str(tmp_path / "a.png"), "--style=titian", "-o", str(tmp_path / "out.png"), *TINY]
    drawn(1).save(tmp_path / "a.png")
    monkeypatch.setattr(sys, "argv", [*line, f"task.steps={steps}"])
    with pytest.raises(SystemExit, match=f"task.steps is {steps}"):
        script.main()


def test_a_text_is_painted_by_clipstyler_unless_losses_are_named(script):
    parse = script.options().parse_intermixed_args
    for given, program in (
        (["--style", "sketch"], "clipstyler"),
        (["--style", "sketch", "loss=[content,clip_patch]"], "optimise"),
        (["--style-image", "painting.jpg"], "optimise"),
    ):
        assert script.program(parse(["photo.jpg", *given, "-o", "out.png"])) == program


def test_a_descent_goes_on_under_the_same_settings_and_any_number_of_steps(script, tmp_path):
    (tmp_path / "photo.png").write_bytes(b"photo")
    parse = script.options().parse_intermixed_args

    def printed(*overrides, style="sketch"):
        args = parse([str(tmp_path / "photo.png"), "--style", style, "-o", "out.png", *overrides])
        return script.fingerprint(args, args.overrides)

    assert printed("task.steps=5", "seed=1") == printed("seed=1", "task.steps=9")
    assert len({printed(), printed("seed=1"), printed(style="oil"), printed("--max-side", "64")}) == 4


@pytest.mark.slow
def test_the_script_is_stopped_by_ctrl_c_and_goes_on_to_the_end(tmp_path):
    drawn(1).save(tmp_path / "photo.png")
    command = [sys.executable, SCRIPT, tmp_path / "photo.png", "--style", "titian", "-o", tmp_path / "out.png", *TINY]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    run = subprocess.Popen(
        [*command, "task.steps=4000"], stderr=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
    )
    seen = b""
    while b"/4000 [" not in seen or b"loss=" not in seen:
        seen += (more := os.read(run.stderr.fileno(), 1000))
        assert more, seen
    run.send_signal(signal.SIGINT)
    _, err = run.communicate(timeout=60)
    assert run.returncode == 130, err
    assert b"stopping after this step" in err
    assert b"--resume goes on" in err
    assert {"out.png", "out.png.so-far.png", "out.png.resume"} <= {file.name for file in tmp_path.iterdir()}
    step = torch.load(tmp_path / "out.png.resume", weights_only=True)["state"]["step"]
    again = subprocess.run(
        [*command, "--resume", f"task.steps={step + 2}"], capture_output=True, text=True, check=False
    )
    assert again.returncode == 0, again.stderr
    assert {file.name for file in tmp_path.iterdir()} == {"photo.png", "out.png"}
