"""A board that is made again, and methods that are not trained yet."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from txst.evaluation.flicker import flicker
from txst.evaluation.methods import OnePerArtist, Untouched
from txst.evaluation.pairs import Pair


def test_rows_are_measured_once_and_anew_where_something_has_changed(board, capsys, model_folder, tmp_path):
    import shutil

    own = shutil.copytree(model_folder, tmp_path / "own")
    asked = ("methods=[untouched,other]", f"models=[{own}]", "cost=[]", "flicker=0", "metric=[content]", "best=content")
    first = board(*asked)
    capsys.readouterr()
    again = board(*asked)
    said = capsys.readouterr().err
    assert [f"{name}: as measured before" in said for name in ("untouched", "own", "other")] == [True] * 3
    assert again["methods"] == first["methods"]
    assert len(list((tmp_path / "run/pictures/own").iterdir())) == 6
    weights = own / "model.safetensors"
    weights.write_bytes(weights.read_bytes())  # another time, as of another training
    board(*asked)
    said = capsys.readouterr().err
    assert [f"{name}: as measured before" in said for name in ("untouched", "own", "other")] == [True, False, False]
    board(*asked, "size=24")
    assert "as measured before" not in capsys.readouterr().err


def test_what_painting_costs_is_measured_by_itself_and_once(board, capsys, model_folder, monkeypatch):
    asked = ("methods=[untouched]", f"models=[{model_folder}]", "flicker=0", "metric=[content]", "best=content")
    board(*asked, "cost=[]")
    capsys.readouterr()
    name = Path(model_folder).name
    first = board(*asked, "cost=[16]")
    assert f"{name}: as measured before" in capsys.readouterr().err
    assert first["methods"][name]["figures"]["gflop_16"]["value"] > 0
    monkeypatch.setattr("txst.evaluation.board.cost_figures", lambda *_: pytest.fail("measured twice"))
    assert board(*asked, "cost=[16]")["methods"] == first["methods"]
    monkeypatch.setattr("txst.evaluation.board.cost_figures", lambda *_: {"ms_24": {"value": 7.0, "n": 1}})
    assert board(*asked, "cost=[24]")["methods"][name]["figures"]["ms_24"]["value"] == 7


def test_methods_that_are_not_trained_are_left_out_with_a_line(board, capsys, tmp_path):
    result = board("methods=[untouched,sanet,johnson]", f"trained={tmp_path}/models")
    assert list(result["methods"]) == ["untouched"]
    assert result["facts"]["not trained"].startswith("sanet, johnson: nothing is in ")
    assert "left out, for they are not trained: sanet, johnson" in capsys.readouterr().err
    with pytest.raises(ValueError, match="no method is left to compare: sanet"):
        board("methods=[sanet]", f"trained={tmp_path}/models")


def test_a_method_that_is_blind_to_where_it_looks_does_not_flicker():
    photo = Image.fromarray(np.random.default_rng(0).integers(0, 256, (24, 40, 3), np.uint8))

    def noisy(picture, painting, artist):
        draw = np.random.default_rng(picture.tobytes()[0])
        return Image.fromarray(np.clip(np.asarray(picture) + draw.normal(0, 20, (24, 31, 3)), 0, 255).astype(np.uint8))

    assert flicker(Untouched(), [photo], [photo], [""]) == 0
    assert flicker(noisy, [photo], [photo], [""]) == pytest.approx(20 * 2**0.5 / 255, rel=0.15)


def test_networks_of_one_style_each_are_measured_on_all_photos_by_their_own_works(monkeypatch, tmp_path):
    monkeypatch.setattr("txst.evaluation.methods.Folder", lambda folder, device: SimpleNamespace(folder=folder))
    for name in ("johnson_titian", "johnson_claude-monet"):
        (tmp_path / name).mkdir()
    method = OnePerArtist(f"{tmp_path}/johnson_*")
    pairs = [
        Pair(f"p{i}", f"w{i}", artist, "", f"l{i}", "test")
        for i, artist in enumerate(["claude monet", "titian", "x", "titian"])
    ]
    learnt = method.learnt(pairs)
    assert [(p.photo, p.label, p.painting, p.artist) for p in learnt] == [
        ("p0", "l0", "w0", "claude monet"), ("p1", "l1", "w1", "titian"), ("p2", "l2", "w0", "claude monet"), ("p3", "l3", "w1", "titian"),
    ]  # fmt: skip
    assert method(Image.new("RGB", (4, 4)), Image.new("RGB", (4, 4)), "x").getpixel((0, 0)) == (255, 255, 255)
    with pytest.raises(ValueError, match="no work by claude-monet, titian"):
        method.learnt(pairs[2:3])
    with pytest.raises(FileNotFoundError, match=r"scripts/train_methods\.py"):
        OnePerArtist(f"{tmp_path}/none_*")
