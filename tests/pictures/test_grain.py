"""Grain in flat places of photos, for models that ask for it."""

import shutil

import numpy as np
import pytest
import yaml

from txst import Photo, Stylist
from txst.model_folder.config import ModelFolderError
from txst.pictures.grain import grained

SKY = np.full((300, 280, 3), 120, np.uint8)
BUSY = np.random.default_rng(1).integers(0, 256, SKY.shape, dtype=np.uint8)


def change(pixels, amount=0.04):
    return grained(pixels, amount).astype(float) - pixels


def test_a_flat_place_gets_grey_noise_of_the_deviation_that_is_asked_for():
    noise = change(SKY)
    assert noise.std() == pytest.approx(0.04 * 255, rel=0.1)
    assert abs(noise.mean()) < 1
    assert (noise == noise[..., :1]).all()
    assert np.corrcoef(noise[:-20, :, 0].ravel(), noise[20:, :, 0].ravel())[0, 1] < 0.05


def test_what_is_rich_in_detail_stays_and_so_does_what_asks_for_none():
    assert np.abs(change(BUSY)).mean() < 0.5
    photo = Photo(SKY)
    assert photo.grained(0) is photo
    assert photo.grained(0.04) is photo.grained(0.04)


def test_a_large_picture_has_no_seams_where_its_rows_are_worked_on_in_turn():
    noise = change(np.full((600, 40, 3), 90, np.uint8))[..., 0]
    steps = np.abs(np.diff(noise, axis=0)).mean(1)
    assert steps[255] < 2 * steps.mean()


@pytest.fixture
def with_grain(named_folder, tmp_path):
    def made(grain):
        folder = shutil.copytree(named_folder, tmp_path / f"grain{grain}")
        config = yaml.safe_load((folder / "config.yaml").read_text())
        config["model"]["grain"] = grain
        (folder / "config.yaml").write_text(yaml.safe_dump(config))
        return folder

    return made


@pytest.mark.parametrize("backend", ["onnxruntime", "torch"])
def test_a_model_that_asks_for_grain_paints_what_one_without_paints_of_the_grained_photo(
    with_grain, named_folder, backend
):
    photo = SKY[:48, :40]
    plain, grainy = (
        Stylist.from_pretrained(f, device="cpu", backend=backend) for f in (named_folder, with_grain(0.05))
    )
    painted = grainy(photo, "claude monet")
    assert (painted == plain(grained(photo, 0.05), "claude monet")).all()
    assert (painted != plain(photo, "claude monet")).any()
    assert (grainy(photo, "claude monet", strength=0) == photo).all()


@pytest.mark.parametrize("grain", ["much", -0.1, 5, True, float("nan")])
def test_grain_that_is_none_is_refused(with_grain, grain):
    with pytest.raises(ModelFolderError, match=r"model\.grain is"):
        Stylist.from_pretrained(with_grain(grain), backend="onnxruntime")
