"""What a new method takes: one file. Everything around it works for it: training, export, controls, tiles, the board."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest
from omegaconf import OmegaConf
from PIL import Image

from txst import Stylist
from txst.evaluation.costs import cost_figures
from txst.evaluation.methods import Folder
from txst.export.onnx import export_onnx
from txst.export.run import export_run
from txst.images import PictureError
from txst.inference import tiles
from txst.training.run import train

SMALL = ["encoder=pyramid", "decoder=pyramid", "loss_network=bank", "loss=[content,gram]", "clip=none"]
METHODS = {  # file -> (where it would lie, the node of the config that it takes the place of, that node)
    "mean_shift": ("transfers", "transfer", {"_target_": "txst.transfers.mean_shift.MeanShift", "widths": "${widths}"}),
    "one_style": ("models", "model", {"_target_": "txst.models.one_style.OneStyle", "width": 8}),
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
    """Trained for two steps and exported."""
    from hydra import compose, initialize_config_dir
    from small import CONF, TINY

    installed(request.param)
    run = tmp_path_factory.mktemp("runs") / request.param
    _, node, config = METHODS[request.param]
    with initialize_config_dir(str(CONF), version_base="1.3"):
        cfg = compose("train", [*TINY, *small_shards, f"run_dir={run}", "name=test", *SMALL, "transfer=adain"])
    OmegaConf.set_struct(cfg, False)
    cfg[node] = config
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
    says = "a style of its own" if stylist.painter.reads == {"fixed"} else "after pictures themselves.*--region"
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
    assert cost_figures(method, painting, "titian", 32)["gflop"]["value"] > 0


def test_it_has_no_graphs_and_says_so(folder):
    with pytest.raises(ValueError, match="no palette"):
        export_onnx(folder)
