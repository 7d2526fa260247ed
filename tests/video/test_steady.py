"""Drawn clips with known motion, and what is left of flicker in them."""

import runpy

import numpy as np
import pytest

from txst import Stylist
from txst.synthetic.clips import CLIPS, GRAIN


@pytest.fixture(scope="module")
def check():
    pytest.importorskip("cv2")
    pytest.importorskip("av")
    return runpy.run_path("scripts/check_video.py")


@pytest.fixture(scope="module", params=CLIPS)
def frames(request):
    return list(CLIPS[request.param](192, 108, 5))


def test_only_grain_is_left_of_a_clip_after_its_true_motion(check, frames):
    still = np.mean([(a.pixels / 255.0 - b.pixels / 255.0) ** 2 for a, b in zip(frames[1:], frames, strict=False)])
    error = check["warping_error"]([frame.pixels for frame in frames], frames)
    assert error < min(0.6 * still, 12 * (GRAIN / 255) ** 2)


def test_steadied_paintings_have_half_of_the_warping_error_at_most(check, frames):
    ways = check["painted"](Stylist.from_pretrained("small"), frames, "claude monet")
    alone, _, steadied = (check["warping_error"](ways[way], frames) for way in check["WAYS"])
    assert steadied < 0.5 * alone
