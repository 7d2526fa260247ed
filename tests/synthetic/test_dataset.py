import importlib
import sys

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("skimage")

from txst.synthetic.dataset import CLOSE, FILES, HELD_OUT, draw, glimpse, painted_files, photos, unseen
from txst.synthetic.styles import MANNERS


@pytest.fixture(scope="module")
def photo():
    return glimpse(photos()["coffee"], 64, np.random.default_rng(0))


def test_the_photos_are_there_and_the_held_out_ones_among_them():
    found = photos()
    assert set(HELD_OUT) < set(found) == set(FILES)
    for name, photo in found.items():
        assert photo.dtype == np.uint8, name
        assert photo.shape[2] == 3, name
        assert photo.std() > 30, f"{name} is blank"


def test_unseen_squares_show_the_held_out_photos_and_no_other():
    squares = unseen(48)
    assert set(squares) == {*HELD_OUT, *CLOSE}
    assert all(square.shape == (48, 48, 3) and square.std() > 25 for square in squares.values())
    assert {photo for photo, *_ in CLOSE.values()} <= set(HELD_OUT)


def test_without_scikit_image_the_remedy_is_named(monkeypatch):
    monkeypatch.setattr("txst.synthetic.dataset.find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match=r"txst\[demo\]"):
        photos()


def test_without_scipy_the_remedy_is_named(monkeypatch):
    for module in ("txst.synthetic.drawing", "txst.synthetic.dataset"):
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "scipy.ndimage", None)
    with pytest.raises(ModuleNotFoundError, match=r"txst\[demo\]"):
        importlib.import_module("txst.synthetic.dataset")


@pytest.mark.parametrize("manner", MANNERS)
@pytest.mark.parametrize("shape", [(64, 64), (41, 83)])
def test_a_manner_keeps_size_and_dtype_and_leaves_the_photo_alone(manner, shape, photo):
    subject = np.asarray(Image.fromarray(photo).resize(shape[::-1]))
    before = subject.copy()
    painting = MANNERS[manner](subject, np.random.default_rng(0))
    assert painting.shape == subject.shape
    assert painting.dtype == np.uint8
    assert np.array_equal(subject, before)


@pytest.mark.parametrize("manner", MANNERS)
def test_a_manner_is_the_same_with_the_same_seed_and_another_with_another(manner, photo):
    first, again, other = (MANNERS[manner](photo, np.random.default_rng(seed)) for seed in (0, 0, 1))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("manner", MANNERS)
@pytest.mark.parametrize("value", [0, 255])
def test_a_manner_paints_even_an_empty_photo(manner, value):
    blank = np.full((48, 48, 3), value, np.uint8)
    with np.errstate(all="raise", under="ignore"):
        MANNERS[manner](blank, np.random.default_rng(0))


@pytest.mark.parametrize("manner", MANNERS)
def test_a_painting_still_shows_its_photo(manner):
    half = np.full((96, 96, 3), 230, np.uint8)
    half[:, :48] = 25
    painting = MANNERS[manner](half, np.random.default_rng(0)).mean(2)
    assert painting[:, 48:].mean() > painting[:, :48].mean() + 30


def test_the_set_lies_in_the_layouts_and_depends_on_the_seed_alone(tmp_path):
    for name, seed in (("one", 3), ("same", 3), ("other", 4)):
        draw(tmp_path / name, paintings=2, size=32, seed=seed, crops=3)
    files = {str(f.relative_to(tmp_path / "one")): f for f in (tmp_path / "one").rglob("*.*")}
    assert set(files) == {
        *(f"photos/{n:03}.jpg" for n in (1, 2, 3)),
        *(f"wikiart/Drawn/{m.replace(' ', '-')}_{n:03}.jpg" for m in MANNERS for n in (1, 2)),
    }
    assert [f.name for f in painted_files(tmp_path / "one", "cross stitch")] == [
        "cross-stitch_001.jpg",
        "cross-stitch_002.jpg",
    ]
    for name, file in files.items():
        assert Image.open(file).size == (32, 32)
        assert file.read_bytes() == (tmp_path / "same" / name).read_bytes()
        assert file.read_bytes() != (tmp_path / "other" / name).read_bytes()


def test_more_paintings_leave_the_first_ones_as_they_were(tmp_path):
    draw(tmp_path / "few", paintings=1, size=32, crops=1)
    draw(tmp_path / "more", paintings=2, size=32, crops=2)
    for file in (tmp_path / "few").rglob("*.jpg"):
        assert file.read_bytes() == (tmp_path / "more" / file.relative_to(tmp_path / "few")).read_bytes()


def test_held_out_photos_are_never_drawn(tmp_path, monkeypatch):
    colours = {name: np.full((40, 40, 3), 10 if name in HELD_OUT else 200, np.uint8) for name in FILES}
    monkeypatch.setattr("txst.synthetic.dataset.photos", lambda: colours)
    draw(tmp_path, paintings=0, size=32, crops=2 * len(FILES))
    for file in (tmp_path / "photos").iterdir():
        assert np.asarray(Image.open(file)).mean() > 100
