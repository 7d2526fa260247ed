import json
import os
import runpy
import tarfile
from pathlib import Path

import pytest
from drawn import drawn, encoded

from txst.data import shards, survey
from txst.data.layouts import Picture, find

SCRIPT = Path(__file__).parents[2] / "scripts/make_shards.py"


def pack(folder, out, **options):
    return shards.make_shards(find("wikiart", folder), out, **{"test": 0.25, "per_shard": 5} | options)


def contents(out):
    return {file.name: file.read_bytes() for file in out.iterdir() if file.name != "checked.jsonl"}


def facts(out):
    """The json of every sample, by shard and key."""
    rows = {}
    for file in sorted(out.glob("*.tar")):
        with tarfile.open(file) as tar:
            for name in tar.getnames():
                if name.endswith(".json"):
                    rows[file.name, name] = json.load(tar.extractfile(name))
    return rows


def test_same_pictures_give_the_same_bytes(paintings, tmp_path):
    pack(paintings, tmp_path / "a")
    for file in paintings.rglob("*.jpg"):
        os.utime(file, (1, 1))
    pack(paintings, tmp_path / "b")
    assert contents(tmp_path / "a") == contents(tmp_path / "b")


def test_the_manifest_tells_what_the_shards_hold(paintings, tmp_path):
    manifest = pack(paintings, tmp_path / "out", heldout={"artist 2"})
    assert manifest == json.loads((tmp_path / "out/manifest.json").read_text())
    rows = facts(tmp_path / "out")
    assert manifest["counts"] == {"heldout": 4, "test": 5, "train": 15}
    assert len({key for _, key in rows}) == 24
    for (shard, _), row in rows.items():
        assert shard.startswith(row["split"] + "-")
        assert (row["split"] == "heldout") == (row["artist"] == "artist 2")
        assert {"id": row["artist_id"], "name": row["artist"], "count": 4} in manifest["artists"]
    for name, shard in manifest["shards"].items():
        assert shard["sha256"] == shards.file_hash(tmp_path / "out" / name)
        assert shard["samples"] == sum(name == n for n, _ in rows)


def test_a_run_cut_short_leaves_whole_shards_only_and_is_continued(paintings, tmp_path, monkeypatch):
    pack(paintings, tmp_path / "clean")
    out, written = tmp_path / "out", []

    def broken_off(path, samples):
        written.append(path.name)
        samples = list(samples)
        original(path, [*samples[:2], None] if len(written) == 3 else samples)

    original = shards.write_shard
    with monkeypatch.context() as patch:
        patch.setattr(shards, "write_shard", broken_off)
        with pytest.raises(TypeError):
            pack(paintings, out)
    assert sorted(file.name for file in out.glob("*.tar")) == written[:2]
    assert not (out / "manifest.json").exists()
    done = {name: (out / name).stat().st_mtime_ns for name in written[:2]}
    monkeypatch.setattr(survey, "inspect", None)  # all were looked over before
    pack(paintings, out)
    assert done == {name: (out / name).stat().st_mtime_ns for name in done}
    assert contents(out) == contents(tmp_path / "clean")


def test_looking_over_continues_where_it_was_cut_short(paintings, tmp_path, monkeypatch):
    original, seen = survey.inspect, []

    def inspect(data, smallest):
        seen.append(data)
        if len(seen) == 10:
            raise KeyboardInterrupt
        return original(data, smallest)

    monkeypatch.setattr(survey, "inspect", inspect)
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    with pytest.raises(KeyboardInterrupt):
        pack(paintings, tmp_path / "out")
    with (tmp_path / "out/checked.jsonl").open("a") as memory:
        memory.write('["half a li')
    before = len(seen)
    pack(paintings, tmp_path / "out")
    assert len(seen) - before <= 24 - 9


def test_a_damaged_shard_is_made_again_and_the_others_are_kept(paintings, tmp_path):
    pack(paintings, tmp_path / "out")
    before = contents(tmp_path / "out")
    times = {name: (tmp_path / "out" / name).stat().st_mtime_ns for name in before}
    (tmp_path / "out/train-000001.tar").write_bytes(b"damage")
    pack(paintings, tmp_path / "out")
    assert contents(tmp_path / "out") == before
    new = {name for name in before if (tmp_path / "out" / name).stat().st_mtime_ns != times[name]}
    assert new == {"train-000001.tar", "manifest.json"}


def test_a_changed_picture_or_plan_is_packed_anew(paintings, tmp_path):
    out = tmp_path / "out"
    pack(paintings, out, heldout={"artist 1"})
    pack(paintings, out, test=0)
    assert {file.name.split("-")[0] for file in out.glob("*.tar")} == {"train"}
    next(paintings.rglob("*.jpg")).write_bytes(encoded(drawn(999)))
    pack(paintings, out)
    pack(paintings, tmp_path / "clean")
    assert contents(out) == contents(tmp_path / "clean")


def test_bad_pictures_and_names_are_listed_with_the_reason_and_left_out(paintings, tmp_path):
    folder = paintings / "Movement_0"
    (folder / "a_truncated.jpg").write_bytes(encoded(drawn(1, (300, 300)))[:5000])
    (folder / "a_text.jpg").write_text("not found")
    (folder / "a_tiny.jpg").write_bytes(encoded(drawn(2, (40, 40))))
    (folder / "joaquÃ­n-sorolla_beach.jpg").write_bytes(encoded(drawn(3)))
    pictures = [*find("wikiart", paintings), Picture(folder / "a_lost.jpg", "a")]
    manifest = shards.make_shards(pictures, tmp_path / "out")
    reasons = {Path(row["file"]).name: row["reason"] for row in manifest["skipped"]}
    assert "truncated" in reasons.pop("a_truncated.jpg")
    assert "not a picture" in reasons.pop("a_text.jpg")
    assert "too small" in reasons.pop("a_tiny.jpg")
    assert "no such file" in reasons.pop("a_lost.jpg")
    assert "garbled" in reasons.pop("joaquÃ­n-sorolla_beach.jpg")
    assert not reasons
    assert sum(manifest["counts"].values()) == len(facts(tmp_path / "out")) == 24
    assert "left out Movement_0/a_tiny.jpg: too small: 40 x 40, below 64" in shards.summary(manifest)


def test_names_round_trip_in_one_spelling_and_with_one_number(tmp_path):
    for seed, name in enumerate(["Joaquín Sorolla", "joaqui\u0301n-sorolla", "Van Gogh", "vincent van gogh"]):
        (tmp_path / f"{seed}.jpg").write_bytes(encoded(drawn(seed)))
        (tmp_path / "table.csv").open("a").write(f"{'file,artist,title' if seed == 0 else ''}\n{seed}.jpg,{name},Ö. 1")
    manifest = shards.make_shards(find("folder", tmp_path, tmp_path / "table.csv"), tmp_path / "out")
    assert [(row["name"], row["count"]) for row in manifest["artists"]] == [
        ("joaquin sorolla", 2),
        ("vincent van gogh", 2),
    ]
    rows = facts(tmp_path / "out").values()
    assert {row["artist"] for row in rows} == {"joaquin sorolla", "vincent van gogh"}
    assert len({row["artist_id"] for row in rows}) == 2
    assert {row["title"] for row in rows} == {"Ö. 1"}


def test_numbers_of_names_are_the_same_in_every_set_and_fit_a_tensor():
    assert survey.name_id("claude monet") == survey.name_id("claude monet") < 2**63
    assert survey.name_id("") == -1


def test_no_usable_picture_is_an_error_that_says_why(tmp_path):
    (tmp_path / "a_b.jpg").write_text("")
    with pytest.raises(ValueError, match="none of 1 pictures"):
        pack(tmp_path, tmp_path / "out")


def test_unknown_artists_to_hold_out_are_named(paintings, tmp_path):
    with pytest.raises(ValueError, match="nobody"):
        pack(paintings, tmp_path / "out", heldout={"nobody"})


def test_any_webdataset_reader_reads_the_shards(paintings, tmp_path):
    webdataset = pytest.importorskip("webdataset")
    pack(paintings, tmp_path / "out")
    files = [str(file) for file in (tmp_path / "out").glob("*.tar")]
    rows = list(webdataset.WebDataset(files, shardshuffle=False, empty_check=False).decode("pil"))
    assert len(rows) == 24
    assert all(row["jpg"].size == (96, 80) and row["json"]["artist"] for row in rows)


def test_the_script_packs_and_tells(paintings, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(
        "sys.argv", ["make_shards.py", "wikiart", str(paintings), str(tmp_path / "out"), "--test", "0.25"]
    )
    with pytest.raises(SystemExit, match="0"):
        runpy.run_path(str(SCRIPT), run_name="__main__")
    assert "packed 6 test, 18 train pictures under 6 names" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["coco", "nowhere", "out"], "nowhere is no folder"),
        (["coco", "empty", "out"], "no pictures in"),
        (["folder", "paintings", "out", "--csv", "lost.csv"], "lost.csv"),
        (["coco", "paintings", "out", "--holdout", "lost.txt"], "neither a number of artists nor a file"),
        (["coco", "paintings", "table.csv/out"], "table.csv"),
        (["folder", "paintings", "out", "--csv", "table.csv"], "has no column `file`"),
        (["coco", "paintings", "out", "--test", "1.5"], "--test 1.5: give a share"),
        (["coco", "paintings", "out", "--size", "-5"], "--size -5"),
    ],
)
def test_the_script_says_what_is_wrong_in_a_line(paintings, tmp_path, monkeypatch, capsys, arguments, says):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "table.csv").write_text("name\nx\n")
    monkeypatch.setattr("sys.argv", ["make_shards.py", *arguments])
    with pytest.raises(SystemExit, match="1"):
        runpy.run_path(str(SCRIPT), run_name="__main__")
    error = capsys.readouterr().err
    assert says in error
    assert error.startswith("make_shards: ")
    assert error.count("\n") == 1


@pytest.mark.parametrize("wrong", [{"test": 1.5}, {"test": -0.1}, {"test": 1}, {"size": -5}, {"smallest": -1}])
def test_a_number_out_of_its_range_is_refused_with_the_range(tmp_path, wrong):
    (name,) = wrong
    with pytest.raises(ValueError, match=rf"--{name} {wrong[name]}.*: give .* 0 or more"):
        shards.make_shards([], tmp_path / "out", **wrong)
    assert not (tmp_path / "out").exists()
