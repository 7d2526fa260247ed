"""What a model knows by name, and names that a user teaches it."""

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from safetensors.numpy import save_file
from small import SMALL

from txst import Stylist
from txst.__main__ import main
from txst.commands.styles import listed, shown_first
from txst.palette.user_styles import data_folder


def noise(seed, *size):
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (*size, 3), dtype=np.uint8))


@pytest.fixture
def grandmas(tmp_path):
    folder = tmp_path / "grandma's pictures"
    folder.mkdir()
    Image.new("RGB", (60, 50), "orange").save(folder / "a.png")
    noise(0, 40, 70).save(folder / "b.jpg")
    return folder


def teach(*arguments):
    return main(["styles", "add", *map(str, arguments)])


def paint(folder, style, **more):
    return Stylist.from_pretrained(folder)(noise(1, 24, 32), style, **more).tobytes()


def test_the_styles_are_listed_by_kind_with_the_pictures_seen(capsys):
    assert main(["styles"]) == 0
    lines = capsys.readouterr().out.splitlines()
    begins = [line.split()[0] for line in lines if not line.startswith(" ")]
    assert begins == ["artists", "movements", "media", "textures", "words"]
    artists, textures = (lines[lines.index(next(x for x in lines if x.startswith(k))) :] for k in ("art", "tex"))
    assert any(line.startswith("  claude monet  ") and int(line.split()[-1]) > 1 for line in artists)
    assert artists[1].startswith(" post impressionism (")
    assert artists[2].startswith("  vincent van gogh  ")
    groups = [line.strip().rpartition(" ")[0] for line in artists if line.startswith(" ") and line[1] != " "]
    assert len(groups) == len(set(groups)) > 10
    assert textures[1].startswith("  banded  ")
    assert "  dark" in lines


@pytest.mark.parametrize(
    ("text", "names", "lacks"),
    [
        ("Hokusai", {"katsushika hokusai"}, "claude monet"),
        ("impressionist", {"claude monet", "impressionism"}, "titian"),
        ("北斎", {"katsushika hokusai"}, "claude monet"),
        ("cross hatching", {"crosshatched"}, "banded"),
    ],
)
def test_styles_are_found_by_name_spelling_and_movement(text, names, lacks, bundled_palette):
    found = {line.rpartition("  ")[0].strip() for line in listed(bundled_palette, text) if line.startswith("  ")}
    assert names <= found
    assert lacks not in found


def test_a_search_without_a_find_says_so(capsys):
    assert main(["styles", "--find", "zzyzx"]) == 1
    assert "no style has 'zzyzx'" in capsys.readouterr().err


@pytest.fixture(scope="module")
def bundled_palette():
    return Stylist.from_pretrained().styles.palette()


def test_every_listed_style_can_be_painted(named_folder, capsys):
    main(["styles", "--model", str(named_folder)])
    stylist = Stylist.from_pretrained(named_folder)
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("  ")]
    assert len(lines) > 50
    for line in lines:
        assert stylist.styles.encode(line.strip().rpartition("  ")[0] or line.strip())


def test_a_sheet_for_each_kind_shows_them_on_one_photo(named_folder, tmp_path, monkeypatch):
    monkeypatch.setattr("txst.commands.styles.LOOKS", {"dark": ("dark",)})
    noise(0, 24, 30).save(tmp_path / "photo.png")
    arguments = ["--sheet", tmp_path / "photo.png", "--model", named_folder, "-o", tmp_path / "sheets"]
    assert main(["styles", *map(str, arguments)]) == 0
    assert {p.name for p in (tmp_path / "sheets").iterdir()} == {"artists.jpg", "movements.jpg", "words.jpg"}


def test_a_sheet_of_one_style_shows_its_variations(named_folder, tmp_path, capsys):
    noise(0, 24, 30).save(tmp_path / "photo.png")
    arguments = ["claude monet", "--sheet", tmp_path / "photo.png", "--model", named_folder, "-o", tmp_path / "sheets"]
    assert main(["styles", *map(str, arguments)]) == 0
    assert "claude monet (artist): --variation 0 to 1 differ" in capsys.readouterr().out
    assert [p.name for p in (tmp_path / "sheets").iterdir()] == ["claude-monet.jpg"]
    assert main(["styles", "zzyzx", "--model", str(named_folder)]) == 1


@pytest.mark.parametrize("backend", ["onnxruntime", "torch"])
def test_a_taught_name_paints_after_its_pictures(named_folder, grandmas, backend):
    assert teach("Grandma", grandmas, "--model", named_folder) == 0
    stylist = Stylist.from_pretrained(named_folder, backend=backend)
    code = stylist.painter.text_code("in the style of grandma", 1)
    shown = [stylist.painter.image_code(np.asarray(Image.open(f), np.float32).transpose(2, 0, 1)[None] / 255)
             for f in sorted(grandmas.iterdir())]  # fmt: skip
    assert max(float((code @ one.T)[0, 0]) for one in shown) > 0.9
    assert paint(named_folder, "grandma") != paint(named_folder, "claude monet")


def test_it_is_known_at_once_and_forgotten_at_once(named_folder, grandmas, capsys):
    stylist = Stylist.from_pretrained(named_folder)
    before = stylist(noise(1, 24, 32), "dark").tobytes()
    stylist.styles.teach("grandma", list(grandmas.iterdir()))
    assert stylist(noise(1, 24, 32), "grandmma").tobytes() == paint(named_folder, "grandma")
    assert stylist(noise(1, 24, 32), "dark").tobytes() == before  # others are as they were
    stylist.styles.teach("Grandma", [Image.new("RGB", (50, 50), "blue")])  # again: in place of the first
    assert len(list(data_folder().iterdir())) == 2
    assert main(["styles", "remove", "GRANDMA", "--model", str(named_folder)]) == 0
    assert not list(data_folder().iterdir())
    with pytest.raises(ValueError, match="knows no style 'grandma'"):
        paint(named_folder, "grandma")
    stylist.styles.encode("grandma")
    with pytest.raises(ValueError, match="was not taught"):
        stylist.styles.forget("grandma")


def test_a_name_belongs_to_the_model_that_learnt_it(named_folder, grandmas):
    teach("grandma", grandmas, "--model", named_folder)
    for text in ("grandma", "Grandma"):
        with pytest.raises(ValueError, match=f"knows no style '{text}', which was taught to another model"):
            Stylist.from_pretrained(SMALL).styles.encode(text)
    assert Stylist.from_pretrained(SMALL).styles.encode("grandma", nearest=True)


def test_an_error_says_which_model_a_name_was_taught_to_and_how_to_teach_it_to_this_one(grandmas, tmp_path, capsys):
    noise(1, 24, 32).save(tmp_path / "photo.png")
    assert teach("my grandma", grandmas) == 0
    assert teach("zdzislaw beksinski", grandmas) == 0  # a painter whom no model has
    for name in ("my grandma", "Zdzislaw Beksinski"):
        assert (
            main([str(tmp_path / "photo.png"), "--style", name, "--model", "small", "-o", str(tmp_path / "out")]) == 1
        )
        said = capsys.readouterr().err
        assert f"'{name}', which was taught to painter" in said
        assert f"`txst styles add '{name.lower()}' PICTURES --model small` teaches it" in said
    assert teach("my grandma", grandmas, "--model", "small") == 0
    assert (
        main([str(tmp_path / "photo.png"), "--style", "my grandma", "--model", "small", "-o", str(tmp_path / "out")])
        == 0
    )


@pytest.mark.parametrize(
    ("name", "says"),
    [("claude monet", "already"), ("Claude-Monet", "already"), ("cubism", "already"), ("monet", "means claude monet"), ("", "cannot be"), ("🎨", "cannot be"),
     ("x" * 100, "cannot be"), ("a\x1b[2Jb", "cannot be")],
)  # fmt: skip
def test_a_name_that_is_none_or_taken_is_refused(named_folder, grandmas, capsys, name, says):
    assert teach(name, grandmas, "--model", named_folder) == 1
    assert says in capsys.readouterr().err
    assert not data_folder().exists()


def test_no_name_leads_out_of_the_folder(named_folder, grandmas, data_home):
    assert teach("../../etc/passwd", grandmas, "--model", named_folder) == 0
    assert {p.parent for p in data_home.rglob("*") if p.is_file()} == {data_folder()}


def test_pictures_that_cannot_be_learnt_from_are_named_and_nothing_is_kept(named_folder, grandmas, capsys):
    (grandmas / "broken.jpg").write_text("no picture")
    assert teach("grandma", grandmas, "--model", named_folder) == 1
    assert "broken.jpg: not a picture" in capsys.readouterr().err
    (grandmas / "broken.jpg").unlink()
    Image.new("RGB", (5, 5)).save(grandmas / "tiny.png")
    assert teach("grandma", grandmas, "--model", named_folder) == 1
    assert "too small" in capsys.readouterr().err
    assert not data_folder().exists()


def test_damaged_or_foreign_files_are_named(named_folder, grandmas, capsys):
    teach("grandma", grandmas, "--model", named_folder)
    said, codes = sorted(data_folder().iterdir())
    whole = said.read_text(), codes.read_bytes()
    damages = [
        (said, "not json"), (said, "[]"), (said, json.dumps({"name": "../x", "model": "", "pictures": []})),
        (said, "[" * 100_000), (codes, b"no tensors"), (codes, b""),
    ]  # fmt: skip
    for file, content in damages:
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        with pytest.warns(UserWarning, match=file.name):
            assert paint(named_folder, "claude monet")
        said.write_text(whole[0])
        codes.write_bytes(whole[1])
    for wrong in (
        {"codes": np.ones((2, 3), np.float32)},
        {"codes": np.full((1, 16), np.nan, np.float32)},
        {"other": np.ones(2)},
    ):
        save_file(wrong, codes)
        with pytest.warns(UserWarning, match="does not hold the codes"):
            assert paint(named_folder, "claude monet")


def test_one_damaged_file_stops_no_other_style_and_a_pipe_is_not_waited_for(named_folder, grandmas, capsys):
    teach("grandma", grandmas, "--model", named_folder)
    os.mkfifo(data_folder() / "pipe.json")
    os.mkfifo(data_folder() / "pipe.safetensors")
    (data_folder() / "folder.json").mkdir()
    with pytest.warns(UserWarning, match=r"pipe\.json is no taught style"):
        assert paint(named_folder, "grandma")


def test_a_name_whose_codes_are_damaged_can_be_removed(named_folder, grandmas, capsys):
    teach("grandma", grandmas, "--model", named_folder)
    _, codes = sorted(data_folder().iterdir())
    codes.write_bytes(b"no tensors")
    with pytest.warns(UserWarning, match="txst styles remove 'grandma'"):
        Stylist.from_pretrained(named_folder)
    assert main(["styles", "remove", "grandma", "--model", str(named_folder)]) == 0
    assert paint(named_folder, "claude monet")


def test_a_model_without_a_palette_says_that_it_has_no_names(model_folder, grandmas, capsys):
    for arguments in ([], ["add", "grandma", str(grandmas)]):
        assert main(["styles", *arguments, "--model", str(model_folder)]) == 1
        assert "no palette" in (said := capsys.readouterr().err) or "no list" in said


@pytest.mark.parametrize("renames", [0, 1])
def test_whoever_is_stopped_while_adding_has_the_name_whole_or_not_at_all(named_folder, grandmas, monkeypatch, renames):
    replace, left = Path.replace, [None] * renames

    def stopped(self, target):
        if not left:
            raise KeyboardInterrupt
        left.pop()
        return replace(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", stopped)
        assert teach("grandma", grandmas, "--model", named_folder) == 130
    with pytest.raises(ValueError, match="knows no style 'grandma'"):
        paint(named_folder, "grandma")
    assert teach("grandma", grandmas, "--model", named_folder) == 0
    assert paint(named_folder, "grandma")
    assert len(list(data_folder().iterdir())) == 2


def test_a_copy_of_the_model_elsewhere_knows_the_same_names(named_folder, grandmas, tmp_path):
    teach("grandma", grandmas, "--model", named_folder)
    copy = shutil.copytree(named_folder, tmp_path / "copy")
    assert paint(copy, "grandma") == paint(named_folder, "grandma")


def test_the_first_choice_is_of_the_users_own_of_famous_painters_and_of_media(named_folder):
    palette = Stylist.from_pretrained(named_folder).painter.palette
    first = shown_first(palette, 3)
    assert first[:2] == ["vincent van gogh", "claude monet"]
    everything = shown_first(palette, 100)
    assert set(everything) == {*palette.names, *palette.movements}
    assert len(set(everything)) == len(everything)
