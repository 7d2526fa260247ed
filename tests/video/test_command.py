"""txst CLIP: what holds for photos holds for clips."""

import json
import os
import signal
import subprocess
import sys

import numpy as np
import pytest
from filmed import animate, film, frames, look, scene, seen
from killed import run_until_renamed
from PIL import Image

from txst.__main__ import main

MODEL = ["--style", "claude monet", "--model", "small"]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    pytest.importorskip("av")
    pytest.importorskip("cv2")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_clip_is_painted_once_and_says_what_made_it(folder, capsys):
    film(folder / "a.mp4")
    (folder / "k.yaml").write_text("- {at: 0, strength: 0}\n- {at: 0.2, strength: 1}\n")
    command = ["a.mp4", *MODEL, "--every", "2", "--keyframes", "k.yaml", "--json"]
    assert main(command) == 0
    line = json.loads(capsys.readouterr().out.splitlines()[0])
    assert line["out"] == "outputs/a_claude-monet_every2_keyframes.mp4"
    assert (line["frames"], line["size"]) == (3, [64, 48])
    assert main(command) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[0])["kept"] is True
    assert main(["show", line["out"]]) == 0
    assert "every: 2" in capsys.readouterr().out


def test_a_clip_that_was_changed_is_kept(folder, capsys):
    film(folder / "a.mp4")
    command = ["a.mp4", *MODEL, "-o", "out.mkv"]
    assert main(command) == 0
    with (folder / "out.mkv").open("ab") as file:
        file.write(b"more")
    assert main([*command, "--again"]) == 1
    assert "was changed since txst wrote it: it is kept" in capsys.readouterr().err
    assert main([*command, "--again", "--overwrite"]) == 0
    film(folder / "b.mp4")
    assert main(["a.mp4", *MODEL, "-o", "b.mp4"]) == 1
    assert look(folder / "b.mp4")["title"]


def test_strip_leaves_out_what_the_source_says(folder):
    film(folder / "a.mp4")
    assert main(["a.mp4", *MODEL, "-o", "out.mp4", "--strip"]) == 0
    assert look(folder / "out.mp4")["title"] is None


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda path: path.write_text("no clip"), "not a clip that can be read"),
        (lambda path: path.write_bytes(film(path).read_bytes()[:900]), "broken or cut short"),
        (lambda path: path.write_bytes(b""), "not a clip that can be read"),
        (lambda path: path.write_text("#EXTM3U\n#EXTINF:1,\n/etc/passwd\n"), "not a clip that can be read"),
        (lambda path: None, "no such file"),
        (lambda path: path.mkdir(), "found no pictures"),
    ],
)
def test_a_bad_file_gets_a_sentence(folder, capsys, make, says):
    make(folder / "bad.mp4")
    assert main(["bad.mp4", *MODEL]) == 1
    (line,) = [line for line in capsys.readouterr().err.replace("\r", "\n").splitlines() if line.startswith("txst: ")]
    assert says in line
    assert not list(folder.glob("outputs/*.mp4"))


def test_sound_alone_is_no_clip(folder, capsys):
    import av

    with av.open("a.mp4", "w") as out:
        stream = out.add_stream("aac", rate=48_000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 4800), np.int16), format="s16", layout="mono")
        frame.rate = 48_000
        out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    assert main(["a.mp4", *MODEL]) == 1
    assert "no moving pictures" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["a.mp4", "-o", "x.jpg"], "x.jpg is a picture, and a.mp4 is a clip"),
        (["b.jpg", "-o", "x.mp4"], "x.mp4: photos are not written as .mp4, and b.jpg is a photo"),
        (["b.jpg", "--start", "1"], "--start is for clips, and b.jpg is a photo"),
        (["a.mp4", "--start", "soon"], "'soon' is no time"),
        (["a.mp4", "--start", "2", "--end", "1"], "--end 1 does not lie behind --start 2"),
        (["a.mp4", "--every", "0"], "--every is 0"),
        (["a.mp4", "--keyframes", "styles.yaml"], "style is given beside key frames"),
        (["a.mp4", "--keyframes", "numbers.yaml", "--strength", "0.2"], "strength is given beside key frames"),
        (["a.mp4", "--keyframes", "numbers.yaml", "--colour", "content"], "colour is given beside key frames"),
        (["a.mp4", "--sheet"], "--sheet shows photos"),
        (["a.mp4", "-o", "x.avi"], "results are not written as .avi"),
    ],
)
def test_a_mistake_is_told_before_anything_is_painted(folder, capsys, arguments, says):
    film(folder / "a.mp4")
    Image.new("RGB", (32, 32)).save("b.jpg")
    (folder / "styles.yaml").write_text("- {at: 0, style: titian}\n")
    (folder / "numbers.yaml").write_text("- {at: 0, strength: 0, colour: 0.5}\n")
    assert main([*arguments, *MODEL]) == 2
    assert says in capsys.readouterr().err


def test_movies_in_a_folder_are_left_out_with_a_word(folder, capsys):
    (folder / "in/.c.mp4.txst").mkdir(parents=True)
    film(folder / "in/a.mp4")
    film(folder / "in/.c.mp4.txst/00000.mov")  # of a run that was stopped
    Image.new("RGB", (32, 32)).save("in/b.png")
    assert main(["in", *MODEL]) == 0
    assert "1 movie is left out" in capsys.readouterr().out
    assert [file.name for file in (folder / "outputs").iterdir()] == ["b_claude-monet.png"]
    assert main(["in/*.mp4", *MODEL]) == 0
    assert (folder / "outputs/a_claude-monet.mp4").is_file()


def test_an_animated_picture_is_painted_whole_or_as_a_still_one(folder, capsys):
    animate(folder / "a.gif")
    assert main(["a.gif", *MODEL]) == 0
    assert len(seen(folder / "outputs/a_claude-monet.gif")) == 6
    assert main(["a.gif", *MODEL, "-o", "x.jpg"]) == 0
    assert "only the first of 6 frames is painted" in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_a_killed_run_and_one_that_was_interrupted_go_on(folder):
    film(folder / "a.mp4", frames(120), range(0, 120 * 3600, 3600))
    target = folder / "outputs/a_claude-monet.mp4"
    work = folder / f"outputs/.{target.name}.txst"
    command = ["-m", "txst", "a.mp4", *MODEL]
    for way, most, code, left in ((signal.SIGKILL, 2, -signal.SIGKILL, 1), (signal.SIGINT, 4, 130, 3)):
        run = run_until_renamed(most, ".npz", *command, way=way)  # a segment's file, and then that of the one before
        said = run.communicate(timeout=60)
        assert run.returncode == code, said
        assert len(list(work.glob("*.npz"))) == left
        assert not target.exists()
    done = subprocess.run([sys.executable, *command], capture_output=True, text=True, check=True)
    assert "75 frames were painted by an earlier run" in done.stdout
    assert len(look(target)["times"]) == 120
    assert not work.exists()


MEMORY = """
import pathlib, sys
from txst import Stylist
from txst.video.painting import paint_clip
paint_clip(Stylist.from_pretrained("small"), sys.argv[1], sys.argv[2], "claude monet", stroke=8)
print(int(pathlib.Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]) / 1024)
"""


@pytest.mark.slow
@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="needs Linux's figures")
def test_a_longer_clip_takes_no_more_memory(folder):
    peaks = []
    for count in (25, 100):
        wide = scene(height=240, width=320 + count)
        film(
            folder / "a.mp4",
            [np.ascontiguousarray(wide[:, at : at + 320]) for at in range(count)],
            range(0, 3600 * count, 3600),
        )
        run = subprocess.run(
            [sys.executable, "-c", MEMORY, "a.mp4", "out.gif"], capture_output=True, text=True, check=True
        )
        peaks.append(float(run.stdout))
    assert peaks[1] - peaks[0] < 10  # MiB, where the frames are 17
