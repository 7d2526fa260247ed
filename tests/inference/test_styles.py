"""What a style is does not depend on the size of its picture, and what is kept of it is neither stale nor without bounds."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image, ImageCms, ImageDraw
from small import SMALL

from txst import Stylist
from txst.images import PictureError
from txst.inference.kept import LEAST, Kept
from txst.inference.styles import bytes_of, style_picture

SIZES = (224, 384, 1024, 2048)


@pytest.fixture
def stylist():
    return Stylist.from_pretrained(SMALL)


def drawn(longer=1024, seed=0):
    """A picture of strokes over patches, in any size."""
    rng = np.random.default_rng(seed)
    picture = Image.fromarray(rng.integers(0, 256, (6, 8, 3), dtype=np.uint8)).resize(
        (1024, 768), Image.Resampling.BICUBIC
    )
    draw = ImageDraw.Draw(picture)
    for _ in range(400):
        x, y = rng.integers(0, 1024), rng.integers(0, 768)
        draw.line([(x, y), (x + rng.integers(-60, 60), y + rng.integers(-60, 60))], tuple(rng.integers(0, 256, 3)), 8)
    return picture.resize((longer, longer * 3 // 4), Image.Resampling.LANCZOS)


def unlike(code, other):
    return 1 - float((code * other).sum())


def test_one_picture_has_one_style_in_every_size(stylist):
    codes = [stylist.styles.image_code(drawn(size)) for size in SIZES]
    another = stylist.styles.image_code(drawn(seed=1))
    furthest = max(unlike(a, b) for a in codes for b in codes)
    assert furthest < 0.02
    assert furthest < 0.1 * unlike(codes[-1], another)


def test_a_picture_has_the_same_style_shown_mixed_in_a_region_and_taught(stylist, monkeypatch):
    looked_at, look = [], stylist.painter.image_code
    monkeypatch.setattr(stylist.painter, "image_code", lambda picture: looked_at.append(picture) or look(picture))
    photo, style = drawn(64), drawn(900, seed=11)
    stylist(photo, style_image=style)
    stylist(photo, mix=[(style, 1.0)])
    stylist(photo, regions=[(Image.new("L", photo.size, 255), style)])
    stylist.styles.teach("mine", [style])
    assert len(looked_at) == 3  # the region's is known by then
    assert all(np.array_equal(picture, looked_at[0]) for picture in looked_at)


def test_a_picture_of_the_same_pixels_is_looked_at_once(stylist, monkeypatch):
    looked_at, look = [], stylist.painter.image_code
    monkeypatch.setattr(stylist.painter, "image_code", lambda picture: looked_at.append(picture) or look(picture))
    first = stylist.styles.encode(image=drawn(96, seed=7))
    assert stylist.styles.encode(image=drawn(96, seed=7)) is first
    changed = drawn(96, seed=7)
    changed.putpixel((0, 0), (1, 2, 3))
    profiled = drawn(96, seed=7)
    profiled.info["icc_profile"] = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for other in (changed, profiled):
        assert stylist.styles.encode(image=other) is not first
    assert len(looked_at) == 3


@pytest.mark.parametrize("size", [(6000, 4000), (9000, 30), (30, 9000), (24, 24), (400, 300)])
def test_every_style_picture_is_bounded_before_a_model_sees_it(stylist, monkeypatch, size):
    looked_at, look = [], stylist.painter.image_code
    monkeypatch.setattr(stylist.painter, "image_code", lambda picture: looked_at.append(picture.shape) or look(picture))
    stylist.styles.encode(image=Image.new("RGB", size, "teal"))
    assert max(looked_at[0][2:]) == 256
    assert min(looked_at[0][2:]) >= 24


def test_a_style_picture_that_is_too_small_is_refused_by_its_size():
    with pytest.raises(PictureError, match="23 x 90 is too small: 24 pixels"):
        style_picture(Image.new("RGB", (23, 90)), 256)


def test_a_name_that_is_taught_while_it_is_read_is_not_kept_as_it_was(stylist, monkeypatch):
    stylist.styles.teach("mine", [drawn(seed=1)])
    read = stylist.painter.text_code

    def taught_meanwhile(*given):
        code = read(*given)
        monkeypatch.setattr(stylist.painter, "text_code", read)
        with ThreadPoolExecutor(1) as other:
            other.submit(stylist.styles.teach, "mine", [drawn(seed=2)]).result()
        return code

    monkeypatch.setattr(stylist.painter, "text_code", taught_meanwhile)
    photo = drawn(64, seed=3)
    before = stylist(photo, "mine").tobytes()
    after = stylist(photo, "mine").tobytes()
    assert after != before
    assert after == Stylist.from_pretrained(SMALL)(photo, "mine").tobytes()


def test_styles_that_are_kept_stay_within_their_bytes(stylist):
    one = bytes_of(stylist.styles.encode("claude monet"))
    assert one > 0
    stylist.styles.kept.most = 3 * max(one, LEAST)
    for variation in range(8):
        stylist.styles.encode("claude monet", variation=variation)
    assert len(stylist.styles.kept.values) == 3


def test_what_was_asked_for_longest_ago_makes_room():
    kept = Kept(3 * LEAST, lambda value: 1)
    made = []
    for key in "abcadae":
        kept.get(key, lambda key=key: made.append(key) or key)
    assert made == list("abcde")
    assert list(kept.values) == ["d", "a", "e"]
    kept.get("large", lambda: "large")
    assert len(kept.values) == 3


def test_what_is_larger_than_all_that_may_be_kept_is_given_and_not_kept():
    kept = Kept(LEAST, len)
    assert kept.get("large", lambda: b"0" * 2 * LEAST) == b"0" * 2 * LEAST
    assert not kept.values
    assert kept.bytes == 0
