"""What people give in Python and on the command line: files in every form, masks and cutouts, and errors in the words of either."""

import io
import multiprocessing
import pickle
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from txst import Photo, Stylist
from txst.__main__ import main
from txst.commands.wording import in_options
from txst.images import PictureError
from txst.inference.styles import SIDE
from txst.pictures.limits import PictureWarning, check_pixels, most_pixels
from txst.service.serve import parser


@pytest.fixture(scope="module")
def bundled():
    return Stylist.from_pretrained("small")


@pytest.fixture(scope="module", params=["graphs", "features"])
def stylist(request, bundled, model_folder):
    return bundled if request.param == "graphs" else Stylist.from_pretrained(model_folder, device="cpu")


@pytest.fixture
def painted_by_command(bundled, monkeypatch, tmp_path):
    """Paints a photo by the command line; returns the pixels of the result."""
    monkeypatch.setattr(Stylist, "from_pretrained", lambda *_: bundled)

    def painted(*arguments):
        assert main([*map(str, arguments), "-o", str(tmp_path / "out"), "--again"]) == 0
        (result,) = (tmp_path / "out").iterdir()
        return np.asarray(Image.open(result))

    return painted


def scene(width=60, height=44):
    blocks = np.random.default_rng(0).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    return Image.fromarray(blocks).resize((width, height), Image.Resampling.BICUBIC)


def encoded(image, kind="PNG", **options):
    data = io.BytesIO()
    image.save(data, kind, **options)
    return data.getvalue()


def hidden_right(image):
    """The picture with its right half hidden."""
    alpha = Image.new("L", image.size)
    alpha.paste(255, (0, 0, image.width // 2, image.height))
    seen = image.convert("RGBA")
    seen.putalpha(alpha)
    return seen


FORMS = {
    "name": lambda file: str(file),
    "path": lambda file: file,
    "bytes": lambda file: file.read_bytes(),
    "bytearray": lambda file: bytearray(file.read_bytes()),
    "buffer": lambda file: io.BytesIO(file.read_bytes()),
    "open file": lambda file: file.open("rb"),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_file_may_be_given_in_every_form_at_every_place(bundled, tmp_path, form):
    scene().save(tmp_path / "photo.png")
    scene(50, 40).save(tmp_path / "style.png")
    hidden_right(Image.new("L", (60, 44), 255)).save(tmp_path / "mask.png")

    def give(name):
        return FORMS[form](tmp_path / f"{name}.png")

    def show(name):
        return give(name) if form != "name" else tmp_path / f"{name}.png"  # a string is the name of a style there

    expected = bundled(scene(), style_image=scene(50, 40), strength=hidden_right(Image.new("L", (60, 44), 255)))
    assert bundled(give("photo"), style_image=give("style"), strength=give("mask")).tobytes() == expected.tobytes()
    one = bundled(scene(), mix=[(scene(50, 40), 1)], regions=[(Image.open(tmp_path / "mask.png"), scene(50, 40))])
    assert bundled(give("photo"), mix=[(show("style"), 1)], regions=[(give("mask"), show("style"))]) == one
    assert bundled([give("photo")], "titian")[0].tobytes() == bundled(scene(), "titian").tobytes()
    assert Photo.open(give("photo")).size == (60, 44)


def test_a_buffer_that_was_just_written_is_read_from_its_beginning(bundled):
    buffer = io.BytesIO()
    scene().save(buffer, "PNG")
    assert bundled(buffer, "titian", strength=0).tobytes() == scene().tobytes()


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("control", ["strength", "regions"])
def test_the_hidden_half_of_a_mask_is_not_painted(stylist, monkeypatch, control, whole):
    monkeypatch.setattr(stylist, "memory", stylist.memory if whole else 1)  # in the smallest tiles there are
    photo, mask = scene(150, 90), hidden_right(Image.new("L", (150, 90), 255))
    given = {"strength": mask, "style": "titian"} if control == "strength" else {"regions": [(mask, "titian")]}
    painted, before = (np.asarray(image, int) for image in (stylist(photo, **given), photo))
    assert np.array_equal(painted[:, 85:], before[:, 85:])
    assert np.abs(painted - before)[:, :65].mean() > 1


@pytest.mark.parametrize("option", ["--strength", "--region"])
def test_the_hidden_half_of_a_mask_is_not_painted_by_the_command_line(painted_by_command, tmp_path, option):
    scene().save(tmp_path / "photo.png")
    hidden_right(Image.new("L", (60, 44), 0)).save(tmp_path / "mask.png")  # all black: alpha alone is the mask
    given = f"{tmp_path}/mask.png" + "=titian" * (option == "--region")
    style = ["--style", "titian"] if option == "--strength" else []
    painted = painted_by_command(tmp_path / "photo.png", *style, option, given)
    before = np.asarray(scene())
    assert np.array_equal(painted[:, 35:], before[:, 35:])
    assert np.abs(painted.astype(int) - before)[:, :25].mean() > 1


def test_the_brush_of_a_page_is_a_mask_whatever_is_sent_for_it():
    brushed = hidden_right(Image.new("RGB", (60, 44), (224, 32, 32)))
    expected = np.where(np.arange(60) < 30, 255, 0) * np.ones((44, 1))
    from txst.commands.page_pictures import where

    for layer in (brushed, brushed.convert("LA"), hidden_right(Image.new("L", (60, 44))), brushed.getchannel("A")):
        assert np.array_equal(np.asarray(where({"layers": [layer]})), expected)
    everything = Image.new("RGBA", (60, 44), (224, 32, 32, 255))
    assert where({"layers": [everything]}).getextrema() == (255, 255)


def cutouts():
    """One visible ellipse, with black and with white hidden behind it."""
    y, x = np.mgrid[0:70, 0:110]
    seen = ((x - 55) / 40) ** 2 + ((y - 35) / 26) ** 2 < 1
    for hidden in (0, 255):
        pixels = np.where(seen[..., None], np.asarray(scene(110, 70)), hidden).astype(np.uint8)
        yield Image.fromarray(np.dstack([pixels, seen * np.uint8(255)])), seen


@pytest.mark.parametrize(
    "controls",
    [
        {},
        {"memory": 1},
        {"detail": 0.5, "colour": 0.5},
        {"stroke": 2.0},
        {"max_side": 60},
        {"mix": {"titian": 1, "claude monet": 1}},
    ],
)
def test_a_cutout_is_painted_alike_whatever_it_hides(stylist, monkeypatch, controls):
    controls = dict(controls)
    monkeypatch.setattr(stylist, "memory", controls.pop("memory", stylist.memory))  # 1: in the smallest tiles there are
    style = None if "mix" in controls else "titian"
    (black, seen), (white, _) = cutouts()
    a, b = (np.asarray(stylist(image, style, **controls)) for image in (black, white))
    assert np.array_equal(a[a[..., 3] > 0], b[b[..., 3] > 0])
    if a.shape[:2] == seen.shape:
        assert np.array_equal(a[..., 3] > 0, seen)


def test_a_style_picture_and_a_reference_frame_may_be_cutouts(stylist):
    (black, _), (white, _) = cutouts()
    frame = scene(110, 70)
    assert stylist(frame, style_image=black) == stylist(frame, style_image=white)
    assert stylist(frame, "titian", reference_frame=black) == stylist(frame, "titian", reference_frame=white)


def test_a_cutout_is_painted_alike_by_the_command_line(painted_by_command, tmp_path):
    results = []
    for image, _ in cutouts():
        image.save(tmp_path / "cut.png")
        results.append(painted_by_command(tmp_path / "cut.png", "--style-image", tmp_path / "cut.png"))
    a, b = results
    assert np.array_equal(a[a[..., 3] > 0], b[b[..., 3] > 0])


def test_the_frames_and_pages_that_are_not_painted_are_said(bundled, tmp_path, capsys):
    frames = [Image.new("RGB", (45, 30), colour) for colour in ("red", "blue", "green")]
    for name in ("a.gif", "a.webp", "a.png", "a.tiff", "a.avif"):
        frames[0].save(tmp_path / name, save_all=True, append_images=frames[1:])
        with pytest.warns(PictureWarning, match=f"{name}: only the first of 3 frames"):
            bundled(tmp_path / name, "titian")
    mask, photo = tmp_path / "a.gif", tmp_path / "photo.png"
    scene(45, 30).save(photo)
    command = [str(photo), "--style-image", str(tmp_path / "a.tiff"), "--strength", str(mask)]
    assert main([*command, "-o", str(tmp_path / "out")]) == 0
    said = capsys.readouterr().err
    for name in ("a.gif", "a.tiff"):
        assert f"txst: {tmp_path}/{name}: only the first of 3 frames is painted" in said
    assert "Warning" not in said


def test_a_picture_of_one_frame_warns_of_nothing(bundled, tmp_path):
    scene().save(tmp_path / "photo.jpg")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        bundled(tmp_path / "photo.jpg", "titian", strength=np.ones((44, 60), bool))


WRONG = {
    "a variation between two": ({"style": "titian", "variation": 1.5}, "variation is 1.5; it is a whole number"),
    "a variation below 0": ({"style": "titian", "variation": -1}, "variation is -1; it is a whole number, 0 or more"),
    "a variation in letters": ({"style": "titian", "variation": "2"}, "variation is '2'; it is a whole number"),
    "several styles": ({"style": ["titian", "monet"]}, r"a style is one text: .*\(mix=...\)"),
    "a mix as a style": ({"style": {"titian": 1}}, r"a style is one text: .*\(mix=...\)"),
    "a file as a style": ({"style": Path("wave.jpg")}, r"a style is a text: .*\(style_image=...\)"),
    "bytes as a style": ({"style": b"titian"}, r"a style is a text: .*\(style_image=...\)"),
    "a picture as a style": ({"style": scene()}, r"\(style_image=...\)"),
    "an array as a style": ({"style": np.zeros((4, 4))}, r"\(style_image=...\)"),
    "a number as a style": ({"style": 7}, "a style is a text, and no int"),
    "no style": ({}, "name of a style or a style picture"),
    "an unknown style": ({"style": "zzyzx"}, r"To paint in the nearest style, say so \(nearest=True\)"),
    "a mix in one text": ({"mix": "titian:0.5, monet:0.5"}, "a mix is {'van gogh': 0.7"),
    "a mix of names alone": ({"mix": ["titian", "monet"]}, "a mix is {'van gogh': 0.7"),
    "a mask without a style": ({"regions": [scene()]}, "regions are a list of pairs"),
    "a region alone": ({"regions": scene()}, "regions are a list of pairs"),
    "a longer side in letters": ({"style": "titian", "max_side": "9"}, "max_side is '9'; it is a whole number, 1 or more"),
    "half a pixel": ({"style": "titian", "max_side": 1.5}, "max_side is 1.5; it is a whole number, 1 or more"),
    "a strength without meaning": ({"style": "titian", "strength": None}, "no None"),
}  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_wrong_is_said_in_the_words_of_python(bundled, wrong):
    controls, says = WRONG[wrong]
    with pytest.raises(ValueError, match=says) as error:
        bundled(scene(), **controls)
    assert "--" not in str(error.value)


@pytest.mark.parametrize(
    ("photo", "says"),
    [
        (None, "a picture is a file, its bytes, .* and no None"),
        (7, "no int"),
        ({}, "no dict"),
        (b"text", "the picture given: not a picture"),
        (io.BytesIO(b""), "the picture given: not a picture"),
        (np.zeros((3, 8, 9), np.uint8), r"array \[3, 8, 9\] .* channels come last, array.transpose"),
        (torch.zeros(8, 9, 3), r"tensor \[8, 9, 3\] is no picture \[H, W\] or \[1, 3 or 4, H, W\]"),
        (np.full((8, 9), 200.0), "divide those of 0 to 255 by 255"),
        (np.zeros((8, 9), bool), "pixels of type bool: give uint8"),
    ],
)
def test_what_is_no_photo_is_said_in_the_words_of_python(bundled, photo, says):
    with pytest.raises(PictureError, match=says) as error:
        bundled(photo, "titian")
    assert "--" not in str(error.value)


def test_a_grey_tensor_needs_no_channel(bundled):
    grey = torch.from_numpy(np.array(scene().convert("L")))
    assert bundled(grey, "titian").equal(bundled(grey[None], "titian"))


@pytest.mark.parametrize(
    ("python", "option"),
    [
        ("shrink it (max_side=2000)", "shrink it (--max-side 2000)"),
        ("say so (nearest=True)", "say so (--nearest; `txst styles` lists all"),
        ("show one (style_image=...)", "show one (--style-image)"),
        ("grey masks (regions=...) mix", "grey masks (--region) mix"),
        ("at most (PIL.Image.MAX_IMAGE_PIXELS)", "at most (--max-pixels)"),
        ("f(x)=2 (a, b)", "f(x)=2 (a, b)"),
    ],
)
def test_the_command_line_says_the_same_in_its_own_words(python, option):
    assert in_options(python).startswith(option)


def test_an_unknown_style_is_refused_on_the_command_line_with_its_option(bundled, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(Stylist, "from_pretrained", lambda *_: bundled)
    scene().save(tmp_path / "photo.png")
    assert main([str(tmp_path / "photo.png"), "--style", "zzyzx"]) == 1
    assert "(--nearest;" in capsys.readouterr().err


def small(pixels):
    return max(pixels.shape[-2:]) == SIDE


@pytest.mark.parametrize("given", ["shown", "mixed", "inside a region", "taught"])
def test_a_large_style_picture_is_bounded_before_it_is_looked_at(bundled, monkeypatch, tmp_path, given):
    monkeypatch.setenv("TXST_HOME", str(tmp_path))
    large, seen = scene(1600, 1200), []
    bundled.styles.kept.clear()  # one that was shown before is not looked at again
    look = bundled.painter.image_code
    monkeypatch.setattr(bundled.painter, "image_code", lambda picture: seen.append(picture) or look(picture))
    if given == "taught":
        bundled.styles.teach("aunt", [large])
        bundled.styles.forget("aunt")
    else:
        how = {"shown": {"style_image": large}, "mixed": {"mix": [(large, 1)]}}
        bundled(scene(), **how.get(given, {"regions": [(Image.new("L", (60, 44), 255), large)]}))
    assert [small(picture) for picture in seen] == [True]


@pytest.mark.parametrize("option", ["--style-image", "--strength", "--region", "--mix", "--reference-frame"])
def test_the_error_names_the_picture_that_is_wrong(bundled, monkeypatch, tmp_path, capsys, option):
    monkeypatch.setattr(Stylist, "from_pretrained", lambda *_: bundled)
    scene().save(tmp_path / "photo.png")
    (tmp_path / "wrong.jpg").write_bytes(encoded(scene(), "JPEG")[:300])
    wrong = f"{tmp_path}/wrong.jpg"
    given = {"--region": f"{wrong}=titian", "--mix": f"@{wrong}:1"}.get(option, wrong)
    style = [] if option in ("--style-image", "--mix") else ["--style", "titian"]
    assert main([f"{tmp_path}/photo.png", *style, option, given, "-o", f"{tmp_path}/out"]) == 1
    lines = [line for line in capsys.readouterr().err.replace("\r", "\n").splitlines() if "wrong.jpg" in line]
    assert [line.startswith(f"txst: {wrong}: broken") for line in lines] == [
        True
    ]  # once, and the photo has no part in it


@pytest.mark.parametrize("pixels", [(8064, 6048), (8192, 6144), (20000, 5000), (12000, 9000)])
def test_photos_of_phones_and_panoramas_are_within_the_limit(pixels):
    check_pixels(*pixels)  # 48, 50, 100 and 108 megapixels
    with pytest.raises(PictureError, match=r"too large: 20000 x 10000 pixels; .* \(PIL.Image.MAX_IMAGE_PIXELS\)"):
        check_pixels(20000, 10000)


def test_a_limit_that_somebody_sets_is_kept(monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    assert most_pixels() == 1000
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", None)
    assert most_pixels() is None


def test_a_page_takes_what_the_command_line_takes():
    assert parser().parse_args([]).max_pixels is None


def test_a_stylist_pickles_to_its_arguments(model_folder, monkeypatch):
    for opened in (Stylist.from_pretrained("small"), Stylist.from_pretrained(model_folder, "cpu", "torch")):
        opened.memory = 2**20
        data = pickle.dumps(opened)
        assert len(data) < 500
        again = pickle.loads(data)
        assert again.memory == 2**20
        assert again(scene(), "titian") == opened(scene(), "titian")
    monkeypatch.chdir(model_folder.parent)
    relative = pickle.dumps(Stylist.from_pretrained(model_folder.name, "cpu"))
    monkeypatch.chdir("/")
    assert pickle.loads(relative).folder == model_folder
    with pytest.raises(TypeError, match=r"made of parts .* Stylist.from_pretrained"):
        pickle.dumps(Stylist(opened.painter, opened.folder))


def paint_in_child(stylist, channel):
    channel.send(stylist(scene(), "titian").tobytes())


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="processes are not forked here")
def test_a_forked_child_paints_with_what_its_parent_opened(stylist):
    threads = torch.get_num_threads()
    torch.set_num_threads(2)  # of which the child has none
    expected = stylist(scene(), "titian").tobytes()
    torch.nn.functional.conv2d(torch.rand(1, 8, 200, 200), torch.rand(8, 8, 3, 3))
    here, there = multiprocessing.Pipe()
    child = multiprocessing.get_context("fork").Process(target=paint_in_child, args=(stylist, there))
    child.start()
    try:
        assert here.poll(60), "the child waits for threads that are not there"
        assert here.recv() == expected
    finally:
        child.kill()
        child.join()
        torch.set_num_threads(threads)
