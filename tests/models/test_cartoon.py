"""The student of cartoons from its config to a picture: by name, without torch, and with a word to whoever has not made it."""

import numpy as np
import pytest
import torch
from hydra.utils import instantiate
from omegaconf import OmegaConf
from PIL import Image

from txst import Stylist
from txst.evaluation.methods import Folder
from txst.export.onnx import export_onnx
from txst.export.run import save_model
from txst.images import to_array
from txst.model_folder.config import read_config
from txst.model_folder.hub import BUNDLED
from txst.palette.lexicon import lexicon_of
from txst.palette.prompt import read

PHOTO = Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 56, 3), np.uint8))


def saved(config, folder, *overrides):
    """The folder of an untrained student."""
    cfg = config("+experiment=cartoon", "loss_network.weights=null", *overrides)
    torch.manual_seed(0)
    parts = {name: OmegaConf.to_container(cfg[name], resolve=True) for name in ("model", "clip")}
    weights = {
        f"{name}.{key}": weight
        for name in parts
        for key, weight in instantiate(cfg[name], _convert_="all").state_dict().items()
    }
    return save_model(folder, "cartoon", parts | {"training": {"stages": []}}, weights, half=True)


@pytest.fixture
def folder(config, tmp_path):
    return saved(config, tmp_path / "model", "widths={scale1: 4, scale2: 4, scale3: 8}", "transfer.blocks=1")


def test_the_real_student_has_at_most_2_million_weights_in_4_megabytes(config, tmp_path):
    file = saved(config, tmp_path / "model") / "model.safetensors"
    assert file.stat().st_size <= 4e6
    assert 1e6 < (file.stat().st_size - 2000) / 2 <= 2e6


def test_names_paint_each_in_its_own_style_and_mix(folder):
    stylist = Stylist.from_pretrained(folder, "cpu")
    paintings = [stylist(PHOTO, name) for name in ("cartoon: hayao", "cartoon:shinkai", "Cartoon: Hayao faces")]
    assert all(painting.size == PHOTO.size for painting in paintings)
    assert len({painting.tobytes() for painting in paintings}) == 3
    assert stylist.describe("cartoon:hayao") == "cartoon hayao (cartoon)"
    mixed = stylist(PHOTO, "cartoon:hayao:0.5, cartoon:shinkai:0.5").tobytes()
    assert mixed not in {painting.tobytes() for painting in paintings}
    for given in ({"style_image": PHOTO}, {"style": "claude monet"}):
        with pytest.raises(ValueError, match=r"knows by name|not in the data"):
            stylist(PHOTO, **given)


def test_the_board_paints_one_of_the_styles_whichever_artist_is_asked_for(folder):
    method = Folder(folder, device="cpu", style="cartoon hosoda")
    expected = Stylist.from_pretrained(folder, "cpu")(PHOTO, "cartoon: hosoda").tobytes()
    assert method.driven_by == "itself"
    assert method(PHOTO, PHOTO, "claude monet").tobytes() == method.repaint(PHOTO, PHOTO).tobytes() == expected


def test_who_has_not_made_the_model_is_told_what_makes_it():
    clip = read_config(BUNDLED)["clip"]
    lexicon = lexicon_of((), tuple(clip["names"]), tuple(clip["movements"]), tuple(clip["textures"]), True)
    for prompt in ("cartoon: hayao", "cartoon:hayao", "cartoon hosoda", "CARTOON : paprika"):
        (said,) = read(prompt, lexicon).refused
        assert "--model FOLDER" in said
        assert "python scripts/make_cartoon.py" in said
    assert [part.term.name for part in read("cartoon:0.3, monet:0.7", lexicon).parts] == ["claude monet"]


@pytest.mark.slow
def test_it_paints_the_same_without_torch_and_by_given_statistics(folder):
    pytest.importorskip("onnxruntime")
    export_onnx(folder)
    by_torch, by_onnx = (Stylist.from_pretrained(folder, "cpu", backend) for backend in ("torch", "onnxruntime"))
    photo = PHOTO.resize((90, 70))
    for controls in ({}, {"strength": 0.4}):
        ours, theirs = (np.asarray(one(photo, "cartoon: paprika", **controls), int) for one in (by_onnx, by_torch))
        assert np.abs(ours - theirs).max() <= 1
    with pytest.raises(ValueError, match="knows by name"):
        by_onnx(photo, style_image=photo)
    painter = by_onnx.painter
    image, style = to_array(photo), painter.prepare_style(painter.text_code("cartoon: paprika"))
    whole, moments = painter.paint(image, style), painter.measure(image, style)
    np.testing.assert_allclose(painter.paint(image, style, 1, moments), whole, atol=1e-5)
