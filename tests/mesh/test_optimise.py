"""A mesh's texture under losses: the style comes nearer, what is not seen is filled, and the command does it."""

import runpy
import sys

import numpy as np
import pytest
import torch
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf
from PIL import Image
from small import CONF

from txst.model_folder.folder import build

TINY = [
    "loss_network=vgg19", "loss_network.weights=null", "+loss_network.channels=[4,4]", "loss_network.layers=[relu1_1,relu2_1]",
    "layers={style: [relu1_1,relu2_1], content: [relu2_1]}",
]  # fmt: skip


def test_the_style_comes_nearer_in_every_view_and_the_same_way_each_time(room_file):
    from txst.mesh.atlas import atlas_of
    from txst.mesh.raster import Raycaster
    from txst.mesh.stylise import cameras_for
    from txst.mesh.surface import read_surface
    from txst.models.optimised_texture import TourLoss, optimise_texture

    torch.manual_seed(0)
    with initialize_config_dir(str(CONF), version_base="1.3"):
        cfg = compose("stylemesh", [*TINY, "task.steps=12", "task.rate=0.03"])
    method = build(OmegaConf.to_container(cfg.model, resolve=True))
    rays = Raycaster(read_surface(room_file))
    atlas, cameras = atlas_of(rays.surface, 64), cameras_for(rays, None, 3, 48)
    style = torch.rand(1, 3, 40, 48) ** 3
    losses, watched = [], []

    class Kept(TourLoss):
        def __call__(self, shown):
            losses.append(super().__call__(shown))
            return losses[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("txst.models.optimised_texture.TourLoss", Kept)
        done = optimise_texture(method, rays, atlas, cameras, style, watch=lambda d: watched.append(d.step))
    assert sum(losses[-3:]) < 0.8 * sum(losses[:3])  # each camera once
    assert watched == list(range(1, 13))
    assert 0 < done.unseen < 0.6
    assert len(done.views) == len(done.pictures) == 3
    assert (optimise_texture(method, rays, atlas, cameras, style).texture == done.texture).all()


def test_the_command_optimises_and_refuses_what_has_no_use(room_file, tmp_path, monkeypatch, capsys):
    Image.effect_noise((48, 40), 90).convert("RGB").save(tmp_path / "style.png")
    out = tmp_path / "painted.glb"
    style = ("--style-image", str(tmp_path / "style.png"))
    line = [str(room_file), "-o", str(out), "--cameras=2", "--size=48", "--texture=64", "--frames=0", "--device=cpu"]
    for wrong, said in (
        (["--style=monet", "--optimise"], "goes by a picture and not by a text"),
        ([*style, "task.steps=2"], "settings of losses want --optimise"),
        ([*style, "--optimise", "--model=small"], "by no model"),
        ([*style, "--optimise", "--size=0"], "lies between 16"),
    ):
        with pytest.raises(SystemExit):
            command(monkeypatch, *line, *wrong)
        assert said in capsys.readouterr().err
    for wrong, said in (
        ("loss_network.weights=nowhere.pth", "no weights at nowhere.pth"),
        ("losses=[gram]", "losses"),
        ("task.steps=0", r"task.steps is 0"),
    ):
        with pytest.raises(SystemExit, match=said):
            command(monkeypatch, *line, *style, "--optimise", *TINY, wrong)
    assert {file.name for file in tmp_path.iterdir()} == {"style.png"}
    command(monkeypatch, *line, *style, "--optimise", *TINY, "task.steps=2")
    assert {file.name for file in tmp_path.iterdir()} == {"style.png", "painted.glb", "painted_views.jpg"}


def command(monkeypatch, *arguments):
    formats = Image.ID
    monkeypatch.setattr(sys, "argv", ["stylise_mesh", *arguments])
    monkeypatch.setattr(Image, "ID", [*formats])  # the command takes formats from it
    runpy.run_path("scripts/stylise_mesh.py", run_name="__main__")


def test_ctrl_c_ends_after_a_step_and_keeps_what_there_is(room_file, tmp_path, monkeypatch, capsys):
    import signal

    Image.effect_noise((48, 40), 90).convert("RGB").save(tmp_path / "style.png")
    before = signal.getsignal(signal.SIGINT)

    def step(self):
        self.step += 1
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr("txst.canvases.optimise.Descent.take_step", step)
    with pytest.raises(SystemExit) as ended:
        command(
            monkeypatch, str(room_file), "-o", str(tmp_path / "a.glb"), "--style-image", str(tmp_path / "style.png"),
            "--optimise", "--cameras=1", "--size=48", "--texture=64", "--frames=0", *TINY,
        )  # fmt: skip
    assert ended.value.code == 130
    assert "stopping after this step" in capsys.readouterr().err
    assert (tmp_path / "a.glb").is_file()
    assert signal.getsignal(signal.SIGINT) is before
    assert np.asarray(Image.open(tmp_path / "a_views.jpg")).std() > 5
