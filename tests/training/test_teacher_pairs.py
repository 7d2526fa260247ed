"""Photos and what teachers painted of them: who paints what, and that a stopped run goes on."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from txst.models.cartoongan import CartoonGAN
from txst.training.teacher_pairs import jobs, paint_pairs, square


@pytest.fixture
def photos(tmp_path):
    draw = np.random.default_rng(0)
    files = [tmp_path / "photos" / f"{number}.jpg" for number in range(10)]
    files[0].parent.mkdir()
    for number, file in enumerate(files):
        Image.fromarray(draw.integers(0, 256, (40, 30 + 4 * number, 3), np.uint8)).save(file)
    return files


def test_held_out_photos_and_faces_are_painted_by_all_the_others_by_one_in_turn():
    photos = [Path(f"{number}.jpg") for number in range(30)]
    planned = list(jobs(photos, ["a", "b"], 4, {photos[3], photos[29]}))
    assert planned == list(jobs(photos, ["a", "b"], 4, {photos[3], photos[29]}))
    count = Counter((split, photo) for split, photo, _ in planned)
    assert {photo for split, photo in count if split == "heldout"} == set(photos[26:])
    assert all(n == (2 if split == "heldout" or photo == photos[3] else 1) for (split, photo), n in count.items())
    once = Counter(style for split, photo, style in planned if count[split, photo] == 1)
    assert abs(once["a"] - once["b"]) <= 1


def test_pairs_are_written_once_and_hold_the_photo_and_what_the_teacher_paints_of_it(photos, tmp_path):
    torch.manual_seed(1)
    teacher, folder = CartoonGAN(2, 1).eval(), tmp_path / "pairs"
    is_wide = lambda image: image == square(photos[9], 32)  # noqa: E731
    paint_pairs({"a": teacher, "b": teacher}, photos, folder, 32, 2, is_wide)
    written = {file: file.stat().st_mtime_ns for file in folder.rglob("*.png")}
    assert len(list(folder.glob("train/*/*.png"))) == 2 * 8
    assert {file.parent.name for file in folder.glob("heldout/*/9.png")} == {"photos", "a faces", "b faces"}
    shown = np.asarray(Image.open(folder / "heldout/photos/8.png"))
    assert shown.shape == (32, 32, 3)
    with torch.no_grad():
        expected = teacher(torch.from_numpy(shown / 255.0).float().permute(2, 0, 1)[None], {}).image
    found = np.asarray(Image.open(folder / "heldout/a/8.png")) / 255.0
    assert np.abs(found - expected[0].permute(1, 2, 0).numpy()).max() < 1 / 254
    lost = next(folder.glob("train/a/*.png"))
    lost.unlink()
    paint_pairs({"a": teacher, "b": teacher}, photos, folder, 32, 2, is_wide)
    assert lost.exists()
    assert all(file.stat().st_mtime_ns == at for file, at in written.items() if file != lost)


def test_too_few_photos_are_refused(photos, tmp_path):
    with pytest.raises(ValueError, match="3 photos are too few: 2 are held out"):
        paint_pairs({"a": CartoonGAN(2, 1), "b": CartoonGAN(2, 1)}, photos[:3], tmp_path / "pairs", 32, 2)
