"""A photo is opened once: it keeps its own features and its own pixels, and no other photo's."""

from dataclasses import fields

import numpy as np
import pytest
from PIL import Image
from small import SMALL

from txst import Photo, Stylist


@pytest.fixture(scope="module")
def stylist():
    return Stylist.from_pretrained("small")


def scene(seed=0, mode="RGB", size=(48, 40)):
    blocks = np.random.default_rng(seed).integers(0, 256, (6, 8, 4), dtype=np.uint8)
    return Image.fromarray(blocks).resize(size, Image.Resampling.BICUBIC).convert(mode)


def test_a_second_photo_of_the_same_size_is_not_painted_as_the_first(stylist):
    alone = [stylist(scene(seed), "claude monet").tobytes() for seed in (1, 2)]
    opened = [Photo.open(scene(seed)) for seed in (1, 2)]
    for _ in range(2):
        assert [stylist(photo, "claude monet").tobytes() for photo in opened] == alone
    with pytest.warns(FutureWarning, match="Photo"):
        assert [stylist.paint(scene(seed), "claude monet", seen={}).tobytes() for seed in (1, 2)] == alone
    shared = {}  # as it was given before: one for all pictures
    with pytest.warns(FutureWarning, match="Photo"):
        assert [stylist.paint(scene(seed), "claude monet", seen=shared).tobytes() for seed in (1, 2)] == alone


def test_a_photo_shown_to_another_model_is_encoded_by_that_model(stylist, model_folder):
    other, photo = Stylist.from_pretrained(model_folder, device="cpu"), Photo.open(scene())
    expected = [painter(scene(), "claude monet").tobytes() for painter in (stylist, other, stylist)]
    assert [painter(photo, "claude monet").tobytes() for painter in (stylist, other, stylist)] == expected


def test_what_happens_to_a_picture_after_it_was_opened_does_not_reach_the_photo(stylist):
    given = np.array(scene())
    photo = Photo.open(given)
    first = stylist(photo, "claude monet")
    given[:] = 0
    first[:] = 0
    assert np.array_equal(stylist(photo, "claude monet"), stylist(np.array(scene()), "claude monet"))
    for part in (photo.pixels, photo.stored):
        with pytest.raises(ValueError, match="read-only"):
            part[0, 0, 0] = 1


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L"])
def test_a_photo_comes_back_in_the_form_that_it_came_in(stylist, tmp_path, mode):
    picture = scene(mode=mode)
    picture.save(tmp_path / "photo.png")
    for given in (tmp_path / "photo.png", picture, np.array(picture), np.array(picture) / 255):
        direct, opened = stylist(given, "claude monet"), stylist(Photo.open(given), "claude monet")
        assert type(opened) is type(direct)
        assert np.array_equal(opened, direct)
        assert isinstance(stylist.paint(given, "claude monet"), Image.Image)


def test_strength_0_gives_a_copy_and_not_the_photo_itself(stylist):
    given = np.array(scene())
    kept = stylist(given, "claude monet", strength=0)
    assert np.array_equal(kept, given)
    kept[:] = 0
    assert given.any()


@pytest.mark.parametrize("mode", ["P", "1", "L", "PA", "LA"])
@pytest.mark.parametrize("as_file", [True, False])
def test_pictures_of_few_colours_are_shrunk_as_their_twins_in_rgb(tmp_path, mode, as_file):
    few = scene(mode="P" if mode == "PA" else mode).convert(mode)
    twin = few.convert("RGBA" if mode.endswith("A") else "RGB")
    given = few
    if as_file and mode != "PA":  # which no file has
        given = tmp_path / "few.tiff"
        few.save(given)
    small, expected = Photo.open(given, 20), Photo.open(twin, 20)
    assert np.abs(small.pixels.astype(int) - expected.pixels).max() <= (1 if mode in ("L", "LA") else 0)
    assert (small.alpha is None) == (not mode.endswith("A"))


def test_a_photo_is_shrunk_alike_before_and_after_it_was_opened(stylist):
    photo = Photo.open(scene(mode="RGBA"))
    small = Photo.open(scene(mode="RGBA"), 20)
    assert photo.shrunk(20) is photo.shrunk(20)
    assert photo.shrunk(400) is photo
    assert np.array_equal(photo.shrunk(20).stored, small.stored)
    assert np.array_equal(photo.shrunk(20).alpha, small.alpha)
    assert stylist(photo, "claude monet", max_side=20).tobytes() == stylist(small, "claude monet").tobytes()


def test_a_photo_has_no_place_for_the_features_of_another():
    assert not {"copies", "encoded"} & {field.name for field in fields(Photo) if field.init}


@pytest.mark.parametrize(("old", "new"), [("anyway", "nearest"), ("steady", "reference_frame")])
def test_an_old_name_of_a_control_is_taken_with_a_warning_that_names_the_new_one(stylist, old, new):
    value = True if old == "anyway" else scene(3)
    style = "neon cyberpunk" if old == "anyway" else "claude monet"
    expected = stylist(scene(), style, **{new: value}).tobytes()
    for paint in (stylist, stylist.paint):
        with pytest.warns(FutureWarning, match=f"{old} is called {new} now") as said:
            assert paint(scene(), style, **{old: value}).tobytes() == expected
        assert said[0].filename == __file__
    with pytest.raises(ValueError, match=f"{old} is the old name of {new}"):
        stylist(scene(), style, **{old: value, new: value})


def test_an_unknown_control_is_named(stylist):
    with pytest.raises(TypeError, match="strenght"):
        stylist(scene(), "claude monet", strenght=0.5)


def test_the_old_name_of_nearest_is_taken_where_a_style_is_encoded():
    styles = Stylist.from_pretrained(SMALL).styles
    with pytest.warns(FutureWarning, match="nearest"):
        old = styles.encode("neon cyberpunk", anyway=True)
    assert old is styles.encode("neon cyberpunk", nearest=True)
