"""The bench measures what it says."""

import json
import runpy
import sys

import pytest
from PIL import Image
from small import CONF, brush

from txst.benchmarks import inference as bench
from txst.benchmarks.inference import measure, memory_of, table
from txst.machine import write


@pytest.fixture(autouse=True)
def _rates_and_peaks_of_a_moment(monkeypatch):
    monkeypatch.setattr(bench, "matmul_rate", lambda place, precision, seconds: 100.0)
    monkeypatch.setattr(bench, "memory_of", lambda opening, kinds: [None] * len(kinds))


def test_every_row_is_timed_as_often_and_ends_with_its_ratio(config, tmp_path):
    named = brush(config)
    rows = measure({"a": (named, 16), "b": (named, 16)}, [32, 48], [1], ["torch"], rounds=2, most=1)
    assert [(r.model, r.size, len(r.seconds)) for r in rows] == [
        ("a", 32, 2), ("a", 48, 2), ("b", 32, 2), ("b", 48, 2)
    ]  # fmt: skip
    assert rows[1].gflop / rows[0].gflop == pytest.approx(2.25)  # as many times as many pixels
    last = [line.rpartition("ratio=")[2] for line in table(rows, "a").splitlines()[1:]]
    assert last[:2] == ["1.0", "1.0"]
    assert float(last[2]) == pytest.approx(rows[0].median / rows[2].median, abs=0.051)
    assert "ratio" not in table(rows, "another")
    write(rows, tmp_path / "infer.json")
    assert json.loads((tmp_path / "infer.json").read_text())["rows"][0]["size"] == 32


def test_batches_and_sizes_beyond_what_was_asked_for_are_left_out(config):
    named = brush(config)
    (one,) = measure({"a": (named, 16)}, [32], [1], ["torch"], 1, 1)
    rows = measure({"a": (named, 16)}, [32, 64], [1, 8], ["torch bf16"], 1, most=7 * one.gflop)
    assert [(r.size, r.batch, r.way) for r in rows] == [(32, 1, "torch bf16"), (64, 1, "torch bf16")]
    with pytest.raises(ValueError, match="no backend 'abacus'"):
        measure({"a": (named, 16)}, [32], [1], ["abacus"], 1, 1)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process's peak in the way that is read")
def test_a_larger_picture_takes_more_memory(config):
    named = brush(config)
    small, large = memory_of(("torch", named, 16, CONF, 1), [(64, 1), (512, 1)])
    assert large - small > 10 * 2**20


def test_a_plot_is_drawn(tmp_path):
    pytest.importorskip("matplotlib")
    from txst.benchmarks.plot import plot

    rows = [bench.Row("a", way, s, 1, 1, 1.0, s**2, 1.0, [s / 1e3]) for way in ("x", "y") for s in (64, 128)]
    plot(rows, tmp_path / "infer.png", "a machine")
    assert Image.open(tmp_path / "infer.png").width > 500


def test_without_a_kind_the_bench_names_them(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["bench.py"])
    with pytest.raises(SystemExit, match=r"bench\.py infer"):
        runpy.run_path(str(CONF.parent / "scripts/bench.py"), run_name="__main__")
