"""The command line, in this process where that is enough."""

import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from txst.__main__ import main
from txst.commands.options import parser
from txst.data.names import read_templates


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    for i, name in enumerate(("a.jpg", "b.png")):
        pixels = np.random.default_rng(i).integers(0, 256, (21, 34, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / name)
    return folder


def test_a_folder_is_painted_in_every_style(photos, model_folder, tmp_path):
    out = tmp_path / "out"
    assert (
        main(
            [str(photos), "--style", "Claude Monet", "--style", "ukiyo-e", "--model", str(model_folder), "-o", str(out)]
        )
        == 0
    )
    assert sorted(p.name for p in out.iterdir()) == [
        "a_claude-monet.jpg",
        "a_ukiyo-e.jpg",
        "b_claude-monet.png",
        "b_ukiyo-e.png",
    ]
    assert all(Image.open(p).size == (34, 21) for p in out.iterdir())


def test_photos_of_one_name_in_two_folders_do_not_overwrite_each_other(photos, model_folder, tmp_path):
    (photos / "more").mkdir()
    Image.new("RGB", (30, 20), "red").save(photos / "more/a.jpg")
    out = tmp_path / "out"
    assert main([str(photos), "--style", "monet", "--model", str(model_folder), "-o", str(out)]) == 0
    assert Image.open(out / "a_monet.jpg").size == (34, 21)
    assert Image.open(out / "more/a_monet.jpg").size == (30, 20)


def test_photos_that_differ_by_their_ending_alone_are_all_painted(photos, model_folder, tmp_path):
    Image.new("RGB", (30, 20), "red").save(photos / "b.webp")
    Image.new("RGB", (30, 20), "red").save(photos / "a.jpeg")
    out = tmp_path / "out"
    assert main([str(photos), "--style", "monet", "--model", str(model_folder), "-o", str(out)]) == 0
    assert sorted(p.name for p in out.iterdir()) == [
        "a-jpeg_monet.jpg",
        "a-jpg_monet.jpg",
        "b-png_monet.png",
        "b-webp_monet.png",
    ]


def test_a_broken_file_is_named_and_the_others_are_painted(photos, model_folder, tmp_path, capsys):
    (photos / "broken.jpg").write_text("no picture")
    assert main([str(photos), "--style", "monet", "--model", str(model_folder), "-o", str(tmp_path / "out")]) == 1
    assert "broken.jpg: not a picture" in capsys.readouterr().err
    assert len(list((tmp_path / "out").iterdir())) == 2


@pytest.mark.parametrize(
    ("arguments", "says", "code"),
    [
        (["absent.jpg", "--style", "monet"], "no such file", 1),
        ([], "no style was given", 2),
        (["--style", "monet", "--strength", "2"], "strength is 2.0", 2),
        (["--style", "monet", "--model", "nowhere"], "no model folder", 1),
        (["--style", "m" * 10_000], "the style has 10000 characters", 1),
        (["--style", "monet", "--device", "abacus"], "'abacus' cannot be used here", 1),
        (["--style", "monet", "--device", "cuda:99"], "'cuda:99' cannot be used here", 1),
    ],
)
def test_a_mistake_gets_one_sentence_and_its_exit_code(photos, model_folder, tmp_path, capsys, arguments, says, code):
    given = [] if arguments[:1] == ["absent.jpg"] else [str(photos / "a.jpg")]
    model = [] if "--model" in arguments else ["--model", str(model_folder)]
    assert main([*given, *arguments, *model, "-o", str(tmp_path / "out")]) == code
    error = capsys.readouterr().err
    assert says in error
    assert error.startswith("txst: ")
    assert error.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_without_arguments_a_sample_photo_is_painted(model_folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["--model", str(model_folder)]) == 0
    assert len(list((tmp_path / "outputs").glob("sample_*.jpg"))) == 4


def test_a_single_result_is_named(photos, model_folder, tmp_path, capsys):
    out = tmp_path / "out"
    assert main([str(photos / "a.jpg"), "--style", "monet", "--model", str(model_folder), "-o", str(out)]) == 0
    assert capsys.readouterr().out == f"1 of 1 painted: {out / 'a_monet.jpg'}\n"


def test_a_prompt_cannot_write_outside_the_folder(photos, model_folder, tmp_path):
    main(
        [
            str(photos / "a.jpg"),
            "--style",
            "../../escape/$(id)",
            "--model",
            str(model_folder),
            "-o",
            str(tmp_path / "out"),
        ]
    )
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["a_escape-id.jpg"]


def test_help_shows_the_sentences_that_clip_reads():
    shown = " ".join(parser().format_help().split())
    assert all(template in shown for template in read_templates("art"))


@pytest.mark.parametrize("command", ["paint", "styles", "fetch"])
def test_help_does_not_wait_for_torch(command):
    code = f"import sys, txst.commands.{command} as m; m.parser().format_help(); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_an_unknown_style_is_refused_before_anything_is_painted_unless_told_otherwise(
    photos, named_folder, tmp_path, capsys
):
    asked = [str(photos), "--style", "monet, dark", "--style", "neon cyberpunk"]
    command = [*asked, "--model", str(named_folder), "-o", str(tmp_path / "out")]
    assert main(command) == 1
    error = capsys.readouterr().err
    assert "knows no style 'neon cyberpunk'" in error
    assert "txst fetch clip" in error
    assert not (tmp_path / "out").exists()
    assert main([*command, "--nearest"]) == 0
    assert len(list((tmp_path / "out").iterdir())) == 4


def test_what_a_misspelt_style_is_taken_for_is_said(photos, named_folder, tmp_path, capsys):
    asked = [str(photos / "a.jpg"), "--style", "vangogh", "--style", "claude monet"]
    assert main([*asked, "--model", str(named_folder), "-o", str(tmp_path / "out")]) == 0
    said = capsys.readouterr().out
    assert "'vangogh' understood: vincent van gogh (artist)" in said
    assert "monet" not in said


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (ModuleNotFoundError("wants x: pip install 'txst[clip]'"), "wants x: pip install 'txst[clip]'"),
        (ModuleNotFoundError(name="gradio"), "gradio is missing: pip install 'txst[serve]'"),
    ],
)
def test_a_missing_package_is_named_with_what_installs_it(monkeypatch, capsys, error, says):
    def missing(argv):
        raise error

    monkeypatch.setattr("txst.commands.paint.run", missing)
    assert main([]) == 1
    assert capsys.readouterr().err == f"txst: {says}\n"
