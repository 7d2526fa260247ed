"""Many pictures at once, with the bundled model's graphs."""

import signal

import numpy as np
import pytest
from killed import run_until_renamed
from PIL import Image

from txst import Stylist
from txst.__main__ import main
from txst.commands.arguments import mixture, region
from txst.commands.pictures import find_photos


def draw(file, size=(34, 21), seed=0):
    file.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    Image.fromarray(pixels).save(file)
    return file


@pytest.fixture
def photos(tmp_path):
    for i in range(5):
        draw(tmp_path / f"photos/{'deep/' * (i % 2)}photo{i}.{'jpg' if i else 'png'}", seed=i)
    return tmp_path / "photos"


def names(folder):
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def test_patterns_folders_and_files_are_photos(photos, tmp_path):
    out = tmp_path / "out"
    given = [f"{photos}/**/*.jpg", str(photos / "photo0.png")]
    assert main([*given, "--style", "claude monet", "--jobs", "2", "-o", str(out)]) == 0
    deep = [f"{'deep/' * (i % 2)}photo{i}_claude-monet.jpg" for i in range(1, 5)]  # as below the pattern
    assert names(out) == sorted(["photo0_claude-monet.png", *deep])
    assert main([f"{photos}/*.none", "--style", "claude monet", "-o", str(out)]) == 1


def test_results_and_hidden_files_are_no_photos(photos, tmp_path, monkeypatch):
    monkeypatch.chdir(photos)
    draw(photos / ".hidden/photo.png")
    for _ in range(2):
        assert main([".", "--style", "claude monet", "-o", "results"]) == 0
    assert len(names(photos / "results")) == 5


def test_what_is_done_is_kept_until_something_changes(photos, tmp_path, capsys):
    out = tmp_path / "out"
    command = [str(photos), "--style", "claude monet", "-o", str(out)]
    assert main(command) == 0
    before = {p: p.stat().st_mtime_ns for p in out.rglob("*.*")}
    assert main(command) == 0
    assert "0 of 5 painted, 5 were already there" in capsys.readouterr().out
    assert {p: p.stat().st_mtime_ns for p in out.rglob("*.*")} == before
    draw(photos / "photo0.png", seed=9)
    (out / "photo2_claude-monet.jpg").unlink()
    main(command)
    assert "2 of 5 painted, 3 were already there" in capsys.readouterr().out
    main([*command, "--strength", "0.5"])
    assert "5 of 5 painted:" in capsys.readouterr().out
    main([*command, "--strength", "0.5", "--again"])
    assert "5 of 5 painted:" in capsys.readouterr().out


def test_what_is_taught_again_or_painted_in_another_precision_is_painted_again(photos, tmp_path, capsys):
    command = [str(photos / "photo0.png"), "--style", "mine", "-o", str(tmp_path / "out")]
    for colour in ("red", "blue"):
        Image.new("RGB", (40, 40), colour).save(tmp_path / "mine.png")
        assert main(["styles", "add", "mine", str(tmp_path / "mine.png")]) == 0
        assert main(command) == 0
        assert "1 of 1 painted:" in capsys.readouterr().out
    for precision, said in (("float32", "0 of 1 painted, 1 were already there"), ("bf16", "1 of 1 painted:")):
        assert main([*command, "--backend", "torch", "--precision", precision]) == 0
        assert said in capsys.readouterr().out


def test_a_killed_run_is_gone_on_with_and_leaves_whole_files(photos, tmp_path):
    for i in range(12):
        draw(photos / f"large{i}.jpg", (500, 400), i)
    out = tmp_path / "out"
    command = [str(photos), "--style", "claude monet", "-o", str(out)]
    assert run_until_renamed(4, ".jpg", "-m", "txst", *command).wait(60) == -signal.SIGKILL
    results = [p for p in out.rglob("[!.]*.jpg")]
    assert len(results) == 3
    for result in results:
        Image.open(result).load()
    assert main(command) == 0
    assert len([p for p in out.rglob("[!.]*.*")]) == 17


def test_one_bad_file_gets_one_line_and_the_others_are_painted(photos, tmp_path, capsys):
    (photos / "bad.jpg").write_bytes(b"\xff\xd8\xff\xe0 nothing")
    out = tmp_path / "out"
    styles = ["--style", "claude monet", "--style", "ukiyo-e"]
    assert main([str(photos), *styles, "--jobs", "3", "-o", str(out)]) == 1
    said = capsys.readouterr()
    assert [line for line in said.err.splitlines() if "txst:" in line and "bad.jpg" in line]
    assert said.err.count("bad.jpg") == 1
    assert "10 of 12 painted" in said.out


def test_a_sheet_shows_all_results_and_leaves_out_what_failed(photos, tmp_path, capsys):
    (photos / "bad.jpg").write_text("nothing")
    out = tmp_path / "out"
    assert main([str(photos), "--style", "claude monet", "--sheet", "-o", str(out)]) == 1
    with Image.open(out / "sheet.jpg") as sheet:
        assert 5 * 158 < sheet.height < 6 * 158 + 60  # photos of 256 x 158


def test_linked_folders_of_photos_are_followed_and_loops_of_links_end(tmp_path):
    draw(tmp_path / "elsewhere/a.png")
    draw(tmp_path / "photos/b.png")
    (tmp_path / "photos/linked").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    (tmp_path / "elsewhere/back").symlink_to(tmp_path / "photos", target_is_directory=True)
    (tmp_path / "photos/itself").symlink_to(tmp_path / "photos/itself")
    found = [one.path.relative_to(tmp_path / "photos").as_posix() for one in find_photos([tmp_path / "photos"])]
    assert found == ["b.png", "linked/a.png"]


def test_limits_on_the_size_of_photos(photos, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", Image.MAX_IMAGE_PIXELS)  # put back afterwards
    draw(photos / "large.png", (80, 60))
    out = tmp_path / "out"
    command = [str(photos), "--style", "claude monet", "-o", str(out)]
    assert main([*command, "--max-side", "20"]) == 0
    assert Image.open(out / "large_claude-monet_max20.png").size == (20, 15)
    assert main([*command, "--max-pixels", "3000"]) == 1  # Pillow itself would warn
    assert main([*command, "--max-pixels", "1000"]) == 1
    assert "large.png: too large: pictures of 1000 pixels at most are read (--max-pixels)" in capsys.readouterr().err
    assert main([*command, "--max-pixels", "0"]) == 2
    assert main([*command, "--max-pixels", "5000", "--stroke", "0.5", "--again"]) == 1
    said = capsys.readouterr()
    assert "large.png" not in said.out
    assert "large.png: a stroke of 0.5 takes a painting of 160 x 120 pixels, and 5000 at most are painted" in said.err
    assert "5 of 6 painted" in said.out


def test_a_photo_too_large_for_the_memory_gets_its_line_and_the_others_are_painted(
    photos, tmp_path, capsys, monkeypatch
):
    draw(photos / "large.png", (80, 60))
    paint = Stylist.paint

    def tight(self, image, **how):
        if image.width > 50:
            raise MemoryError
        return paint(self, image, **how)

    monkeypatch.setattr(Stylist, "paint", tight)
    assert main([str(photos), "--style", "claude monet", "-o", str(tmp_path / "out")]) == 1
    said = capsys.readouterr()
    assert "large.png: too large for the memory of this machine: shrink it (--max-side)" in said.err
    assert "5 of 6 painted" in said.out


def test_without_the_extra_an_animation_is_painted_by_its_first_frame_and_that_is_said(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("txst.commands.clips.can_read_clips", lambda: False)
    frames = [Image.new("RGB", (30, 20), colour) for colour in ("red", "blue")]
    frames[0].save(tmp_path / "moving.gif", save_all=True, append_images=frames[1:])
    out = tmp_path / "out"
    assert main([str(tmp_path / "moving.gif"), "--style", "claude monet", "-o", str(out)]) == 0
    assert "moving.gif: only the first of 2 frames is painted" in capsys.readouterr().out
    frames[0].save(tmp_path / "still.png")
    assert main([str(tmp_path / "still.png"), "--style", "claude monet", "-o", str(out)]) == 0
    results = [np.asarray(Image.open(out / f"{name}_claude-monet.png")) for name in ("moving", "still")]
    assert np.array_equal(*results)


def test_controls_reach_the_picture(photos, tmp_path):
    mask = Image.new("L", (34, 21))
    mask.paste(255, (17, 0, 34, 21))
    mask.save(tmp_path / "mask.png")
    photo = photos / "photo0.png"

    def painted(name, *controls):
        out = tmp_path / name
        assert main([str(photo), "-o", str(out), *controls]) == 0
        (result,) = out.iterdir()
        return np.asarray(Image.open(result))

    plain = painted("plain", "--style", "claude monet")
    assert np.array_equal(painted("mix", "--mix", "claude monet:1, ukiyo-e:0"), plain)
    assert np.array_equal(painted("none", "--style", "claude monet", "--strength", "0"), Image.open(photo))
    masked = painted("masked", "--style", "claude monet", "--strength", str(tmp_path / "mask.png"))
    assert np.array_equal(masked[:, :17], np.asarray(Image.open(photo))[:, :17])
    for i, controls in enumerate(
        (
            ["--colour", "content"],
            ["--stroke", "2"],
            ["--detail", "1"],
            ["--reference-frame", str(photos / "deep/photo1.jpg")],
            ["--region", f"{tmp_path}/mask.png=cracked"],
        )
    ):
        assert not np.array_equal(painted(str(i), "--style", "claude monet", *controls), plain)
    style = draw(tmp_path / "style.png", (40, 40))
    unknown = ["--region", f"{tmp_path}/mask.png=neon cyberpunk", "--nearest"]
    assert painted("anyway", *unknown, "--style-image", str(style)).shape == plain.shape
    shown = painted("shown", "--region", f"{tmp_path}/mask.png=@{style}", "--style-image", str(style))
    assert shown.shape == plain.shape


def test_mixes_and_regions_are_read():
    assert mixture("van gogh:0.7, ukiyo-e:.3") == [("van gogh", 0.7), ("ukiyo-e", 0.3)]
    assert mixture("titian, dark:2")[0] == ("titian, dark", 2)
    assert str(mixture("@a b.jpg:1")[0][0]) == "a b.jpg"
    assert region("a=b.png=claude monet")[1] == "claude monet"
    for wrong in ("", "van gogh", "van gogh:", "van gogh:0.7, ukiyo-e", "a:1.2.3", ":1"):
        with pytest.raises(ValueError, match="the mix"):
            mixture(wrong)
    for wrong in ("mask.png", "=monet", "mask.png= "):
        with pytest.raises(ValueError, match="the region"):
            region(wrong)


def test_nothing_is_painted_where_a_region_or_a_part_of_a_mix_is_unknown(photos, tmp_path, capsys):
    mask = draw(tmp_path / "mask.png")
    for wrong in (["--region", f"{mask}=neon cyberpunk"], ["--mix", "claude monet:1, neon cyberpunk:1"]):
        assert main([str(photos), *wrong, "-o", str(tmp_path / "out")]) == 1
        assert "knows no style 'neon cyberpunk'" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
