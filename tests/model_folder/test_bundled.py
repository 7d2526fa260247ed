"""The models in the wheel: their budgets, and that each paints alike by every backend."""

import numpy as np
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from txst import Stylist
from txst.backends.runtimes import RUNTIMES
from txst.model_folder.folder import load_folder
from txst.model_folder.hub import BUNDLED, model_folder
from txst.types import Style

GFLOP = {"small": 10, "painter": 40}  # at 512 x 512, at most
PHOTO = np.random.default_rng(0).integers(0, 256, (40, 52, 3), dtype=np.uint8)


def test_all_of_them_together_are_small():
    files = [file for name in GFLOP for file in (BUNDLED.parent / name).iterdir()]
    assert sum(file.stat().st_size for file in files) < 12e6
    assert {folder.name for folder in BUNDLED.parent.iterdir() if folder.is_dir()} == set(GFLOP)


@pytest.mark.parametrize("name", GFLOP)
def test_a_picture_takes_no_more_arithmetic_than_promised(name):
    model, clip = load_folder(model_folder(name))
    code = torch.nn.functional.normalize(torch.randn(1, clip.width), dim=1)
    with torch.inference_mode(), FlopCounterMode(display=False) as counter:
        model(torch.rand(1, 3, 512, 512), model.prepare_style(Style(code)))
    assert counter.get_total_flops() / 1e9 < GFLOP[name]


@pytest.mark.parametrize("backend", sorted(RUNTIMES))
def test_the_painter_paints_alike_by_every_backend_and_knows_media(backend):
    pytest.importorskip(backend)
    ours, theirs = (Stylist.from_pretrained("painter", "cpu", name) for name in (backend, "torch"))
    for style in ("vincent van gogh", "dark watercolour", "woodcut", "impressionism"):
        one, other = (stylist(PHOTO, style).astype(int) for stylist in (ours, theirs))
        assert np.abs(one - other).max() <= 1
        assert np.abs(one - PHOTO).mean() > 5
    assert {"watercolour", "woodcut", "ink wash"} <= set(ours.painter.palette.lexicon.held["medium"])
