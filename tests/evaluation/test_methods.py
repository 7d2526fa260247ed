import numpy as np
import pytest
from drawn import drawn
from hydra.errors import InstantiationException
from PIL import Image

from txst.evaluation.measuring import others, sentence
from txst.evaluation.methods import Colour, Folder, OtherArtist, Untouched, monge_kantorovitch
from txst.evaluation.pairs import Pair


def pixels(picture):
    return np.asarray(picture).reshape(-1, 3) / 255


def mild(seed):
    """No pixel near black or white, so that nothing is clipped."""
    return Image.fromarray((np.asarray(drawn(seed)) * 0.3 + 90).astype(np.uint8))


def test_colour_transfer_gives_the_paintings_mean_and_covariance():
    photo, painting = mild(1), mild(2)
    made = pixels(Colour()(photo, painting, ""))
    assert not np.allclose(np.cov(pixels(photo).T), np.cov(pixels(painting).T), atol=1e-3)
    np.testing.assert_allclose(made.mean(0), pixels(painting).mean(0), atol=1e-3)
    np.testing.assert_allclose(np.cov(made.T), np.cov(pixels(painting).T), atol=1e-4)


def test_a_photo_keeps_its_own_colours():
    photo = drawn(3)
    difference = np.abs(np.asarray(Colour()(photo, photo, ""), int) - np.asarray(photo))
    assert difference.max() <= 1


def test_of_independent_channels_the_map_is_the_ratio_of_deviations():
    made = monge_kantorovitch(np.diag([4.0, 1.0, 9.0]), np.diag([1.0, 4.0, 9.0]))
    np.testing.assert_allclose(made, np.diag([0.5, 2.0, 1.0]), atol=1e-12)


def test_the_map_is_symmetric_as_the_one_that_moves_least_is():
    a, b = np.cov(pixels(drawn(4)).T), np.cov(pixels(drawn(5)).T)
    made = monge_kantorovitch(a, b)
    np.testing.assert_allclose(made, made.T, atol=1e-9)
    np.testing.assert_allclose(made @ a @ made, b, atol=1e-9)


@pytest.mark.parametrize("photo", [drawn(6).convert("L").convert("RGB"), Image.new("RGB", (9, 7), "grey")])
def test_grey_and_blank_photos_get_through(photo):
    made = Colour()(photo, drawn(7), "")
    assert made.size == photo.size


def test_the_untouched_photo_is_the_photo():
    photo = drawn(8)
    assert Untouched()(photo, drawn(9), "titian") is photo


def test_a_text_driven_model_is_told_the_name_and_is_blind_to_the_painting(model_folder):
    method = Folder(model_folder, device="cpu")
    assert method.driven_by == "name"
    photo = drawn(10)
    assert method(photo, drawn(11), "titian").tobytes() == method(photo, drawn(12), "titian").tobytes()
    assert method(photo, drawn(11), "titian").tobytes() != method(photo, drawn(11), "monet").tobytes()
    with pytest.raises(ValueError, match=r"data\.table"):
        method(photo, drawn(11), "")


def test_it_can_be_shown_the_painting_too(model_folder):
    method = Folder(model_folder, show=True, device="cpu")
    assert method.driven_by == "picture"
    photo = drawn(10)
    assert method(photo, drawn(11), "titian").tobytes() != method(photo, drawn(12), "titian").tobytes()
    assert method(photo, drawn(11), "titian").tobytes() == method.repaint(photo, drawn(11)).tobytes()


def test_the_wrong_artist_is_never_the_right_one():
    pairs = [Pair(str(i), str(i), "abc"[i % 3], "", "", "test") for i in range(30)]
    wrong = others(pairs, 0)
    assert all(a.artist != b.artist for a, b in zip(pairs, wrong, strict=True))
    assert others(pairs, 0) == wrong != others(pairs, 1)
    with pytest.raises(ValueError, match="only one artist"):
        others(pairs[:1], 0)


def test_the_wrong_artist_is_painted_by_the_method_it_takes():
    method = OtherArtist()
    method.take("colour", Colour())
    assert method.driven_by == "colour, wrong picture"
    assert method(mild(1), mild(2), "").tobytes() == Colour()(mild(1), mild(2), "").tobytes()


def test_an_error_is_told_in_one_line_by_the_cause_that_hydra_wraps():
    own = FileNotFoundError("no weights at x\nmore")
    own.__cause__ = OSError("what the house has put in its own words already")
    error = InstantiationException("Error in call to target")
    error.__cause__ = own
    assert sentence(error) == "FileNotFoundError: no weights at x"
