import io
import json
import tarfile

import fsspec
import pytest
from drawn import drawn, encoded
from test_paintings import keys, module

from txst.data.foreign_shards import side
from txst.data.samples import ShardError

PER_SHARD = 60


def img2dataset(folder, numbers=range(2), texts=True, kind="JPEG", **fields):
    """What img2dataset writes with --output_format webdataset: its members, their order and the fields of the json."""
    folder.mkdir(exist_ok=True)
    for number in numbers:
        with tarfile.open(folder / f"{number:05d}.tar", "w") as tar:
            for n in range(PER_SHARD):
                key, caption = f"{number:05d}{n:04d}", f"A Painting by Painter{n % 3}"
                facts = {
                    "caption": caption, "url": f"https://example.org/{key}.jpg", "key": key, "status": "success",
                    "error_message": None, "width": 40, "height": 32, "original_width": 400, "exif": "{}", "sha256": "0",
                } | {name: value(n) for name, value in fields.items()}  # fmt: skip
                jpg = encoded(drawn(PER_SHARD * number + n, (40, 32)), kind)
                members = {"jpg" if kind == "JPEG" else "png": jpg, "json": json.dumps(facts).encode()}
                for ending, data in (members | ({"txt": caption.encode()} if texts else {})).items():
                    member = tarfile.TarInfo(f"{key}.{ending}")
                    member.size = len(data)
                    tar.addfile(member, io.BytesIO(data))
        (folder / f"{number:05d}_stats.json").write_text("{}")
        (folder / f"{number:05d}.parquet").write_bytes(b"PAR1")
    return str(folder)


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_shards_of_img2dataset_train_as_content_and_as_style(tmp_path, kind):
    source = img2dataset(tmp_path / "laion", kind=kind)
    data = module(source, source, works=2, batch_size=4, batches=10)
    batches = list(data.train_dataloader())
    assert all(batch["style"].shape == batch["content"].shape == (4, 3, 24, 24) for batch in batches)
    assert {name for batch in batches for name in batch["prompt"]} == {f"a painting by painter{n}" for n in range(3)}
    assert data.names == [f"a painting by painter{n}" for n in range(3)]
    assert not any(batch["skipped"] for batch in batches)


def test_no_picture_is_trained_and_validated_on(tmp_path):
    source = img2dataset(tmp_path / "laion")
    data = module(source, source, batches=60)
    train = {key for pair in keys(data.train_dataloader()) for key in pair.split()}
    test = {key for pair in keys(data.val_dataloader()[0]) for key in pair.split()}
    assert test
    assert not train & test


def test_one_picture_in_twenty_is_kept_for_validation():
    sides = [side(str(n).encode()) for n in range(4000)]
    assert sides.count("test") / 4000 == pytest.approx(0.05, abs=0.01)


def test_a_field_of_the_json_can_name_the_styles(tmp_path):
    source = img2dataset(
        tmp_path / "art", artist=lambda n: ["Van Gogh", "claude-monet"][n % 2], license=lambda n: "CC0 1.0"
    )
    data = module(source, source, prompt="artist", licence="cc0")
    assert data.names == ["claude monet", "vincent van gogh"]
    for batch in data.train_dataloader():
        assert set(batch["prompt"]) <= {"claude monet", "vincent van gogh"}
        assert len(set(batch["artist"].tolist())) == len(set(batch["prompt"]))


def test_photos_need_no_text_and_styles_without_the_field_are_told_the_fields_there_are(tmp_path):
    source = img2dataset(tmp_path / "mute", texts=False)
    data = module(source, source, prompt="caption")
    assert len(list(data.train_dataloader())) == 3
    with pytest.raises(ShardError, match=r"no 'artist' with it: let data\.prompt be txt, or a field .*caption, url"):
        list(module(source, source, prompt="artist").val_dataloader())


def test_one_tar_file_or_an_address_of_many_can_be_named(tmp_path):
    source = img2dataset(tmp_path / "laion", numbers=range(3))
    store = fsspec.filesystem("memory")
    store.put(source, "/bucket/laion", recursive=True)
    near = module(f"{source}/0000*.tar", f"{source}/00001.tar", batches=1)
    far = module("memory://bucket/laion/{00000..00002}.tar", "memory://bucket/laion/00001.tar", batches=1)
    tails = [
        [key.rsplit("/")[-1] for pair in keys(data.train_dataloader()) for key in pair.split()] for data in (near, far)
    ]
    assert tails[0] == tails[1]


def test_a_folder_whose_making_was_cut_short_is_not_taken_for_foreign(tmp_path):
    source = img2dataset(tmp_path / "laion")
    (tmp_path / "laion/progress.json").write_text("{}")
    with pytest.raises(ValueError, match=r"no manifest\.json: its making was cut short"):
        module(source, source)
