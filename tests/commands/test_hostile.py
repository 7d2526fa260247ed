"""Files and prompts that nobody meant well: a clear line for each, and nothing outside the folder of results."""

import os
import random
import re
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageCms

from txst import Stylist
from txst.__main__ import main

NOISE = np.random.default_rng(0).integers(0, 256, (40, 60, 4), dtype=np.uint8)


def picture(mode="RGB"):
    return Image.fromarray(NOISE).convert(mode)


def png(*chunks):
    """A PNG of these chunks: (name, content)."""
    parts = [struct.pack(">I", len(c)) + n + c + struct.pack(">I", zlib.crc32(n + c)) for n, c in chunks]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def head(width, height, depth=8, kind=2):
    return b"IHDR", struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0)


def good(folder):
    """Files that are pictures, of every kind: each has to be painted."""
    for mode in ("1", "L", "LA", "P", "RGB", "RGBA"):
        picture(mode).save(folder / f"{mode} in png.png")
    for mode in ("L", "RGB", "CMYK", "YCbCr"):
        picture(mode).save(folder / f"{mode} in jpeg.jpg")
    for mode in ("1", "L", "P", "RGB", "RGBA", "CMYK", "F"):
        picture(mode).save(folder / f"{mode} in tiff.tiff")
    deep = NOISE[..., 0].astype(np.uint16) * 257
    for suffix in ("png", "tiff"):
        Image.fromarray(deep).save(folder / f"16 bits in {suffix}.{suffix}")
    Image.fromarray(deep.astype(np.int32)).save(folder / "32 bits.tiff")
    Image.fromarray(np.full((20, 30), np.nan, np.float32)).save(folder / "no numbers.tiff")
    Image.new("LAB", (30, 20), (128, 30, 220)).save(folder / "lab.tiff")
    for suffix in ("webp", "bmp", "gif", "tga", "ppm", "pcx", "ico"):
        picture().save(folder / f"kind {suffix}.{suffix}")
    for i, size in enumerate([(1, 1), (1, 300), (300, 1), (2, 2), (3, 5)]):
        picture().resize(size).save(folder / f"size {i}.png")
    picture("P").save(folder / "see-through.gif", transparency=3)
    picture("L").save(folder / "see-through grey.png", transparency=3)
    picture().save(folder / "moving.webp", save_all=True, append_images=[picture("L").convert("RGB")])
    picture().save(folder / "pages.tiff", save_all=True, append_images=[picture()])
    exif = Image.Exif()
    exif[0x0112] = 99  # no way to turn
    picture().save(folder / "turned.jpg", exif=exif)
    picture().save(folder / "broken exif.jpg", exif=b"Exif\0\0II*\0" + b"\xff" * 40)
    picture().save(folder / "broken profile.png", icc_profile=b"no profile at all")
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    picture().save(folder / "profile of another kind.png", icc_profile=lab)
    picture().save(folder / "no suffix", format="PNG")
    picture().save(folder / "lies.png", format="JPEG")
    for name in ("long" * 60, "$(touch pwned);`id`&", "новая картина 🎨", "-style", "a\nb", "..."):
        picture().save(folder / f"{name}.png", format="PNG")


def bad(folder):
    """Files that are no pictures, or broken: each has to get its line."""
    whole = {}
    for suffix in ("png", "jpg", "gif", "webp", "tiff", "bmp"):
        picture().save(folder / f"cut {suffix}.{suffix}")
        whole[suffix] = (folder / f"cut {suffix}.{suffix}").read_bytes()
        (folder / f"cut {suffix}.{suffix}").write_bytes(whole[suffix][: len(whole[suffix]) // 3])
    (folder / "empty.png").write_bytes(b"")
    (folder / "text.jpg").write_text("this is no picture")
    (folder / "page.jpg").write_text("<html><script>alert(1)</script></html>")
    (folder / "vector.png").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    (folder / "random.webp").write_bytes(random.Random(0).randbytes(5000))
    (folder / "start.jpg").write_bytes(b"\xff\xd8\xff")
    (folder / "bomb.png").write_bytes(png(head(60_000, 60_000), (b"IDAT", zlib.compress(b"\0" * 100)), (b"IEND", b"")))
    (folder / "wide.png").write_bytes(png(head(2**31 - 1, 1), (b"IDAT", b""), (b"IEND", b"")))
    (folder / "none.png").write_bytes(png(head(0, 0), (b"IDAT", zlib.compress(b"")), (b"IEND", b"")))
    (folder / "no data.png").write_bytes(png(head(20, 20), (b"IEND", b"")))
    (folder / "depth.png").write_bytes(png(head(20, 20, 7, 9), (b"IDAT", zlib.compress(b"\0" * 2000)), (b"IEND", b"")))
    text = b"a\0\0" + zlib.compress(b"x" * 2**27)  # 128 MB of text in a small chunk
    (folder / "text bomb.png").write_bytes(png(head(20, 20), (b"zTXt", text), (b"IDAT", b""), (b"IEND", b"")))
    os.mkfifo(folder / "pipe.png")
    (folder / "gone.png").symlink_to(folder / "nowhere")
    (folder / "round.png").symlink_to(folder / "round.png")


@pytest.fixture
def here(tmp_path, monkeypatch):
    for name in ("good", "bad", "elsewhere"):
        (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    return tmp_path


def paint(here, files, *controls):
    """Paints; returns the exit code, and checks that nothing is written but pictures into the folder of results."""
    before = set(here.rglob("*"))
    code = main([*map(str, files), "-o", str(here / "out"), *controls])
    made = set(here.rglob("*")) - before - {here / "out"}
    assert all(path.parent == here / "out" for path in made)
    for path in made:
        Image.open(path).load()
    return code


def test_every_kind_of_picture_is_painted_in_its_size(here, capsys):
    good(here / "good")
    files = sorted((here / "good").iterdir())
    assert len(files) >= 40
    code = paint(here, files, "--style", "claude monet")
    assert code == 0, capsys.readouterr().err
    assert len(list((here / "out").iterdir())) == len(files)
    for mode in ("RGBA in png", "LA in png", "see-through", "see-through grey"):
        assert Image.open(here / f"out/{mode}_claude-monet.png").mode == "RGBA"
    with Image.open(here / "out/size 1_claude-monet.png") as painted:
        assert painted.size == (1, 300)


def test_every_bad_file_gets_one_line_and_the_good_one_is_painted(here, capsys):
    bad(here / "bad")
    picture().save(here / "bad/fine.png")
    files = sorted((here / "bad").iterdir())
    assert len(files) >= 20
    assert paint(here, files, "--style", "claude monet") == 1
    said = capsys.readouterr()
    lines = [line for line in said.err.replace("\r", "\n").splitlines() if line.startswith("txst: ")]
    assert len(lines) == len(files) - 1, set(files) - {f for f in files for line in lines if str(f) in line}
    assert "Traceback" not in said.err
    assert [p.name for p in (here / "out").iterdir()] == ["fine_claude-monet.png"]


def test_a_picture_with_random_damage_is_painted_or_refused(here, capsys):
    rng = random.Random(0)
    for suffix in ("png", "jpg", "gif", "webp", "tiff", "bmp"):
        picture().save(here / f"elsewhere/whole.{suffix}")
        for i in range(8):
            data = bytearray((here / f"elsewhere/whole.{suffix}").read_bytes())
            for _ in range(1 + 4 * i):
                data[rng.randrange(len(data))] = rng.randrange(256)
            (here / f"bad/{suffix} {i}.{suffix}").write_bytes(data)
    files = sorted((here / "bad").iterdir())
    paint(here, files, "--style", "claude monet")
    said = capsys.readouterr().err.replace("\r", "\n").splitlines()
    refused = [line for line in said if line.startswith("txst: ")]
    assert len(refused) + len(list((here / "out").iterdir())) == len(files)


def prompts():
    """A hundred of them, the same every time."""
    rng = random.Random(0)
    yield from ("", " ", "\n", "\0", "\x1b[31mred", "a" * 100_000, "é" * 500, "../../etc/passwd", "/etc/passwd")
    yield from ("C:\\Windows\\system32", "CON", "~", "$(reboot)", "`id`", "; rm -rf /", "| cat", "&& true", "%s%n%x")
    yield from (
        "{0.__class__}", "' OR 1=1 --", "<script>alert(1)</script>", "مونيه", "כלוד מונה", "モネ", "莫奈", "🎨🖌️",
    )  # fmt: skip
    yield from ("\u202egnp.exe", "\u200b\u200b", "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢L̠ͨͧͩ͘G̴̻͈͍͔̹̑͗̎̅͛́Ǫ̵̹̻̝̳͂̌̌͘", "\ud800", "\udcff", "nan", "-1", "--help")
    yield from ("claude monet\0", "@", "@/etc/passwd", ":", "a:b", "=", ".", "..", "...", "claude monet/../x")
    alphabets = ["abc ,:;=@/\\.-", "".join(map(chr, range(32))), "ÀÿŁżαωЖя", "אבגد", "中文字", "😀🏳️‍🌈e\u0301\u202e"]
    while True:
        yield "".join(rng.choice(rng.choice(alphabets)) for _ in range(rng.randrange(1, 24)))


def test_a_hundred_prompts_are_painted_or_refused_in_a_sentence():
    stylist, photo = Stylist.from_pretrained(), picture().resize((8, 8))
    known, refused = 0, []
    for i, prompt in zip(range(100), prompts(), strict=False):
        for anyway in (False, True) if i % 5 == 0 else (True,):
            try:
                stylist(photo, prompt, anyway=anyway)
                known += anyway
            except ValueError as error:
                refused.append((anyway, str(error)))
    assert known > 80
    for anyway, reason in refused:
        assert re.search("empty|characters|may be|no text" + "|knows no style" * (not anyway), reason), reason


@pytest.mark.parametrize("prompt", ["../../escape", "/etc/passwd", "🎨", "é" * 500, "..", "a\0b", "\udcff x"])
def test_a_prompt_writes_in_the_folder_of_results_alone(here, prompt, capsys):
    picture().save(here / "good/photo.png")
    code = paint(here, [here / "good/photo.png"], f"--style={prompt}", "--nearest")
    assert code == ("\udcff" in prompt)
    assert len(list(here.glob("out/*"))) == (code == 0)


@pytest.mark.parametrize("prompt", ["../../escape", "a\0b"])
def test_other_controls_do_not_either(here, prompt, capsys):
    photo = here / "good/photo.png"
    picture().save(photo)
    assert paint(here, [photo], f"--region={photo}={prompt}", "--nearest") == 0
    assert paint(here, [photo], f"--mix={prompt}:1", "--nearest") == 0
    assert paint(here, [photo], f"--region={photo}=@{prompt}") == 1
    assert paint(here, [photo], "--style=claude monet", f"--strength={prompt}") == 1
    assert paint(here, [prompt], "--style=claude monet") == 1
    assert "Traceback" not in capsys.readouterr().err
