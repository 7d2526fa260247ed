"""The demo at toy size: that every step hands on to the next, and that it says how it ended."""

import runpy
import sys

import numpy as np
import pytest
from small import CONF

pytest.importorskip("skimage")

TOY = ["trainer.max_steps=4", "data.batches=4", "trainer.enable_progress_bar=false"]


@pytest.mark.slow
def test_every_step_hands_on_to_the_next(tmp_path, monkeypatch, capsys):
    from txst.demo import SPACE, demo
    from txst.inference.stylist import Stylist
    from txst.metrics.centroid import name_the_manner
    from txst.synthetic.styles import MANNERS

    monkeypatch.setattr("txst.demo.unseen", lambda size: {n: np.full((64, 64, 3), 90, np.uint8) for n in "ab"})
    seen = []
    monkeypatch.setattr("txst.demo.name_the_manner", lambda *asked: seen.append(asked) or name_the_manner(*asked))
    share = demo(tmp_path / "out", CONF, paintings=3, overrides=[*TOY, "data.workers=0"], space=(*SPACE, *TOY))
    ((painted, drawn),) = seen
    assert share == name_the_manner(painted, drawn)
    assert {name: len(pictures) for name, pictures in painted.items()} == dict.fromkeys(MANNERS, 2)
    assert len({pictures[0].tobytes() for pictures in painted.values()}) == len(MANNERS)
    assert (tmp_path / "out/gallery.png").is_file()
    assert Stylist.from_pretrained(tmp_path / "out/model").styles.encode("mosaic")
    said = capsys.readouterr().out
    assert f"{share:.0%} of 16 paintings" in said
    assert f"{share:.0%} of 16 paintings" in (tmp_path / "out/index.html").read_text()
    for script in ("make_shards", "train", "export", "infer"):
        assert f"python scripts/{script}.py" in said


@pytest.mark.parametrize(("share", "code"), [(0.59, 1), (0.6, 0), (0.8, 0)])
def test_it_fails_where_too_little_was_learnt(monkeypatch, capsys, tmp_path, share, code):
    monkeypatch.setattr("txst.demo.demo", lambda *_, **__: share)
    monkeypatch.setattr(sys, "argv", ["demo.py", "-o", str(tmp_path)])
    assert runpy.run_path(str(CONF.parent / "scripts/demo.py"))["main"]() == code
    assert ("the goal is 80%" in capsys.readouterr().err) == (share < 0.8)
