"""The bench of CLIPstyler takes the steps that it says."""

import pytest
import torch
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate
from small import CONF
from tiny_clip import write_clip

from txst.benchmarks import clipstyler as bench

TINY = [
    "clip.templates=art",
    "+loss_network.channels=[2,2,2,4,4]",
    "task.canvas.width=2",
    "loss.terms.clip_patch.size=16",
]


def test_every_way_moves_its_network_and_the_table_compares_with_the_first(tmp_path, monkeypatch):
    pytest.importorskip("open_clip")
    for name, value in {"PATCHES": 2, "CROP": 16, "SEEN": 32}.items():
        monkeypatch.setattr(bench, name, value)
    clip = f"clip.name=local-dir:{write_clip(tmp_path)}"
    with initialize_config_dir(str(CONF), version_base="1.3"):
        cfg = compose("bench_clipstyler", [*TINY, "loss.terms.clip_patch.patches=2", clip])
    moved = []
    adam = torch.optim.Adam.step
    monkeypatch.setattr(torch.optim.Adam, "step", lambda self, *args: moved.append(self) or adam(self, *args))
    times = bench.measure(lambda: instantiate(cfg.model, _convert_="all").eval(), 32, 2, list(cfg.ways))
    assert list(times) == list(cfg.ways)
    assert len(moved) == 3 * len(times)
    assert all(len(each) == 2 and min(each) > 0 for each in times.values())
    first, second = bench.table({"published": [6.0, 8.0], "here": [2.0, 2.0]}, steps=201).splitlines()[1:]
    assert (first.split()[1], second.split()[1:4]) == ("7.0", ["2.0", "7", "3.50"])
