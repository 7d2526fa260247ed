"""Where results go, what they are named, what is in them beside the picture, and what is never written over."""

import io
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from txst import Stylist
from txst.__main__ import main
from txst.commands.arguments import mixture
from txst.commands.names import cut, read_out, slug
from txst.commands.options import number
from txst.files.encode import MACHINE
from txst.files.note import is_sealed, read_note

STYLE = ["--style", "titian"]


@pytest.fixture(scope="module")
def bundled():
    return Stylist.from_pretrained("small")


@pytest.fixture(autouse=True)
def opened_once(bundled, monkeypatch):
    """Every command paints with one model, which is opened once."""
    monkeypatch.setattr(Stylist, "from_pretrained", lambda *_: bundled)


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def draw(file, seed=0, size=(24, 18), mode="RGB", **how):
    file = Path(file)
    file.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 4), dtype=np.uint8)
    Image.fromarray(pixels).convert(mode).save(file, **how)
    return file


def names(folder="outputs"):
    return sorted(p.relative_to(folder).as_posix() for p in Path(folder).rglob("*") if p.is_file())


def pixels(file):
    return np.asarray(Image.open(file))


# Names


def test_photos_of_one_name_are_painted_below_their_common_root(here):
    for folder in ("card/100", "card/101", "other"):
        draw(f"{folder}/IMG.JPG", seed=hash(folder) % 100)
    assert main(["card/**/*.JPG", *STYLE]) == 0
    assert names() == ["100/IMG_titian.jpg", "101/IMG_titian.jpg"]
    assert main(["card/100", "other", *STYLE, "-o", "two"]) == 0
    assert names("two") == ["card/100/IMG_titian.jpg", "other/IMG_titian.jpg"]
    assert main(["card/100/IMG.JPG", "other/IMG.JPG", *STYLE, "-o", "files"]) == 0
    assert names("files") == ["card/100/IMG_titian.jpg", "other/IMG_titian.jpg"]


def test_a_clash_of_a_template_names_both_files(here, capsys):
    draw("a.jpg"), draw("b.jpg", 1)
    assert main(["a.jpg", "b.jpg", *STYLE, "-o", "out/{style}.jpg"]) == 2
    said = capsys.readouterr().err
    assert "a.jpg and b.jpg would both be painted into out/titian.jpg" in said
    assert not Path("out").exists()


CONTROLS = {
    "variation1": ["--variation", "1"],
    "strength0.5": ["--strength", "0.5"],
    "strength-mask": ["--strength", "mask.png"],
    "colour0": ["--color", "content"],
    "stroke2": ["--stroke", "2"],
    "detail0.5": ["--detail", "50%"],
    "mask-ukiyo-e": ["--region", "mask.png=ukiyo-e"],
    "frame-mask": ["--reference-frame", "mask.png"],
    "max12": ["--max-side", "12"],
    "nearest": ["--nearest"],
    "bf16": ["--precision", "bf16"],
    "strength0.4_stroke3": ["--strength", "0,4", "--stroke", "3"],
}


def test_each_control_that_changes_the_picture_shows_in_its_name(here, capsys):
    draw("a.png"), draw("mask.png", 1)
    for word, controls in CONTROLS.items():
        assert main(["a.png", *STYLE, *controls]) == 0
        assert Path(f"outputs/a_titian_{word}.png").exists(), names()
    assert len(names()) == len(CONTROLS)


def test_two_style_pictures_masks_or_photos_of_one_name_never_share_a_result(here, capsys):
    for i, folder in enumerate(("x", "y")):
        draw(f"{folder}/wave.png", i, (30, 30)), draw(f"{folder}/a.png", i)
    together = ["x/a.png", "--style-image", "x/wave.png", "--style-image", "y/wave.png"]
    assert main([*together, "-o", "one"]) == 0
    first, second = names("one")
    assert second == "a_wave.png"
    assert first.startswith("a_wave-")
    for style in ("y", "x"):  # one after the other, and again
        for _ in range(2):
            assert main(["x/a.png", "--style-image", f"{style}/wave.png", "-o", "two"]) == 0
    assert len(names("two")) == 2
    assert "0 of 1 painted, 1 were already there" in capsys.readouterr().out.splitlines()[-1]
    for photo in ("x/a.png", "y/a.png"):
        assert main([photo, *STYLE, "-o", "three"]) == 0
    assert len(names("three")) == 2
    assert (pixels(f"three/{names('three')[0]}") != pixels(f"three/{names('three')[1]}")).any()


def test_a_photo_that_changed_or_moved_keeps_the_name_of_its_result(here, capsys):
    draw("a.png"), main(["a.png", *STYLE])
    draw("a.png", 1), main(["a.png", *STYLE])
    Path("sub").mkdir(), Path("a.png").rename("sub/a.png")
    assert main(["sub/a.png", *STYLE]) == 0
    assert names() == ["a_titian.png"]
    assert "1 were already there" in capsys.readouterr().out.splitlines()[-1]


def test_names_that_are_cut_never_collide(here):
    long = "x" * 120
    assert len({cut(long + end) for end in "abc"}) == 3
    assert len({slug("é" * 100 + end) for end in "abc"} | {slug("🎨"), slug("🖌")}) == 5
    assert all(len(cut(long + end).encode()) <= 80 for end in "abc")
    for end in "ab":
        draw(f"{long}{end}.png", ord(end))
    assert main([".", *STYLE]) == 0
    assert len(names()) == 2


def test_o_is_a_file_a_folder_or_a_template(here, capsys):
    draw("a.jpg"), draw("b.png", 1, mode="RGBA")
    assert main(["a.jpg", *STYLE, "-o", "deep/er/file.png"]) == 0
    assert Image.open("deep/er/file.png").format == "PNG"
    assert main(["a.jpg", *STYLE, "-o", "folder.jpg/"]) == 0
    assert names("folder.jpg") == ["a_titian.jpg"]
    assert main(["a.jpg", "b.png", *STYLE, "--style", "ukiyo-e", "-o", "t/{stem}_{style}_{n:02}.{ext}"]) == 0
    assert names("t") == ["a_titian_01.jpg", "a_ukiyo-e_02.jpg", "b_titian_03.png", "b_ukiyo-e_04.png"]
    assert main(["a.jpg", *STYLE, "--stroke", "2", "-o", "c/{stem}{controls}"]) == 0
    assert names("c") == ["a_stroke2.jpg"]
    for suffix, kind in (("webp", "WEBP"), ("tif", "TIFF"), ("jpeg", "JPEG")):
        for said in ("1 of 1 painted", "1 were already there"):
            assert main(["a.jpg", *STYLE, "-o", f"x.{suffix}"]) == 0
            assert said in capsys.readouterr().out
        assert Image.open(f"x.{suffix}").format == kind


@pytest.mark.parametrize(
    ("out", "says"),
    [
        ("result.png", "takes one result, and there are 2"), ("-", "takes one result"), ("x.gif", "not written as .gif"),
        ("{name}.png", "has no {name}"), ("{stem.__class__}", "cannot read the template"), ("{", "cannot read the template"),
        ("", "-o is empty"), ("a.jpg/", "a.jpg is a file, and no folder"), ("text", "is a file, and no picture"),
    ],
)  # fmt: skip
def test_o_that_cannot_be_meant_is_a_usage_error(here, capsys, out, says):
    draw("a.jpg"), draw("b.jpg", 1)
    Path("text").write_text("")
    assert main(["a.jpg", "b.jpg", *STYLE, "-o", out]) == 2
    assert says in capsys.readouterr().err
    assert sorted(os.listdir()) == ["a.jpg", "b.jpg", "text"]


def test_photos_in_the_folder_of_results_are_painted_and_earlier_results_are_not(here, capsys):
    draw("a.jpg"), draw("sub/b.jpg", 1)
    for out in (".", "sub"):
        assert main([".", *STYLE, "-o", out]) == 0
    expected = ["a.jpg", "a_titian.jpg", "sub/a_titian.jpg", "sub/b.jpg", "sub/b_titian.jpg", "sub/sub/b_titian.jpg"]
    assert names(".") == expected
    assert "earlier results are left out" in capsys.readouterr().out
    assert main(["**/*.jpg", *STYLE, "-o", "."]) == 0  # a pattern
    assert names(".") == expected
    assert main([*expected, *STYLE, "-o", "."]) == 0  # the shell's pattern
    assert names(".") == sorted([*expected, "b_titian.jpg"])
    assert main(["a_titian.jpg", *STYLE, "-o", "."]) == 0  # named alone
    assert Path("a_titian_titian.jpg").exists()


def test_transparency_that_a_jpeg_cannot_have_is_told(here, capsys):
    draw("a.png", mode="RGBA")
    assert main(["a.png", *STYLE, "--strength", "0", "-o", "a.jpg"]) == 0
    assert "a.jpg: a JPEG has no transparency, so it lies on white" in capsys.readouterr().out
    Image.new("RGBA", (9, 9), (255, 0, 0, 0)).save("clear.png")
    assert main(["clear.png", *STYLE, "-o", "clear.jpg"]) == 0
    assert pixels("clear.jpg").min() == 255


# Nothing is lost


def test_nothing_is_written_over_an_input(here, capsys):
    draw("d/a.jpg"), draw("d/a_titian.jpg", 1), draw("mask.png", 2)
    os.link("d/a.jpg", "hard.jpg"), os.symlink("d/a.jpg", "soft.jpg")
    before = {file: Path(file).read_bytes() for file in names(".")}
    for out in ("d", "d/a.jpg", "new/../d/a.jpg", "hard.jpg", "soft.jpg", "{folder}/d/{stem}.jpg"):
        for more in ([], ["--overwrite"]):
            given = ["d"] if out == "d" else ["d/a.jpg"]
            assert main([*given, *STYLE, "-o", out, *more]) == 1
            assert "is read by this run" in capsys.readouterr().err
    assert main(["d/a.jpg", *STYLE, "--strength", "mask.png", "-o", "mask.png", "--overwrite"]) == 1
    assert {file: Path(file).read_bytes() for file in before} == before


def test_a_file_that_txst_did_not_write_is_kept_but_with_overwrite(here, capsys):
    draw("d/a.jpg"), draw("d/a_titian.jpg", 1), draw("b.jpg", 2)
    before = Path("d/a_titian.jpg").read_bytes()
    assert main(["d/a.jpg", "b.jpg", *STYLE, "-o", "d"]) == 1
    said = capsys.readouterr()
    assert "d/a_titian.jpg is there, and txst did not write it: it is kept (--overwrite writes over it)" in said.err
    assert "1 of 2 painted" in said.out
    assert Path("d/a_titian.jpg").read_bytes() == before
    assert main(["d/a.jpg", *STYLE, "-o", "d", "--overwrite"]) == 0
    assert read_note("d/a_titian.jpg")


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tif"])
def test_a_result_that_was_retouched_is_kept_though_its_note_is_still_there(here, capsys, suffix):
    draw("a.png")
    file = Path(f"r.{suffix}")
    command = ["a.png", *STYLE, "-o", str(file)]
    assert main(command) == 0
    whole = bytearray(file.read_bytes())
    assert is_sealed(bytes(whole))
    begin = {"png": b"IDAT", "webp": b"VP8[ L]"}.get(suffix)  # of the picture; its note is not what is retouched
    at = re.search(begin, whole).start() + 20 if begin else len(whole) // 2
    whole[at] ^= 1
    file.write_bytes(whole)
    assert main([*command, "--again"]) == 1
    assert f"r.{suffix} was changed since txst wrote it" in capsys.readouterr().err
    assert file.read_bytes() == whole
    assert main([*command, "--overwrite"]) == 0
    assert is_sealed(file.read_bytes())
    assert main([*command, "--again"]) == 0  # as it was written, it may be painted again


def test_a_picture_named_as_a_sheet_is_kept(here, capsys, monkeypatch):
    monkeypatch.setattr("txst.commands.styles.kinds", lambda _: {"artists": ["titian"]})
    draw("sheet.jpg")
    before = Path("sheet.jpg").read_bytes()
    assert main(["sheet.jpg", *STYLE, "--sheet", "-o", "."]) == 1
    draw("a.jpg", 1)
    assert main(["a.jpg", *STYLE, "--sheet", "-o", "."]) == 1
    assert "sheet.jpg is there, and txst did not write it" in capsys.readouterr().err
    assert Path("sheet.jpg").read_bytes() == before
    assert names(".") == ["a.jpg", "sheet.jpg"]  # refused before anything is painted
    for _ in range(2):
        assert main(["styles", "--sheet", "a.jpg", "-o", "s"]) == 0
    draw("s/artists.jpg", 2)
    assert main(["styles", "--sheet", "a.jpg", "-o", "s"]) == 1
    assert "artists.jpg is there" in capsys.readouterr().err


def test_what_a_killed_run_left_is_removed_by_a_later_one_and_nothing_else(here):
    draw("a.png")
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    mine = Path(f"outputs/.txst-{MACHINE}-{process.pid}-0a.part")
    others = [
        Path(f"outputs/.txst-{MACHINE}-{os.getpid()}-0a.part"),
        Path("outputs/.txst-0-1-a.part"),
        Path("outputs/.a"),
    ]
    for file in (mine, *others):
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(b"")
    assert main(["a.png", *STYLE]) == 0
    assert not mine.exists()
    assert all(file.exists() for file in others)


# What is in a result


def described(file, **how):
    """A picture whose file says all that one can say."""
    exif = Image.Exif()
    exif.update({0x0112: 6, 0x8298: "(c) Ann Author", 0x010F: "Camera", 0x011A: 300.0, 0x011B: 300.0})
    exif.get_ifd(0x8769).update({0x9003: "2020:01:02 03:04:05", 0xA002: 24, 0xA003: 18})
    exif.get_ifd(0x8825).update({1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 18.0)})
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf tiff:Orientation="6"><dc>Ann Author</dc>'
    xmp += b"<xmp:Thumbnails><i>SMALL</i></xmp:Thumbnails></rdf></x:xmpmeta>"
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return draw(file, exif=exif, xmp=xmp, icc_profile=profile, dpi=(300, 300), **how), profile


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tif"])
def test_exif_xmp_profile_and_resolution_are_kept_and_the_orientation_is_reset(here, suffix):
    _, profile = described("a.jpg")
    assert main(["a.jpg", *STYLE, "-o", f"r.{suffix}"]) == 0
    with Image.open(f"r.{suffix}") as result:
        exif = result.getexif()
        assert result.size == (18, 24)  # turned
        assert exif[0x8298] == "(c) Ann Author"
        assert exif[0x0112] == 1
        own = exif.get_ifd(0x8769)
        assert own[0x9003] == "2020:01:02 03:04:05"
        assert (own[0xA002], own[0xA003]) == (18, 24)
        assert exif.get_ifd(0x8825)[2] == (52.0, 31.0, 12.0)
        assert result.info["icc_profile"] == profile
        xmp = str(result.info.get("xmp") or result.info["XML:com.adobe.xmp"])
        assert "Ann Author" in xmp
        assert 'tiff:Orientation="1"' in xmp
        assert "SMALL" not in xmp
        if suffix != "webp":  # which has its resolution in EXIF
            assert result.info["dpi"] == pytest.approx((300, 300), abs=0.1)


def test_the_thumbnail_is_dropped_and_broken_tags_with_it(here):
    draw("a.jpg", exif=with_thumbnail())
    assert b"THUMBNAIL" in Path("a.jpg").read_bytes()
    assert main(["a.jpg", *STYLE, "-o", "r.jpg"]) == 0
    assert b"THUMBNAIL" not in Path("r.jpg").read_bytes()
    assert Image.open("r.jpg").getexif()[0x010F] == "Camera"


def with_thumbnail():
    """EXIF with a second directory, as cameras write it."""
    import struct

    entry = struct.pack("<HHL", 0x010F, 2, 7) + struct.pack("<L", 26)
    first = struct.pack("<H", 1) + entry + struct.pack("<L", 34) + b"Camera\0\0"
    second = struct.pack("<H", 2) + struct.pack("<HHLL", 0x201, 4, 1, 64) + struct.pack("<HHLL", 0x202, 4, 1, 9)
    return b"Exif\0\0II*\0" + struct.pack("<L", 8) + first + second + struct.pack("<L", 0) + b"THUMBNAIL"


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tif"])
def test_strip_leaves_nothing_of_it_in_the_bytes(here, capsys, suffix):
    described("secret name.jpg")
    command = ["secret name.jpg", *STYLE, "--strip", "-o", f"r.{suffix}"]
    assert main(command) == 0
    data = Path(f"r.{suffix}").read_bytes()
    for word in (
        b"Ann Author",
        b"Camera",
        b"2020:01",
        b"xmpmeta",
        b"ICC_PROFILE",
        b"iCCP",
        b"ICCP",
        b"sRGB",
        b"titian",
        b"secret",
    ):
        assert word not in data
    with Image.open(f"r.{suffix}") as result:
        assert result.getexif().get_ifd(0x8825) == {}
        assert "icc_profile" not in result.info
    assert main(command) == 0
    assert "1 were already there" in capsys.readouterr().out
    assert main(command[:-3] + command[-2:]) == 0  # without --strip it is another file
    assert "1 of 1 painted" in capsys.readouterr().out


def test_strip_takes_out_what_an_earlier_run_left_in(here, capsys):
    described("a.jpg")
    assert main(["a.jpg", *STYLE]) == 0
    assert main(["a.jpg", *STYLE, "--strip"]) == 0
    assert b"Ann Author" not in Path("outputs/a_titian.jpg").read_bytes()


def test_a_result_says_what_made_it(here, capsys):
    draw("a.jpg"), draw("mask.png")
    controls = ["--strength", "50%", "--variation", "1", "--region", "mask.png=ukiyo-e"]
    assert main(["a.jpg", *STYLE, *controls, "-o", "r.jpg"]) == 0
    capsys.readouterr()
    assert main(["show", "r.jpg"]) == 0
    said = capsys.readouterr().out
    for line in (
        "photo: a.jpg",
        "style: titian",
        "model: painter",
        "strength: 0.5",
        "variation: 1",
        "regions: mask.png:ukiyo-e",
    ):
        assert f"  {line}\n" in said
    assert main(["show", "--json", "r.jpg"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["strength"] == 0.5
    assert found["txst"]
    assert found["changed"] is False
    Path("r.jpg").write_bytes(Path("r.jpg").read_bytes() + b"x")
    assert main(["show", "r.jpg", "a.jpg", "none.jpg"]) == 1
    said = capsys.readouterr()
    assert "it was changed since txst wrote it" in said.out
    assert "a.jpg: not a result of txst" in said.err
    assert "none.jpg: no such file" in said.err


@pytest.mark.parametrize(
    "note", ['txst {"a": "\\u001b[31m"}', "txst [1]", "txst " + "[" * 9000, "txst 0123456789abcdef"]
)
def test_a_note_from_anybody_is_shown_without_harm(here, capsys, note):
    draw("a.jpg", comment=note)
    assert main(["show", "a.jpg"]) == 0
    assert "\x1b" not in capsys.readouterr().out


def test_json_is_a_line_for_each_picture(here, capsys):
    draw("a.jpg"), draw("b.png", 1)
    Path("c.jpg").write_text("no picture")
    assert main(["a.jpg", "b.png", "c.jpg", "--style", "vangogh", "--json"]) == 1
    said = capsys.readouterr()
    lines = {line["in"]: line for line in map(json.loads, said.out.splitlines())}
    assert lines["a.jpg"].items() >= {"out": "outputs/a_vangogh.jpg", "size": [24, 18]}.items()
    assert lines["b.png"]["understood"] == "vincent van gogh (artist)"
    assert lines["b.png"]["seconds"] > 0
    assert "not a picture" in lines["c.jpg"]["error"]
    assert len(lines) == 3
    assert "2 of 3 painted" in said.err
    assert main(["a.jpg", "--style", "vangogh", "--json"]) == 0
    assert json.loads(capsys.readouterr().out).items() >= {"kept": True, "size": [24, 18]}.items()


# Pipes and signals


def test_a_pipe_works(here, monkeypatch, capfdbinary):
    photo = draw("a.jpg")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(photo.read_bytes())))
    assert main(["-", *STYLE, "-o", "-"]) == 0
    result = Image.open(io.BytesIO(capfdbinary.readouterr().out))
    assert result.format == "PNG"
    assert main(["a.jpg", *STYLE, "-o", "r.png"]) == 0
    assert np.array_equal(np.asarray(result), pixels("r.png"))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(photo.read_bytes())))
    assert main(["-", *STYLE]) == 0
    assert names() == ["stdin_titian.png"]
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"")))
    assert main(["-", *STYLE]) == 1


def test_a_broken_pipe_is_silent_and_ctrl_c_is_130(here, monkeypatch, capsys):
    closed = "import sys; from txst.__main__ import main; sys.exit(main(['styles']))"
    listing = subprocess.Popen([sys.executable, "-c", closed], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    listing.stdout.close()
    assert listing.stderr.read() == b""
    listing.wait()

    def stop(*_):
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr("txst.commands.paint.run", stop)
    usual = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
    try:
        assert main([]) == 130
    finally:
        signal.signal(signal.SIGINT, usual)
    assert "stopped" in capsys.readouterr().err


# Words, and what went wrong under attack


def test_numbers_are_read_as_people_write_them(here, capsys):
    assert [number(text) for text in ("0.5", "0,5", "50%", "50 %", ".5")] == [0.5] * 5
    for text in ("van gogh:0.7; ukiyo-e:0.3", "van gogh:0,7, ukiyo-e:0,3", "van gogh:70%; ukiyo-e:30%"):
        assert mixture(text) == [("van gogh", 0.7), ("ukiyo-e", 0.3)]
    draw("a.png")
    for wrong in (["--mix", "titian:1, claude monet:-1"], ["--mix", "titian:1 monet:2"], ["--strength", "150%"],
                  ["--stroke", "0.05"], ["--max-side", "0"], ["--region", "a.png"]):  # fmt: skip
        assert main(["a.png", *STYLE, *wrong]) == 2, wrong
    assert main(["a.png", *STYLE, "--strength", "half"]) == 1
    assert "half: no such file" in capsys.readouterr().err
    assert not Path("outputs").exists()


@pytest.mark.parametrize(
    "given", [[""], ["a.png", "--style="], ["a.png", "--style=--"], ["a.png", "--model="], ["a.png", "--strength="],
              ["a.png", "--style-image="], ["a.png", "--reference-frame="], ["a.png", "--mix="]],
)  # fmt: skip
def test_an_empty_name_is_a_usage_error(here, capsys, given):
    draw("a.png")
    assert main([*given, *STYLE]) == 2
    assert "is a variable of the shell not set?" in capsys.readouterr().err
    assert names(".") == ["a.png"]


def test_a_result_beyond_the_limit_on_pixels_is_still_known(here, capsys, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", Image.MAX_IMAGE_PIXELS)  # put back afterwards
    draw("a.png", size=(40, 30))
    assert main(["a.png", *STYLE]) == 0
    assert main(["a.png", *STYLE, "--max-pixels", "100"]) == 0
    assert "1 were already there" in capsys.readouterr().out
    draw("b_titian.png", size=(40, 30)), draw("b.png", size=(9, 9))
    assert main(["b.png", *STYLE, "--max-pixels", "100", "-o", "."]) == 1
    assert "txst did not write it" in capsys.readouterr().err


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp"])
def test_a_profile_too_large_for_a_png_is_applied_and_left_out(here, suffix):
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes() + bytes(1_100_000)
    draw("a.tif", icc_profile=profile)
    assert main(["a.tif", *STYLE, "-o", f"r.{suffix}"]) == 0
    with Image.open(f"r.{suffix}") as result:
        result.load()
        assert "icc_profile" not in result.info


def test_two_stars_follow_no_links_to_folders(here):
    draw("g/a/x.jpg")
    for link in ("g/a/1", "g/a/2"):
        os.symlink(Path("g").resolve(), link)
    assert main(["g/**/*.jpg", *STYLE]) == 0
    assert names() == ["a/x_titian.jpg"]
    os.symlink(Path("g/a").resolve(), "g/b")
    assert main(["g/*/x.jpg", "g/a/x.jpg", *STYLE, "-o", "twins"]) == 0
    assert len(names("twins")) == 1


def test_a_loop_of_links_is_no_folder(here, capsys):
    draw("a.jpg")
    os.symlink("round", "round")
    for out in ("round", "round/x.jpg", "round/{stem}"):
        assert main(["a.jpg", *STYLE, "-o", out]) == 1
        said = capsys.readouterr().err
        assert said.count("\n") == 1
        assert said.startswith("txst: round")


def test_a_side_that_a_format_cannot_count_is_named(here, capsys):
    Image.new("L", (1, 70_000)).save("a.jpg", "PNG")
    assert main(["a.jpg", *STYLE, "--strength", "0"]) == 1
    assert "a side of 70000 pixels, and a .jpg has 65535 at most: name a .png file (-o)" in capsys.readouterr().err
    assert main(["a.jpg", *STYLE, "--strength", "0", "-o", "a.png"]) == 0


def test_a_template_is_read_with_an_ending_of_its_own():
    assert read_out("out/{stem}").template == "out/{stem}.{ext}"
    assert read_out("out/{stem}.webp").template == "out/{stem}.webp"
    assert str(read_out("out/{stem}").base) == "out"


def test_a_second_run_reads_no_photo(here, capsys, monkeypatch):
    for i in range(3):
        draw(f"p/{i}.jpg", i)
    assert main(["p", *STYLE]) == 0
    monkeypatch.setattr("txst.commands.records.content", lambda _: pytest.fail("a photo was read"))
    monkeypatch.setattr("txst.images.read_picture", lambda _: pytest.fail("a photo was read"))
    assert main(["p", *STYLE]) == 0
    assert "3 were already there" in capsys.readouterr().out
