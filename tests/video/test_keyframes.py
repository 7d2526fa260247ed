"""Key frames and times as they are typed."""

import re
from pathlib import Path

import pytest

from txst.__main__ import main
from txst.video.keyframes import number_at, read_keyframes, refuse_twice, seconds, styles_at


@pytest.mark.parametrize(("text", "is_"), [("90", 90), ("1:30", 90), ("1:02:03.5", 3723.5), ("2,5", 2.5), (" 3 s", 3)])
def test_times_are_read(text, is_):
    assert seconds(text) == is_


@pytest.mark.parametrize("text", ["", "soon", "1:2:3:4", "-3", "nan", "9" * 400])
def test_what_is_no_time_is_refused(text):
    with pytest.raises(ValueError, match="is no time"):
        seconds(text)


def test_between_two_key_frames_everything_is_mixed(tmp_path):
    (tmp_path / "k.yaml").write_text(
        '- {at: "0:10", style: titian, strength: 1}\n- {at: 0, style: claude monet, strength: 50%}\n- {at: 30, style: "@a.jpg"}\n'
    )
    found = read_keyframes(tmp_path / "k.yaml")
    assert [number_at(found, "strength", time) for time in (0, 5, 10, 99)] == [0.5, 0.75, 1, 1]
    assert number_at(found, "detail", 5) is None
    assert styles_at(found, 0) == [("claude monet", 1)]
    assert styles_at(found, 5) == [("claude monet", 0.5), ("titian", 0.5)]
    assert styles_at(found, 40) == [(tmp_path / "a.jpg", 1)]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a: [", "is no YAML"),
        ("style: titian", "no list of key frames"),
        ("- {at: 0, stile: titian}", "key frame 1: there is no stile"),
        ("- {style: titian}", "needs a moment"),
        ("- {at: soon, style: titian}", "'soon' is no time"),
        ("- {at: 0, strength: 2}", "strength is 2"),
        ("- {at: 0, style: [titian]}", "the style is"),
        ("- {at: 0, style: &a [x]}\n- {at: 1, style: *a}", "references"),
        ("[" * 5000, "is no YAML"),
        ("- {at: 1" + 400 * "0" + ", strength: 1}", "key frame 1"),
    ],
)
def test_what_cannot_be_meant_is_named(tmp_path, text, says):
    (tmp_path / "k.yaml").write_text(text)
    with pytest.raises(ValueError, match=says):
        read_keyframes(tmp_path / "k.yaml")


def test_a_file_of_key_frames_that_is_not_there_is_named_with_its_option(tmp_path, capsys):
    for file, says in ((tmp_path / "nofile", "no such file or directory"), (tmp_path, "is a directory")):
        assert main(["clip.mp4", "--keyframes", str(file)]) == 2
        assert capsys.readouterr().err.strip().endswith(f"--keyframes {file}: {says}")


def test_the_key_frames_of_the_documentation_are_read(tmp_path):
    block = re.search(r"```yaml\n(.*?)```", Path("docs/VIDEO.md").read_text(encoding="utf-8"), re.DOTALL)
    (tmp_path / "k.yaml").write_text(block[1])
    found = read_keyframes(tmp_path / "k.yaml")
    assert [at for at, name, _ in found if name == "style"] == [0, 10, 14, 20]
    assert number_at(found, "strength", 1) == 0.5


def test_what_is_given_beside_key_frames_of_it_is_refused_and_masks_may_stay():
    steps = [(0.0, "strength", 0.5), (0.0, "style", "titian")]
    refuse_twice(steps, {"strength": Path("mask.png"), "colour": 0.2})
    for given in ({"strength": 0.2}, {"mix": {"titian": 1.0}}):
        with pytest.raises(ValueError, match="beside key frames"):
            refuse_twice(steps, given)
