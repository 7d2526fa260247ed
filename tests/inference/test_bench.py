"""The bench measures what it says, and a picture-driven model gets names."""

import subprocess
import sys

import pytest
import torch
from hydra.utils import instantiate
from small import CONF

from txst.encoders.bank import FilterBank
from txst.inference.bench import measure, table
from txst.inference.palette import make_palette


def brush(config, *more):
    widths = "{scale1: 8, scale2: 8, scale3: 8}"
    cfg = config("+experiment=small", f"widths={widths}", "style_width=16", "transfer.blocks=2", *more)
    return instantiate(cfg.model, _convert_="all").eval()


def test_every_row_is_timed_as_often_and_ends_with_its_ratio(config):
    named = brush(config, "transfer.needs_picture=false")
    rows = measure({"a": named, "b": named}, {"a": 16, "b": 16}, [32, 48], ["torch"], rounds=2)
    assert [(r.model, r.size, len(r.seconds)) for r in rows] == [
        ("a", 32, 2), ("a", 48, 2), ("b", 32, 2), ("b", 48, 2)
    ]  # fmt: skip
    assert 2.0 < rows[1].flop / rows[0].flop < 2.5  # 2.25 times as many pixels
    last = [line.rpartition("ratio=")[2] for line in table(rows, "a").splitlines()[1:]]
    assert last[:2] == ["1.0", "1.0"]
    assert float(last[2]) == pytest.approx(rows[0].median / rows[2].median, abs=0.051)
    assert "ratio" not in table(rows, "another")


def test_without_a_kind_the_bench_names_them():
    run = subprocess.run(
        [sys.executable, "scripts/bench.py"], cwd=CONF.parent, capture_output=True, text=True, check=False
    )
    assert run.returncode != 0
    assert "bench.py infer" in run.stderr


@pytest.mark.parametrize("words", [0, 2])
def test_a_palette_holds_the_training_pictures_under_their_names(config, small_shards, words):
    model = brush(config)
    model.transfer.needs_picture = False
    style, content = (shard.partition("=")[2] for shard in small_shards[:2])
    made, tensors, found = make_palette(model, style, words, FilterBank(["bank2"]), content)
    palette = instantiate(made)
    palette.load_state_dict(tensors)
    assert len(palette.codes) == made["entries"] > len(made["names"]) > 1
    torch.testing.assert_close(palette.codes.norm(dim=1), torch.ones(made["entries"]))
    assert palette.text(made["names"][:2]).shape == (2, 16)
    assert bool(found) == bool(words)
