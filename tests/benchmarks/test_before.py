"""Two versions are measured in turn, and the medians are of rounds."""

from pathlib import Path

import pytest

from txst.benchmarks.before import HERE, measure_in_turn


def row(seconds, failed="", model="toy"):
    what = {"model": model, "batch": 4, "precision": "32-true", "compiled": False}
    return {**what, "seconds": seconds, "failed": failed}


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
    assert line.split() == ["toy", "32-true", "no", "none", "4000.0", "1000.0", "3.00", "2.00", "to", "4.00"]


def test_rows_are_told_apart_by_name_not_by_place(other):
    run = {
        other.resolve(): [row(6.0, model="b"), row(2.0, model="a")],
        HERE: [row(1.0, model="a"), row(2.0, model="b")],
    }
    _, a, b = measure_in_turn(other, [], 1, lambda folder, _: run[folder]).splitlines()
    assert a.split()[0:6:5] + b.split()[0:6:5] == ["a", "1000.0", "b", "2000.0"]
    assert (float(a.split()[6]), float(b.split()[6])) == (2.0, 3.0)


def test_a_version_without_caches_is_not_told_of_them_and_has_one_row_for_all(other):
    (other / "conf").mkdir()
    (other / "conf" / "bench_train.yaml").write_text("compile: [false]\n")
    told = {}

    def run(folder, overrides):
        told[folder] = overrides
        return (
            [row(6.0)]
            if folder == other.resolve()
            else [row(s) | {"cache": c} for s, c in ((3.0, None), (2.0, "targets"))]
        )

    _, plain, kept = measure_in_turn(other, ["caches=[null,targets]", "steps=4"], 1, run).splitlines()
    assert told == {other.resolve(): ["steps=4"], HERE: ["caches=[null,targets]", "steps=4"]}
    assert [plain.split()[3], plain.split()[6]] == ["none", "2.00"]
    assert [kept.split()[3], kept.split()[6]] == ["targets", "3.00"]


def test_a_row_that_failed_says_why(other):
    run = {other.resolve(): row(0.0, "out of memory\nmore"), HERE: row(1.0)}
    assert measure_in_turn(other, [], 1, lambda folder, _: [run[folder]]).endswith("out of memory")


def test_a_folder_without_the_bench_is_refused(tmp_path):
    with pytest.raises(ValueError, match="git worktree add"):
        measure_in_turn(tmp_path, [], 1)
