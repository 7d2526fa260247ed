"""Shards in, painted shards out: every sample once, whatever was killed."""

import io
import json
import os
import shutil
import signal
import tarfile
from pathlib import Path

import numpy as np
import pytest
from killed import run_until_renamed
from PIL import Image
from small import CONF, SMALL

from txst import Stylist
from txst.files.note import read_note
from txst.pictures.formats import READ

SCRIPT = CONF.parent / "scripts/infer_shards.py"
ASKED = {"style": "titian", "variation": 0, "nearest": False}  # as the script asks
SIZES = ((48, 40), (40, 48), (48, 40), (33, 57))


def write_shard(path, samples):
    with tarfile.open(path, "w") as tar:
        for name, data in samples:
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))


def encoded(seed, size, kind="jpeg", **how):
    pixels = np.random.default_rng(seed).integers(0, 256, (6, 6, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).resize(size, Image.Resampling.BICUBIC).save(file, kind, **how)
    return file.getvalue()


@pytest.fixture
def source(tmp_path):
    """Six shards of four pictures each, one of them a PNG that is turned, and one broken."""
    folder = tmp_path / "source"
    folder.mkdir()
    turned = Image.Exif()
    turned[0x0112] = 6
    for shard in range(6):
        files = []
        for number, size in enumerate(SIZES):
            key = f"{shard}{number}"
            kind = "png" if number == 2 else "jpg"
            picture = encoded(shard * 4 + number, size, "png", exif=turned) if number == 2 else encoded(number, size)
            files += [(f"{key}.{kind}", picture), (f"{key}.cls", b"7"), (f"{key}.json", b'{"a": 1}')]
        if shard == 1:
            files[0] = (files[0][0], b"no picture")
        write_shard(folder / f"{shard:03d}.tar", files)
    return folder


def held(shard):
    with tarfile.open(shard) as tar:
        return {entry.name: tar.extractfile(entry).read() for entry in tar}


@pytest.fixture
def batches(monkeypatch):
    from txst.commands.batches import Batches
    from txst.inference.composing import Settings

    monkeypatch.setenv("RANK", "0")  # put back afterwards
    monkeypatch.setenv("WORLD_SIZE", "1")
    stylist = Stylist.from_pretrained(SMALL)
    return lambda asked=ASKED, **settings: Batches(stylist, asked, Settings(**settings), size=3, workers=2)


def test_samples_keep_keys_order_and_files_and_their_pictures_are_those_of_the_stylist(source, tmp_path, batches):
    from txst.commands.infer_shards import paint_shards

    shutil.copy(source / "000.tar", tmp_path / "one.tar")
    assert paint_shards(str(tmp_path / "one.tar"), tmp_path / "out", batches(colour=0.5)) == (0, 0, 0)
    before, after = held(tmp_path / "one.tar"), held(tmp_path / "out/one.tar")
    assert [name for name in after if name.endswith("cls")] == [f"0{n}.cls" for n in range(4)]
    assert {name: data for name, data in after.items() if not name.endswith("jpg")} == {
        name: data for name, data in before.items() if name.endswith(("cls", "json"))
    }
    stylist = Stylist.from_pretrained(SMALL)
    for number in range(4):
        photo = before.get(f"0{number}.jpg") or before[f"0{number}.png"]
        (tmp_path / "painted.jpg").write_bytes(after[f"0{number}.jpg"])
        stylist(photo, "titian", colour=0.5).save(tmp_path / "alone.jpg")
        painted, alone = (np.asarray(Image.open(tmp_path / f"{name}.jpg"), int) for name in ("painted", "alone"))
        assert painted.shape == alone.shape
        assert np.abs(painted - alone).max() <= 8  # a level of the painting, as JPEG gives it
        assert json.loads(read_note(tmp_path / "painted.jpg").removeprefix("txst "))["photo"] == f"0{number}"


def test_what_cannot_be_painted_is_listed_and_what_is_there_stays(source, tmp_path, batches):
    from txst.commands.infer_shards import MANIFEST, paint_shards

    out = tmp_path / "out"
    assert paint_shards(str(source), out, batches()) == (0, 0, 1)
    manifest = json.loads((out / MANIFEST).read_text())
    assert manifest["failures"]["001.tar"] == {"10": f"10: not a picture that can be read: {READ} are"}
    assert manifest["painted"] == sum(manifest["shards"].values()) == manifest["samples"] - 1
    assert (manifest["style"], manifest["shards"]["001.tar"]) == ("titian", 3)
    times = {file.name: file.stat().st_mtime_ns for file in out.glob("*.tar")}
    assert paint_shards(str(source), out, batches()) == (0, 0, 1)
    assert times == {file.name: file.stat().st_mtime_ns for file in out.glob("*.tar")}
    with pytest.raises(ValueError, match=r"painted otherwise \(colour 1.0, not 0.0\): name another folder"):
        paint_shards(str(source), out, batches(colour=0.0))


@pytest.mark.parametrize("at", [lambda whole: len(whole) // 2, lambda whole: whole.index(b"03.jpg\0")])
def test_a_shard_that_is_cut_is_left_until_it_is_whole(source, tmp_path, batches, capsys, at):
    from txst.commands.infer_shards import MANIFEST, paint_shards

    uploading, whole = tmp_path / "uploading.tar", (source / "000.tar").read_bytes()
    uploading.write_bytes(whole[: at(whole)])
    assert paint_shards(str(uploading), tmp_path / "out", batches()) == (1, 1, 0)
    assert "uploading.tar: is no whole shard" in capsys.readouterr().out
    assert [file.name for file in (tmp_path / "out").iterdir()] == ["settings.json"]
    uploading.write_bytes(whole)
    assert paint_shards(str(uploading), tmp_path / "out", batches()) == (0, 0, 0)
    assert json.loads((tmp_path / "out" / MANIFEST).read_text())["painted"] == 4


def test_another_style_picture_of_the_same_name_wants_another_folder(source, tmp_path, batches):
    from txst.commands.infer_shards import check_settings

    says = []
    for seed in range(2):
        (tmp_path / "style.png").write_bytes(encoded(seed, (40, 40), "png"))
        made = batches({"style_image": tmp_path / "style.png"})
        says.append(made.says | made.contents)
    check_settings(tmp_path / "settings.json", says[0])
    with pytest.raises(ValueError, match=r"painted otherwise .*pictures"):
        check_settings(tmp_path / "settings.json", says[1])


def test_nothing_is_written_over_that_this_command_has_not_written(source, tmp_path, batches):
    from txst.commands.infer_shards import paint_shards

    was = (source / "000.tar").read_bytes()
    with pytest.raises(ValueError, match=r"\d.tar: is there already, and not painted by this command"):
        paint_shards(str(source / "000.tar"), source, batches())
    assert (source / "000.tar").read_bytes() == was
    assert not (source / "settings.json").exists()
    (tmp_path / "out").mkdir()
    (tmp_path / "out/settings.json").write_text("mine")
    with pytest.raises(ValueError, match=r"settings.json is not of this command"):
        paint_shards(str(source / "000.tar"), tmp_path / "out", batches())
    (source / "000.tar").rename(source / "settings.tar")
    with pytest.raises(ValueError, match=r"a shard is called settings.tar"):
        paint_shards(str(source), tmp_path / "out", batches())


def test_a_mask_beside_a_photo_stays_and_odd_shards_are_told(tmp_path, batches, capfd):
    from txst.commands.infer_shards import paint_shards

    photo, mask = encoded(0, (48, 40)), encoded(1, (48, 40), "png")
    write_shard(tmp_path / "a.tar", [("k.jpg", photo), ("k.png", mask), ("f\udcfc.jpg", b"no picture")])
    write_shard(tmp_path / "b.tar", [("k.jpg", photo), ("l.jpg", photo), ("l.jpg", photo)])
    assert paint_shards(f"{tmp_path}/[ab].tar", tmp_path / "out", batches()) == (0, 0, 2)
    assert held(tmp_path / "out/a.tar")["k.png"] == mask
    told = capfd.readouterr().err
    assert r"a.tar: f\udcfc: not a picture that can be read" in told
    assert "b.tar: is no whole shard, and what follows is left out (l.jpg: duplicate file name" in told
    assert json.loads((tmp_path / "out/a.json").read_text())["failures"].keys() == {"f\udcfc"}


@pytest.mark.parametrize(
    ("environment", "place"),
    [
        ({}, (0, 1)),
        ({"RANK": "3", "WORLD_SIZE": "8", "SLURM_ARRAY_TASK_ID": "1"}, (3, 8)),
        ({"SLURM_ARRAY_TASK_ID": "12", "SLURM_ARRAY_TASK_MIN": "10", "SLURM_ARRAY_TASK_COUNT": "4"}, (2, 4)),
        ({"SLURM_ARRAY_TASK_ID": "6", "SLURM_ARRAY_TASK_STEP": "2", "SLURM_ARRAY_TASK_COUNT": "4"}, (3, 4)),
        ({"SLURM_STEP_NUM_TASKS": "8", "SLURM_PROCID": "5"}, (5, 8)),
        ({"SLURM_STEP_NUM_TASKS": "2", "SLURM_PROCID": "1", "SLURM_ARRAY_TASK_ID": "3", "SLURM_ARRAY_TASK_COUNT": "4"}, (7, 8)),
        ({"SLURM_NTASKS": "8", "SLURM_PROCID": "0"}, (0, 1)),  # in the batch script itself, which is one process
    ],
)  # fmt: skip
def test_a_rank_is_torchruns_or_that_of_an_array_and_its_tasks(monkeypatch, environment, place):
    from txst.commands import infer_shards

    monkeypatch.setattr(os, "environ", dict(environment))
    assert infer_shards.set_rank() == place


def test_a_rank_without_their_number_is_refused(monkeypatch):
    from txst.commands import infer_shards

    monkeypatch.setattr(os, "environ", {"RANK": "0"})
    with pytest.raises(ValueError, match="WORLD_SIZE"):
        infer_shards.set_rank()


def run(source, out, rank, most=10**6):
    environment = os.environ | {"RANK": str(rank), "WORLD_SIZE": "2"}
    command = [str(SCRIPT), str(source), str(out), "--style", "titian", "--model", str(SMALL)]
    return run_until_renamed(most, ".tar", *command, "--batch", "2", "--workers", "1", env=environment)


@pytest.mark.slow
def test_two_processes_killed_and_started_again_give_each_sample_once_and_the_bytes_of_an_unbroken_run(
    source, tmp_path, batches
):
    from txst.commands.infer_shards import MANIFEST, paint_shards

    for shard in source.glob("*.tar"):  # larger ones, so that a kill comes in the middle of one
        files = held(shard)
        write_shard(shard, [(f"{n:03d}{name}", data) for n in range(20) for name, data in files.items()])
    out, whole = tmp_path / "out", tmp_path / "whole"
    for process in [run(source, out, rank, most=2) for rank in range(2)]:
        said = process.communicate(timeout=60)[1]
        assert process.returncode == -signal.SIGKILL, said
    assert len(list(out.glob("*.tar"))) == 2
    for process in [run(source, out, rank) for rank in range(2)]:
        said = process.communicate(timeout=60)[1]
        assert (process.returncode, b"20 pictures could not be painted" in said) in ((0, False), (1, True)), said
    assert paint_shards(str(source), whole, batches()) == (0, 0, 20)
    assert sorted(path.name for path in out.iterdir()) == sorted(path.name for path in whole.iterdir())
    for shard in sorted(source.glob("*.tar")):
        assert Path(out, shard.name).read_bytes() == Path(whole, shard.name).read_bytes()
    manifest = json.loads((out / MANIFEST).read_text())
    assert (manifest["samples"], manifest["painted"]) == (480, 460)
    assert list(manifest["failures"]) == ["001.tar"]
