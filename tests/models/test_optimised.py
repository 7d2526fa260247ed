"""A method that optimises each picture, as a model: strength, mask, region, board and folder."""

import subprocess
import sys

import numpy as np
import pytest
import torch
from drawn import drawn
from hydra import compose, initialize_config_dir
from PIL import Image
from small import CONF

from txst import Stylist
from txst.backends.pytorch import LIVE, TorchBackend
from txst.canvases.pixels import Pixels
from txst.evaluation.methods import Optimised
from txst.export.onnx import export_onnx
from txst.export.run import export_method
from txst.model_folder.config import ModelFolderError
from txst.model_folder.folder import load_folder
from txst.training.run import train
from txst.types import Controls, Style

TINY = [
    "loss_network=vgg19", "loss_network.weights=null", "+loss_network.channels=[4,4]", "loss_network.layers=[relu1_1,relu2_1]",
    "layers={style: [relu1_1,relu2_1], content: [relu2_1]}", "loss=[content,gram,colour]", "task.steps=8", "task.rate=0.05",
]  # fmt: skip


def config(*overrides):
    with initialize_config_dir(str(CONF), version_base="1.3"):
        return compose("optimise", [*TINY, *overrides])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    torch.manual_seed(0)
    return export_method(config(), tmp_path_factory.mktemp("models") / "optimised")


@pytest.fixture(scope="module")
def stylist(folder):
    return Stylist.from_pretrained(folder, "cpu")


def pixels(picture):
    return np.asarray(picture).astype(int)


def test_it_comes_nearer_to_the_style_and_the_same_way_each_time(folder):
    model, _ = load_folder(folder)
    image, picture = torch.rand(1, 3, 32, 40), torch.rand(1, 3, 48, 32) ** 3
    prepared = model.prepare_style(Style(image=picture))
    loss = model.loss_of(image, prepared)
    painted = model(image, prepared).image
    assert loss(Pixels().begin(painted)()) < 0.7 * loss(Pixels().begin(image)())
    torch.manual_seed(5)
    assert model(image, prepared).image.equal(painted)
    with torch.inference_mode():  # as backends paint
        assert model(image, prepared).image.equal(painted)
    torch.testing.assert_close(model(image, prepared, Controls(0.25)).image, torch.lerp(image, painted, 0.25))


def test_a_photo_that_the_loss_network_cannot_look_at_is_refused_in_a_sentence(stylist, monkeypatch):
    monkeypatch.setitem(stylist.painter.model._modules, "loss_network", torch.nn.Conv2d(3, 4, 3))
    with pytest.raises(ValueError, match="a photo of 1 x 1 pixels is too small for the loss network"):
        stylist(Image.new("RGB", (1, 1)), style_image=drawn(2))


def test_strength_masks_and_regions_blend_its_pixels_with_the_photos(stylist):
    photo, style = drawn(1), drawn(2)
    whole = stylist(photo, style_image=style)
    assert np.abs(pixels(whole) - pixels(photo)).max() > 20
    assert stylist(photo, style_image=style, strength=0).tobytes() == photo.convert("RGB").tobytes()
    half = (pixels(whole) + pixels(photo)) / 2
    assert np.abs(pixels(stylist(photo, style_image=style, strength=0.5)) - half).max() <= 1
    mask = Image.new("L", photo.size)
    mask.paste(255, (0, 0, photo.width // 2, photo.height))
    masked = pixels(stylist(photo, style_image=style, strength=mask))
    left = slice(0, photo.width // 2)
    np.testing.assert_array_equal(masked[:, left], pixels(whole)[:, left])
    np.testing.assert_array_equal(masked[:, photo.width // 2 :], pixels(photo)[:, photo.width // 2 :])
    region = pixels(stylist(photo, regions=[(mask, style)]))
    np.testing.assert_array_equal(region[:, : photo.width // 4], pixels(whole)[:, : photo.width // 4])
    np.testing.assert_array_equal(region[:, -8:], pixels(photo)[:, -8:])


def test_pictures_are_not_mixed_and_words_not_read(stylist):
    with pytest.raises(ValueError, match="regions with grey masks"):
        stylist(drawn(1), mix=[(drawn(2), 0.5), (drawn(3), 0.5)])
    with pytest.raises(ValueError, match="not after a text"):
        stylist(drawn(1), "claude monet")


def test_a_folder_holds_the_loss_network_and_has_no_graphs(folder, tmp_path):
    assert {name.split(".")[1] for name in (load_folder(folder)[0].state_dict())} == {"conv1_1", "conv1_2", "conv2_1"}
    with pytest.raises(ValueError, match="palette"):
        export_onnx(folder)


@pytest.mark.parametrize("hostile", ["head: /etc/passwd", "weights: /etc/passwd"])
def test_a_folder_whose_losses_name_files_is_refused(folder, tmp_path, hostile):
    for file in folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    text = (folder / "config.yaml").read_text()
    target = "_target_: txst.losses.colour.ColourLoss"
    assert target in text
    (tmp_path / "config.yaml").write_text(text.replace(target, f"{target}\n        {hostile}"))
    with pytest.raises(ModelFolderError, match="names a file of weights, '/etc/passwd'"):
        load_folder(tmp_path)


def test_its_memory_is_estimated_without_a_step_and_at_any_size_of_patch(tmp_path):
    overrides = ["clip=space", "loss=[content,clip_patch]", "loss.terms.clip_patch.size=96", "task.steps=1"]
    backend = TorchBackend.from_folder(export_method(config(*overrides), tmp_path / "patches"), "cpu")
    looked = []
    backend.model.loss.register_forward_hook(lambda *_: looked.append(1))
    maps = 4 * 4  # channels of relu1_1, in bytes
    assert backend.bytes_per_pixel(backend.prepare_style(backend.text_code("titian"))) == LIVE * maps
    assert not looked


def test_texts_move_it_by_losses_that_read_them_and_others_are_refused(tmp_path):
    cfg = config("clip=space", "loss=[content,clip_directional]", "task.steps=3")
    model, clip = load_folder(export_method(cfg, tmp_path / "by_text"))
    assert model.reads == {"image", "text"}
    image, monet, durer = torch.rand(1, 3, 32, 32), *clip.text(["claude monet", "albrecht durer"])[:, None]
    painted = [model(image, model.prepare_style(Style(text))).image for text in (monet, durer)]
    assert not painted[0].equal(painted[1])
    model, clip = load_folder(export_method(config("clip=space", "task.steps=1"), tmp_path / "by_picture"))
    with pytest.raises(ValueError, match="loss 'gram' looks at a style picture, and the style is a text"):
        model(image, model.prepare_style(Style(monet)))
    with pytest.raises(ValueError, match="image or text, and nothing of it is there"):
        model.prepare_style(Style())


def test_it_stands_on_a_board(tmp_path):
    with initialize_config_dir(str(CONF), version_base="1.3"):
        method = Optimised(TINY, tmp_path / "method", device="cpu")
    assert method.driven_by == "picture"
    photo, painting = drawn(1), drawn(2)
    made = method(photo, painting, "titian")
    assert made.size == photo.size
    assert made.tobytes() == method.repaint(photo, painting).tobytes()
    network, device = method.network(painting, "titian")
    assert network(torch.rand(1, 3, 32, 32, device=device)).shape == (1, 3, 32, 32)


@pytest.mark.slow
def test_the_script_paints_a_photo_and_the_trainer_refuses_the_task(tmp_path, tiny):
    drawn(1).save(tmp_path / "photo.png")
    drawn(2).save(tmp_path / "style.png")
    command = [sys.executable, "scripts/optimise.py", tmp_path / "photo.png", "--style-image", tmp_path / "style.png"]
    run = subprocess.run(
        [*command, "-o", tmp_path / "out.png", "--max-side", "40", *TINY], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    assert max(Image.open(tmp_path / "out.png").size) == 40
    with pytest.raises(SystemExit, match=r"scripts/optimise\.py"):
        train(tiny("task=optimise", "loss_network=bank", "loss=[content,gram]"))
