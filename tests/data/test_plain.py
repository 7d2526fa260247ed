"""Pictures as they lie in a folder, in place of shards."""

import random

import pytest
import torch
from PIL import Image

from txst.data import plain
from txst.data.epoch import collate
from txst.data.module import Paintings
from txst.data.samples import ShardError, read_shard
from txst.data.sources import shards
from txst.data.stream import Stream, Tally


@pytest.fixture
def folder(tmp_path):
    for number in range(21):
        Image.new("RGB", (90, 70), (10 * number, 0, 0)).save(tmp_path / f"Photo_{number:02}.png")
    return tmp_path


def test_one_of_twenty_is_kept_for_validation_and_of_few_none(folder):
    train, test = shards(str(folder), "train"), shards(str(folder), "test")
    assert (len(train), len(test)) == (19, 2)
    assert not {*train} & {*test}
    few = [str(folder / f"Photo_{number:02}.png") for number in range(3)]
    assert shards(few, "train") == shards(few, "test") == few


def test_a_picture_is_a_sample_named_after_its_file_and_shrunk(folder):
    Image.new("RGB", (2000, 1000)).save(folder / "large.png")
    (sample,) = read_shard(str(folder / "large.png"))
    assert sample["artist"] == "large"
    assert len(sample["jpg"]) < 100_000
    image = Stream([str(folder / "large.png")], 32, 48).decoded([sample], [(40, (0, 0, False))], Tally())[0]
    assert image["image"].shape == (3, 32, 32)


def test_of_single_pictures_no_more_are_held_than_there_are(folder):
    stream = Stream(shards(str(folder), "train"), 32, 48)
    assert stream.window == 19
    batch = next(stream.batches(random.Random(0), 4))
    assert len({sample["key"] for sample in batch}) > 1


def test_a_broken_picture_is_named(folder):
    (folder / "broken.jpg").write_bytes(b"\xff\xd8")
    with pytest.raises(ShardError, match=r"broken\.jpg is no picture that can be read"):
        list(read_shard(str(folder / "broken.jpg")))


def test_a_text_is_a_style_without_a_picture_and_does_not_mix_with_pictures(folder):
    data = Paintings(str(folder), None, size=32, resize=48, batch_size=2, batches=1, workers=0, text="Ink Wash")
    batch = next(iter(data.train_dataloader()))
    assert batch["prompt"] == ["Ink Wash"] * 2
    assert "style" not in batch
    assert data.names == ["Ink Wash"]
    image = {"image": torch.zeros(3, 4, 4), **plain.sample_of(str(folder / "Photo_00.png"))}
    with pytest.raises(ValueError, match="and not both"):
        collate([image] * 2, [image, plain.sample_of(f"{plain.TEXT}ink")])


def test_sample_photos_are_written_once(tmp_path):
    pytest.importorskip("skimage")
    folder = plain.sample_photos(tmp_path / "photos", count=2, size=64)
    files = sorted((tmp_path / "photos").iterdir())
    times = [file.stat().st_mtime_ns for file in files]
    assert plain.sample_photos(tmp_path / "photos", count=2, size=64) == folder
    assert [file.stat().st_mtime_ns for file in files] == times
    assert len(files) == 2
