"""Tiles paint what the whole would, whatever the method, or the method is not tiled."""

import re
import subprocess
import sys

import numpy as np
import pytest
from omegaconf import OmegaConf
from PIL import Image
from small import CONF, SMALL

from txst import Photo, Stylist
from txst.backends.backend import open_backend
from txst.backends.pytorch import TorchBackend
from txst.images import PictureError, to_array
from txst.inference import tiles
from txst.model_folder.folder import build

SIZE = (203, 131)  # no multiple of anything


def scene(width, height, seed=0):
    rng = np.random.default_rng(seed)
    blocks = Image.fromarray(rng.integers(0, 256, (8, 12, 3), dtype=np.uint8))
    grain = Image.fromarray(rng.integers(0, 256, (height, width, 3), dtype=np.uint8))
    return Image.blend(blocks.resize((width, height), Image.Resampling.BICUBIC), grain, 0.2)


def furthest(a, b):
    return np.abs(np.asarray(a).astype(int) - np.asarray(b)).max()


@pytest.fixture(params=[*sorted(p.stem for p in CONF.glob("transfer/*.yaml")), "small", "painter", "paint_mix"])
def painter_and_style(request, config):
    """Every method with random weights, the bundled models by their graphs, and a decoder that counts its places."""
    if request.param in ("small", "painter"):
        painter = open_backend(SMALL.parent / request.param, "onnxruntime")
        return painter, painter.prepare_style(painter.text_code("claude monet"))
    method = "txst" if request.param == "paint_mix" else request.param
    decoder = "paint_mix" if request.param == "paint_mix" else "pyramid"
    cfg = config("encoder=pyramid", f"transfer={method}", f"decoder={decoder}", "clip=space")
    parts = [build(OmegaConf.to_container(cfg[part], resolve=True)) for part in ("model", "clip")]
    painter = TorchBackend(*parts, "cpu")
    shown = to_array(scene(64, 64, seed=1))
    return painter, painter.prepare_style(painter.image_code(shown))


@pytest.fixture
def by_whole_statistics(monkeypatch):
    """Moments are those of the whole picture, and not of a small copy."""
    measure = tiles.measure
    monkeypatch.setattr(tiles, "measure", lambda *given: measure(*given[:4], 1e12))


def test_tiles_are_the_whole_under_the_same_statistics(painter_and_style, by_whole_statistics, monkeypatch):
    painter, style = painter_and_style
    photo = Photo.open(scene(*SIZE))
    whole = tiles.paint(painter, photo, style, memory=1e12)
    calls = []
    paint = painter.paint
    monkeypatch.setattr(painter, "paint", lambda *given: calls.append(given) or paint(*given))
    tiled = tiles.paint(painter, photo, style, memory=1)  # the smallest tiles there are
    assert tiled.shape == photo.pixels.shape
    assert furthest(tiled, whole) <= 1
    # two calls measure the reach, twelve tiles follow; EFDM sorts all places, and waves are counted from the corner
    assert len(calls) in (3, 14)


def test_which_methods_cannot_be_tiled_is_found_out(config):
    def reach(*overrides):
        cfg = config("encoder=pyramid", "clip=space", *overrides)
        parts = [build(OmegaConf.to_container(cfg[part], resolve=True)) for part in ("model", "clip")]
        painter = TorchBackend(*parts, "cpu")
        return tiles.reach(painter, painter.prepare_style(painter.image_code(to_array(scene(64, 64)))))

    assert reach("transfer=efdm", "decoder=pyramid") is None
    assert reach("transfer=txst", "decoder=paint_mix") is None
    assert reach("transfer=adain", "decoder=pyramid") in (64, 128)


def test_a_method_that_cannot_be_tiled_refuses_what_is_too_large(config, monkeypatch):
    cfg = config("encoder=pyramid", "clip=space", "transfer=efdm", "decoder=pyramid")
    parts = [build(OmegaConf.to_container(cfg[part], resolve=True)) for part in ("model", "clip")]
    painter = TorchBackend(*parts, "cpu")
    style = painter.prepare_style(painter.image_code(to_array(scene(64, 64))))
    monkeypatch.setattr(tiles, "WHOLE", 1000 * painter.bytes_per_pixel(style))
    with pytest.raises(PictureError, match=r"looks at all of a picture at once.* to 38 pixels a side"):
        tiles.paint(painter, Photo.open(scene(60, 40)), style, memory=1)


def test_a_photo_is_tiled_where_the_whole_would_take_more_than_it_may(model_folder, monkeypatch):
    stylist, photo, tiled = Stylist.from_pretrained(model_folder, device="cpu"), scene(*SIZE), []
    in_tiles = tiles.in_tiles
    monkeypatch.setattr(tiles, "in_tiles", lambda *given: tiled.append(given) or in_tiles(*given))
    whole = stylist(photo, "monet")
    assert not tiled
    stylist.memory = stylist.painter.bytes_per_pixel(None) * SIZE[0] * SIZE[1] - 1
    told = []
    assert stylist(photo, "monet", regions=[(photo, "monet")], progress=told.append).size == whole.size
    assert len(tiled) == 2
    assert 2 < len(told) == len(set(told))
    assert told == sorted(told)
    assert told[-1] == 1


def test_of_a_photo_that_is_painted_small_the_strips_of_its_enlargement_are_told_and_may_end_it():
    stylist, photo, told = Stylist.from_pretrained(SMALL), scene(7, 7).resize((700, 700)), []

    def progress(share):
        told.append(share)
        if share > 0.8:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        stylist(photo, "monet", progress=progress)
    assert told == [0.5 + 256 / 1400, 0.5 + 512 / 1400]


def test_a_mask_of_strength_is_tiled_with_the_picture(model_folder, by_whole_statistics):
    painter = open_backend(model_folder, "torch", "cpu")
    style, photo = painter.prepare_style(painter.text_code("monet")), Photo.open(scene(*SIZE))
    mask = np.asarray(Image.linear_gradient("L").resize(SIZE))
    whole, tiled = (tiles.paint(painter, photo, style, mask, memory) for memory in (1e12, 1))
    assert furthest(whole, tiled) <= 1


def test_the_statistics_of_a_small_copy_are_near_those_of_the_whole():
    painter = open_backend(SMALL, "onnxruntime")
    style = painter.prepare_style(painter.text_code("claude monet"))
    photo = Photo.open(scene(12, 8).resize((960, 640), Image.Resampling.BICUBIC))
    whole, copy = (tiles.measure(painter, photo, style, 1.0, pixels) for pixels in (1e12, 2**17))
    for name in whole:
        if name.startswith("deviation"):
            assert np.median(np.abs(copy[name] / whole[name] - 1)) < 0.2


def test_painting_leaves_no_statistics_behind(model_folder):
    painter = open_backend(model_folder, "torch", "cpu")
    style, image = painter.prepare_style(painter.text_code("monet")), to_array(scene(40, 32))
    before = painter.paint(image, style)
    painter.paint(image, style, 1.0, painter.measure(to_array(scene(40, 32, seed=2)), style))
    assert np.array_equal(painter.paint(image, style), before)


def test_tiles_cover_the_picture_once():
    seen = np.zeros((SIZE[1], SIZE[0]), int)
    for (left, top, right, bottom), outer in tiles.tiles(SIZE, 64, 64):
        seen[top:bottom, left:right] += 1
        assert outer[0] % tiles.GRID == outer[1] % tiles.GRID == 0
    assert (seen == 1).all()


@pytest.mark.slow
@pytest.mark.parametrize(("megapixels", "stroke"), [("12", "0"), ("48", "1")])
def test_large_photos_take_less_than_1500_megabytes(megapixels, stroke):
    command = [sys.executable, "scripts/tiles.py", "--megapixels", megapixels, "--model", "small", "--stroke", stroke]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert int(re.search(r"peak (\d+) MB", said)[1]) < 1500
