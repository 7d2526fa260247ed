"""What steers a painting does the same around every model: one that blends pixels by graphs, and one that blends features by torch."""

from functools import cache
from itertools import pairwise

import numpy as np
import pytest
import torch
from PIL import Image, ImageCms
from small import SMALL

from txst import Photo, Stylist
from txst.images import PictureError, open_picture, save_picture
from txst.inference.finish import enlarged


@pytest.fixture(scope="module", params=["graphs", "features"])
def stylist(request, model_folder):
    return Stylist.from_pretrained(SMALL if request.param == "graphs" else model_folder, device="cpu")


def scene(width=61, height=46, seed=0, mode="RGB"):
    blocks = np.random.default_rng(seed).integers(0, 256, (6, 8, 4), dtype=np.uint8)
    return Image.fromarray(blocks).resize((width, height), Image.Resampling.BICUBIC).convert(mode)


def numbers(image):
    return np.asarray(image).astype(int)


def furthest(a, b):
    return np.abs(numbers(a) - numbers(b)).max()


def half(size=(61, 46)):
    mask = Image.new("L", size)
    mask.paste(255, (size[0] // 2, 0, *size))
    return mask


def profile(name):
    return ImageCms.ImageCmsProfile(ImageCms.createProfile(name)).tobytes()


@cache
def wide():
    """A profile of RGB that is not sRGB: its red and blue columns are exchanged."""
    data = bytearray(profile("sRGB"))
    for i in range(data[131]):
        at = 132 + 12 * i
        if data[at : at + 4] in (b"rXYZ", b"bXYZ"):
            data[at : at + 1] = b"b" if data[at : at + 1] == b"r" else b"r"
    return bytes(data)


def test_strength_0_is_the_photo_itself(stylist):
    for photo in (scene(), scene(mode="RGBA")):
        assert stylist(photo, "claude monet", strength=0).tobytes() == photo.tobytes()
        black = Image.new("L", photo.size)
        assert stylist(photo, "claude monet", strength=black).tobytes() == photo.tobytes()


def test_strength_has_no_jump_on_its_way(stylist):
    steps = np.linspace(0, 1, 33)
    pictures = [stylist(scene(), "claude monet", strength=float(s)) for s in steps]
    whole = furthest(pictures[0], pictures[-1])
    assert max(furthest(a, b) for a, b in pairwise(pictures)) < 0.2 * whole + 2


def test_a_mask_of_strength_keeps_what_is_black_and_paints_what_is_white(stylist):
    painted = stylist(scene(), "claude monet", strength=half())
    assert furthest(painted.crop((0, 0, 30, 46)), scene().crop((0, 0, 30, 46))) == 0
    assert furthest(painted.crop((31, 0, 61, 46)), scene().crop((31, 0, 61, 46))) > 0
    white = stylist(scene(), "claude monet", strength=Image.new("L", (61, 46), 255))
    assert furthest(white, stylist(scene(), "claude monet")) <= 1


@pytest.mark.parametrize("mix", [{"claude monet": 1, "ukiyo e": 0}, {"claude monet": 3.5}])
def test_a_mix_of_one_style_is_that_style(stylist, mix):
    assert stylist(scene(), mix=mix).tobytes() == stylist(scene(), "claude monet").tobytes()


def test_a_mix_lies_between_its_styles(stylist):
    pure = [stylist.styles.text_code(name) for name in ("claude monet", "ukiyo e")]
    near = stylist.painter.mix(pure, [0.9, 0.1])
    pure, near = ([getattr(c, "embedding", c)[0] for c in codes] for codes in (pure, [near]))
    assert near[0] @ pure[0] > pure[0] @ pure[1]
    assert float((near[0] ** 2).sum()) == pytest.approx(1, abs=1e-5)
    text_and_picture = [("claude monet", 0.5), (scene(seed=1), 0.5)]
    assert furthest(stylist(scene(), mix=text_and_picture), stylist(scene(), "claude monet")) > 0


def test_regions_are_painted_each_in_its_style_with_soft_borders(stylist):
    size = (220, 130)
    photo = scene(*size)
    below, above = stylist(photo, "claude monet"), stylist(photo, "ukiyo e")
    painted = stylist(photo, "claude monet", regions=[(half(size), "ukiyo e")])
    assert furthest(painted.crop((0, 0, 90, 130)), below.crop((0, 0, 90, 130))) == 0
    assert furthest(painted.crop((130, 0, 220, 130)), above.crop((130, 0, 220, 130))) == 0
    middle = numbers(painted)[:, 109:111]
    assert np.abs(middle - numbers(below)[:, 109:111]).mean() > 0
    assert np.abs(middle - numbers(above)[:, 109:111]).mean() > 0
    bare = stylist(photo, regions=[(half(size), "claude monet"), (half(size), "ukiyo e")])
    assert furthest(bare.crop((130, 0, 220, 130)), above.crop((130, 0, 220, 130))) == 0  # later ones lie above
    assert furthest(bare.crop((0, 0, 90, 130)), photo.crop((0, 0, 90, 130))) == 0


def test_a_picture_is_encoded_once_for_all_styles_and_regions(stylist, monkeypatch):
    photo, styles = Photo.open(scene()), ("claude monet", "ukiyo e", "paul cezanne")
    alone = [stylist(scene(), style) for style in styles]
    calls, encode = [], stylist.painter.prepare_image
    monkeypatch.setattr(stylist.painter, "prepare_image", lambda image: calls.append(image) or encode(image))
    assert [stylist(photo, style) for style in styles] == alone
    assert len(calls) == 1
    for _ in range(2):
        stylist(photo, styles[0], stroke=2)  # another size is another picture
        assert len(calls) == 2
    stylist(scene(), styles[0], regions=[(half(), styles[1])])
    assert len(calls) == 3
    stylist(scene(), styles[0])
    assert len(calls) == 3


def test_colours_of_the_content_come_under_the_lightness_of_the_painting(stylist):
    muted = Image.blend(scene(), Image.new("RGB", (61, 46), "grey"), 0.6)  # nothing is clipped
    painted, kept = stylist(muted, "claude monet"), stylist(muted, "claude monet", colour="content")
    chroma = [numbers(p)[..., 0] - numbers(p)[..., 2] for p in (muted, kept)]
    lightness = [numbers(p.convert("L")) for p in (painted, kept)]
    unclipped = ((numbers(kept) > 0) & (numbers(kept) < 255)).all(-1)
    assert np.abs(chroma[0] - chroma[1])[unclipped].max() <= 1
    assert np.abs(lightness[0] - lightness[1])[unclipped].max() <= 2
    assert stylist(muted, "claude monet", colour="style").tobytes() == painted.tobytes()
    assert stylist(muted, "claude monet", colour=0).tobytes() == kept.tobytes()


def test_detail_brings_back_the_fine_lightness_and_leaves_the_coarse(stylist):
    rng = np.random.default_rng(0)
    grain = Image.fromarray(rng.integers(96, 160, (130, 220), dtype=np.uint8)).convert("RGB")

    def fine(picture):
        light = numbers(picture.convert("L")).astype(float)
        return light - light.mean((0, 1))

    def alike(a, b):
        return np.corrcoef(fine(a).ravel(), fine(b).ravel())[0, 1]

    plain, sharp = (stylist(grain, "claude monet", detail=d) for d in (0.0, 1.0))
    assert alike(sharp, grain) > alike(plain, grain) + 0.2
    assert numbers(plain).mean() == pytest.approx(numbers(sharp).mean(), abs=8)


def test_large_strokes_are_those_of_a_small_picture_enlarged(stylist):
    photo = scene(128, 96)
    small = photo.resize((64, 48), Image.Resampling.LANCZOS, reducing_gap=3)
    painted = enlarged(*map(np.asarray, (stylist(small, "claude monet"), small, photo)))
    assert stylist(photo, "claude monet", stroke=2).tobytes() == painted.tobytes()


def test_a_photo_larger_than_the_working_size_is_painted_in_it_unless_it_shall_not(stylist, monkeypatch):
    photo = scene(128, 96)
    whole, double = (stylist(photo, "claude monet", stroke=stroke).tobytes() for stroke in (1, 2))
    monkeypatch.setattr("txst.inference.finish.WORKING", 48)
    assert stylist(photo, "claude monet").tobytes() == double != whole
    assert stylist(photo, "claude monet", stroke=0).tobytes() == whole
    assert stylist(photo, "claude monet", stroke=0.5).tobytes() == whole
    masked = stylist(photo, "claude monet", strength=half(photo.size), regions=[(half(photo.size), "titian")])
    assert masked.size == photo.size


def test_what_stands_still_in_a_film_does_not_flicker_by_the_first_frames_statistics(stylist):
    frames = [scene(420, 50), scene(420, 50)]
    frames[1].paste("white", (370, 0, 420, 50))  # something comes in, far from what stands still
    free, steady = ([stylist(f, "claude monet", **c) for f in frames] for c in ({}, {"reference_frame": frames[0]}))
    flickers, stands = (furthest(*(p.crop((0, 0, 200, 50)) for p in film)) for film in (free, steady))
    assert stands == 0 < flickers
    assert furthest(free[0], steady[0]) <= 1
    assert stylist(frames[1], "claude monet", reference_frame=frames[0], stroke=2, strength=half((420, 50))).size == (
        420,
        50,
    )


@pytest.mark.parametrize("size", [(1, 1), (2, 1), (1, 97), (33, 18), (64, 64)])
def test_the_size_is_the_photos_whatever_is_asked_for(stylist, size):
    asked = {"stroke": 3.0, "detail": 0.5, "colour": 0.5, "strength": half(size)}
    everything = {**asked, "regions": [(half(size), "ukiyo e")]}
    for controls in ({}, {"stroke": 0.5}, {"detail": 1.0}, everything):
        assert stylist(scene(*size), "claude monet", **controls).size == size


def test_a_longer_side_is_shrunk_only_where_it_is_asked_for(stylist):
    assert stylist(scene(100, 50), "claude monet", max_side=40).size == (40, 20)
    assert stylist(scene(30, 20), "claude monet", max_side=40).size == (30, 20)


def test_arrays_and_tensors_come_back_as_they_went(stylist):
    photo = scene()
    expected = numbers(stylist(photo, "claude monet"))
    bytes_ = np.asarray(photo)
    floats = torch.from_numpy(bytes_ / 255).permute(2, 0, 1)
    assert np.array_equal(stylist(bytes_, "claude monet"), expected)
    assert stylist(bytes_[..., 0], "claude monet").shape == bytes_.shape
    as_float = stylist((bytes_ / 255).astype(np.float32), "claude monet")
    assert as_float.dtype == np.float32
    assert np.abs(as_float * 255 - expected).max() < 1e-3
    one = stylist(floats, "claude monet")
    assert one.dtype == torch.float64
    assert np.abs(one.permute(1, 2, 0).numpy() * 255 - expected).max() < 1e-3
    both = stylist(torch.stack([floats, floats.flip(2)]).float(), "claude monet")
    assert both.shape == (2, 3, 46, 61)
    assert torch.equal(both[0], one.float())


@pytest.mark.parametrize(
    ("controls", "says"),
    [
        ({"strength": 1.5}, "strength is 1.5; it lies between 0 and 1"),
        ({"strength": float("nan")}, "strength is nan"),
        ({"colour": "sepia"}, "colour is 'sepia'"),
        ({"colour": 2}, "colour is 2"),
        ({"stroke": 0.05}, "stroke is 0.05; it lies between 0.1 and 32, or is 0"),
        ({"detail": -1}, "detail is -1"),
        ({"strength": Image.new("L", (10, 90))}, "the mask is 10 x 90 and the photo 61 x 46"),
        ({"max_side": 0}, "max_side is 0; it is a whole number, 1 or more"),
        ({"mix": {"claude monet": 1}}, "either"),
        ({"style_image": scene()}, "either"),
    ],
)
def test_a_control_out_of_its_range_is_named(stylist, controls, says):
    with pytest.raises(ValueError, match=says):
        stylist(scene(), "claude monet", **controls)


@pytest.mark.parametrize(
    "mix", [{}, [], {"claude monet": 0}, {"claude monet": -1, "ukiyo e": 2}, {"claude monet": float("inf")}]
)
def test_weights_that_say_nothing_are_refused(stylist, mix):
    with pytest.raises(ValueError, match="weights of a mix"):
        stylist(scene(), mix=mix)


@pytest.mark.parametrize(
    "photo",
    [np.zeros((4, 4, 2), np.uint8), np.zeros((4, 4), np.int64), np.full((4, 4), 2.0), torch.zeros(3)],
    ids=["channels", "type", "range", "shape"],
)
def test_numbers_that_are_no_picture_are_refused(stylist, photo):
    with pytest.raises(PictureError):
        stylist(photo, "claude monet")


def test_a_colour_profile_survives_and_so_do_the_colours(stylist, tmp_path):
    photo = scene()
    photo.info["icc_profile"] = wide()
    painted = stylist(photo, "claude monet")
    assert painted.info["icc_profile"] == wide()
    assert stylist(photo, "claude monet", strength=0).tobytes() == photo.tobytes()
    for name in ("painted.png", "painted.jpg"):
        save_picture(painted, tmp_path / name)
        with Image.open(tmp_path / name) as stored:
            assert stored.info["icc_profile"] == wide()
    plain = open_picture(tmp_path / "painted.png")  # through its profile to sRGB
    meant = stylist(open_profiled(photo, tmp_path), "claude monet")
    assert np.abs(numbers(plain) - numbers(meant)).mean() < 3


def open_profiled(photo, folder):
    photo.save(folder / "photo.png", icc_profile=photo.info["icc_profile"])
    return open_picture(folder / "photo.png")


def test_threads_paint_what_one_does(stylist):
    from concurrent.futures import ThreadPoolExecutor

    photos = [scene(40 + i, 30, seed=i) for i in range(6)]
    alone = [stylist(photo, "claude monet").tobytes() for photo in photos]
    with ThreadPoolExecutor(3) as pool:
        together = [p.tobytes() for p in pool.map(lambda photo: stylist(photo, "claude monet"), photos)]
    assert together == alone
