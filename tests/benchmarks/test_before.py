"""Two versions are measured in turn, and the medians are of rounds."""

from pathlib import Path

import pytest

from txst.benchmarks.before import HERE, measure_in_turn


def row(seconds, failed=""):
    return {"model": "toy", "precision": "32-true", "compiled": False, "seconds": seconds, "failed": failed}


@pytest.fixture
def other(tmp_path):
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts" / "bench.py").touch()
    return tmp_path


def test_ratios_are_of_a_round_and_their_median_is_told(other):
    turns = []
    times = {other.resolve(): iter([2.0, 9.0, 4.0]), HERE: iter([1.0, 3.0, 1.0])}

    def run(folder: Path, overrides):
        turns.append((folder, *overrides))
        return [row(next(times[folder]))]

    _, line = measure_in_turn(other, ["steps=4"], 3, run).splitlines()
    assert turns == [(other.resolve(), "steps=4"), (HERE, "steps=4")] * 3
    assert line.split() == ["toy", "32-true", "no", "4000.0", "1000.0", "3.00", "2.00", "to", "4.00"]


def test_a_row_that_failed_says_why(other):
    run = {other.resolve(): row(0.0, "out of memory\nmore"), HERE: row(1.0)}
    assert measure_in_turn(other, [], 1, lambda folder, _: [run[folder]]).endswith("out of memory")


def test_a_folder_without_the_bench_is_refused(tmp_path):
    with pytest.raises(ValueError, match="git worktree add"):
        measure_in_turn(tmp_path, [], 1)
