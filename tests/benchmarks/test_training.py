"""The bench trains for real, reckons rightly, and a failure is a row of it."""

import json

import pytest
import torch

from txst.benchmarks import training as bench
from txst.benchmarks.training import measure, table
from txst.machine import machine

TOY = ["encoder=pyramid", "loss_network=bank", "clip=space", "loss=[content,gram,artist]", "size=32", "data.resize=40"]


@pytest.fixture(autouse=True)
def _a_matrix_product_of_a_moment(monkeypatch):
    monkeypatch.setattr(bench, "matmul_rate", lambda place, precision: 100.0)


def test_rows_say_what_a_step_takes_and_a_failure_stops_nobody(config, tmp_path, monkeypatch):
    cfg = config(*TOY, "data.batch_size=4", "data.works=2", "trainer.accelerator=cpu")
    steps = bench.time_steps

    def short_of_memory(row, *rest):
        if row.batch == 8:
            raise torch.OutOfMemoryError
        steps(row, *rest)

    monkeypatch.setattr(bench, "time_steps", short_of_memory)
    out = tmp_path / "bench/train.json"
    rows = measure({"toy": cfg}, [None, 8, 6], ["32-true"], [False], 1, 2, out)
    assert [r.batch for r in rows] == [4, 8, 6]
    assert [r.failed for r in rows] == ["", "out of memory", ""]
    assert rows[2].gflop / rows[0].gflop == pytest.approx(1.5)
    for r in (rows[0], rows[2]):
        assert r.seconds > 0
        assert r.wait is None
        assert r.share == pytest.approx(r.gflop / r.seconds / 100)
    lines = table(rows).splitlines()
    assert "out of memory" in lines[2]
    assert f"{4 / rows[0].seconds:.2f}" in lines[1]
    kept = json.loads(out.read_text())
    assert kept["machine"] == machine()
    assert [r["batch"] for r in kept["rows"]] == [4, 8, 6]


def test_a_cache_without_pictures_to_keep_is_a_failure_of_its_row(config, tmp_path):
    cfg = config(*TOY, "trainer.accelerator=cpu")
    (row,) = measure({"toy": cfg}, [None], ["32-true"], [False], 1, 1, tmp_path / "train.json", ["targets"])
    assert "give data.style and data.content" in table([row])


@pytest.mark.slow
def test_kept_targets_are_a_row_with_less_to_do(config, small_shards, tmp_path):
    options = [
        "data.batch_size=2",
        "data.works=1",
        "trainer.accelerator=cpu",
        "transfer=conditional_norm",
        "style_width=8",
    ]
    cfg = config(*TOY, *small_shards, *options)
    measured = measure(
        {"toy": cfg}, [None], ["32-true"], [False], 1, 2, tmp_path / "t.json", [None, "pictures", "targets"]
    )
    assert [r.failed for r in measured] == ["", "", ""]
    assert measured[0].gflop == measured[1].gflop > measured[2].gflop > 0
    assert [line.split()[5] for line in table(measured).splitlines()[1:]] == ["none", "pictures", "targets"]


@pytest.mark.slow
def test_with_shards_the_wait_for_data_is_a_share_of_the_steps(config, small_shards, tmp_path):
    cfg = config(*TOY, *small_shards, "data.batch_size=2", "data.works=1", "data.workers=0", "trainer.accelerator=cpu")
    (row,) = measure({"toy": cfg}, [None], ["32-true"], [False], 1, 2, tmp_path / "train.json")
    assert not row.failed
    assert 0 < row.wait < 1
