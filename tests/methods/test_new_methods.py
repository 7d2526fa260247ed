"""What a new method takes: one file. Everything around it works for it: training, export, controls, tiles, the board."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest
from omegaconf import OmegaConf
from PIL import Image

from txst import Stylist
from txst.__main__ import main
from txst.evaluation.costs import cost_figures
from txst.evaluation.methods import Folder
from txst.export.onnx import export_onnx
from txst.export.run import export_method, export_run
from txst.images import PictureError
from txst.inference import tiles
from txst.training.run import train

SMALL = ["encoder=pyramid", "decoder=pyramid", "loss_network=bank", "loss=[content,gram]", "clip=none"]
CANVAS = [
    "loss_network=vgg19", "loss_network.weights=null", "+loss_network.channels=[4,4]", "loss_network.layers=[relu1_1,relu2_1]",
    "layers={style: [relu2_1], content: [relu2_1]}", "loss=[gram,colour]",
]  # fmt: skip
METHODS = {  # file -> (where it would lie, the node of the config that it takes the place of, that node)
    "mean_shift": ("transfers", "transfer", {"_target_": "txst.transfers.mean_shift.MeanShift", "widths": "${widths}"}),
    "one_style": ("models", "model", {"_target_": "txst.models.one_style.OneStyle", "width": 8}),
    "tint": ("canvases", "task.canvas", {"_target_": "txst.canvases.tint.Tint"}),
}


def installed(name):
    """The file in this folder as a module of txst."""
    spec = importlib.util.spec_from_file_location(
        f"txst.{METHODS[name][0]}.{name}", Path(__file__).with_name(f"{name}.py")
    )
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module", params=METHODS)
def folder(request, tmp_path_factory, small_shards):
    """Trained for two steps and exported; a canvas is optimised for two steps whenever it paints."""
    from hydra import compose, initialize_config_dir
    from small import CONF, TINY

    installed(request.param)
    run = tmp_path_factory.mktemp("runs") / request.param
    _, node, config = METHODS[request.param]
    with initialize_config_dir(str(CONF), version_base="1.3"):
        if node == "task.canvas":
            cfg = compose("optimise", [*CANVAS, "task.steps=2", "task.rate=0.02"])
        else:
            cfg = compose("train", [*TINY, *small_shards, f"run_dir={run}", "name=test", *SMALL, "transfer=adain"])
    OmegaConf.set_struct(cfg, False)
    OmegaConf.update(cfg, node, config, merge=False)
    if node == "task.canvas":
        return export_method(cfg, run / "model")
    train(cfg)
    return export_run(run, run / "model")


@pytest.fixture
def stylist(folder):
    return Stylist.from_pretrained(folder, "cpu")


def scene(width, height, seed=0):
    blocks = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    return Image.fromarray(blocks).resize((width, height), Image.Resampling.BICUBIC)


def furthest(a, b):
    return np.abs(np.asarray(a).astype(int) - np.asarray(b)).max()


def given(stylist, seed=1):
    """What tells the model its style."""
    return {} if stylist.painter.reads == {"fixed"} else {"style_image": scene(64, 48, seed)}


def half(width, height):
    mask = Image.new("L", (width, height))
    mask.paste(255, (width // 2, 0, width, height))
    return mask


def test_strength_and_masks(stylist):
    photo, style = scene(80, 60), given(stylist)
    full, middle, none = (stylist(photo, strength=s, **style) for s in (1, 0.5, 0))
    assert furthest(none, photo) == 0 < furthest(middle, photo) < furthest(full, photo)
    masked = stylist(photo, strength=half(80, 60), **style)
    assert furthest(masked.crop((0, 0, 30, 60)), photo.crop((0, 0, 30, 60))) == 0
    assert furthest(masked.crop((50, 0, 80, 60)), photo.crop((50, 0, 80, 60))) > 0


def test_regions(stylist):
    photo = scene(80, 60)
    inside = next(iter(given(stylist).values()), None)
    painted = stylist(photo, regions=[(half(80, 60), inside)])
    assert furthest(painted.crop((0, 0, 30, 60)), photo.crop((0, 0, 30, 60))) == 0
    assert furthest(painted.crop((50, 0, 80, 60)), stylist(photo, **given(stylist)).crop((50, 0, 80, 60))) == 0


def test_mixes_and_names_are_refused_with_what_can_be_done(stylist):
    mix = [(scene(64, 48), 0.5), (scene(64, 48, 1), 0.5)]
    says = "a style of its own" if stylist.painter.reads == {"fixed"} else "after pictures themselves.*regions="
    with pytest.raises(ValueError, match=says):
        stylist(scene(40, 30), mix=mix)
    with pytest.raises(ValueError, match=r"a style of its own|after a picture"):
        stylist(scene(40, 30), "claude monet")


def test_a_large_photo_is_painted_in_tiles_or_as_a_whole(stylist, monkeypatch):
    photo, style, tiled = scene(260, 140), given(stylist), []
    whole = stylist(photo, **style)
    in_tiles, measure = tiles.in_tiles, tiles.measure
    monkeypatch.setattr(tiles, "in_tiles", lambda *parts: tiled.append(parts) or in_tiles(*parts))
    monkeypatch.setattr(tiles, "measure", lambda *parts: measure(*parts[:4], 1e12))
    stylist.memory = 1
    assert furthest(stylist(photo, **style), whole) <= 1
    assert bool(tiled) == (not stylist.painter.whole)
    monkeypatch.setattr(tiles, "WHOLE", 1)
    if stylist.painter.whole:
        with pytest.raises(PictureError, match="looks at all of a picture at once"):
            stylist(photo, **style)


def test_the_board_paints_repaints_and_times_it(folder, stylist):
    method = Folder(folder, device="cpu")
    assert method.driven_by == ("itself" if stylist.painter.reads == {"fixed"} else "picture")
    photo, painting = scene(40, 30), scene(50, 40, 1)
    assert (
        furthest(method(photo, painting, "titian"), stylist(photo, **given(stylist))) == 0
        or method.driven_by == "picture"
    )
    assert method.repaint(photo, painting).tobytes() == method(photo, painting, "titian").tobytes()
    assert cost_figures(method, painting, "titian", [32])["gflop_32"]["value"] > 0


def test_it_has_no_graphs_and_says_so(folder):
    with pytest.raises(ValueError, match="no palette"):
        export_onnx(folder)


def test_the_command_paints_it_and_asks_for_a_style_where_the_model_reads_one(folder, stylist, tmp_path, capsys):
    scene(40, 30).save(tmp_path / "photo.png")
    style = []
    if stylist.painter.reads != {"fixed"}:
        assert main([str(tmp_path / "photo.png"), "--model", str(folder), "-o", str(tmp_path)]) != 0
        assert "no style was given" in capsys.readouterr().err
        scene(64, 48, 1).save(tmp_path / "style.png")
        style = ["--style-image", str(tmp_path / "style.png")]
    assert main([str(tmp_path / "photo.png"), "--model", str(folder), "-o", str(tmp_path / "out"), *style]) == 0
    assert len(list((tmp_path / "out").glob("*.png"))) == 1


def test_the_command_says_which_style_the_model_cannot_follow(folder, stylist, tmp_path, capsys):
    scene(40, 30).save(tmp_path / "photo.png")
    command = [str(tmp_path / "photo.png"), "--model", str(folder), "-o", str(tmp_path)]
    for style in (["--style", "titian"], ["--region", f"{tmp_path}/photo.png=titian"]):
        assert main([*command, *style]) != 0
        says = "a style of its own" if stylist.painter.reads == {"fixed"} else "after a picture, not after a text"
        assert says in capsys.readouterr().err
    if stylist.painter.reads == {"fixed"}:
        assert main([*command, "--style-image", str(tmp_path / "photo.png")]) != 0
        assert "a mask as strength (--strength)" in capsys.readouterr().err
    assert [file.name for file in tmp_path.iterdir()] == ["photo.png"]


def test_without_a_photo_the_command_paints_its_sample_if_it_needs_no_style(folder, stylist, tmp_path, capsys):
    command = ["--model", str(folder), "-o", str(tmp_path / "out/painted.jpg"), "--max-side", "60"]
    if stylist.painter.reads == {"fixed"}:
        assert main(command) == 0
        assert [file.name for file in (tmp_path / "out").iterdir()] == ["painted.jpg"]
    else:
        assert main(command) != 0
        assert "no style was given" in capsys.readouterr().err


def test_the_page_shows_what_the_model_reads_and_paints_by_it_where_it_was_brushed(stylist, tmp_path):
    gr = pytest.importorskip("gradio")
    from txst.commands.page import page
    from txst.commands.studio import SLIDERS, Studio

    studio = Studio(stylist, tmp_path)
    parts = [part for part in page(studio, 60).blocks.values() if isinstance(part, gr.File | gr.Dropdown)]
    fixed = stylist.painter.reads == {"fixed"}
    assert {part.label: part.visible for part in parts} == {
        "Picture": True, "Style": False, "Mixed with": False, "Style picture": not fixed, "Or a mask, white where to paint": True,
    }  # fmt: skip
    photo, style = scene(80, 60), scene(64, 48, 1)
    photo.save(tmp_path / "photo.png")
    style.save(tmp_path / "style.png")
    layer = Image.new("RGBA", photo.size)
    layer.putalpha(half(*photo.size))
    numbers = [first for _, _, first, _, _ in SLIDERS.values()]
    chosen = ["claude monet", None if fixed else str(tmp_path / "style.png")]
    _, line, button = studio.paint(str(tmp_path / "photo.png"), *chosen, {"layers": [layer]}, False, *numbers)
    after = Image.open(button.value["path"]).convert("RGB")
    assert line == "80 x 60 pixels"
    assert furthest(after, stylist(photo, regions=[(half(80, 60), None if fixed else style)])) == 0
    assert furthest(after.crop((0, 0, 30, 60)), photo.crop((0, 0, 30, 60))) == 0 < furthest(after, photo)
    if not fixed:
        with pytest.raises(gr.Error, match="give a style picture"):
            studio.paint(str(tmp_path / "photo.png"), "claude monet", None, None, False, *numbers)
