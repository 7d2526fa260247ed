"""Two versions of the project whose training steps are measured in turn, so that what else the machine does falls on both."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

Rows = list[dict[str, Any]]  # of `training.Row`
Run = Callable[[Path, Sequence[str]], Rows]
HERE = Path(__file__).parents[2]


def measure_in_turn(before: str | Path, overrides: Sequence[str], rounds: int, run: Run | None = None) -> str:
    """A line for each row: the median over rounds of its step before and now, and of their ratio.

    Args:
        before: folder of the other version's files.
        overrides: of conf/bench_train.yaml, for both.
        rounds: in each, both are measured.
        run: folder and overrides -> rows; None starts scripts/bench.py there.
    """
    before = Path(before).resolve()
    if not (before / "scripts" / "bench.py").is_file():
        raise ValueError(
            f"before={before} holds no scripts/bench.py: git worktree add {before} VERSION puts them there"
        )
    if rounds < 1:
        raise ValueError(f"rounds={rounds}: at least one is needed")
    start = run or bench
    known = [o for o in overrides if not o.startswith("caches=") or knows_caches(before)]
    pairs = [(start(before, known), start(HERE, overrides)) for _ in range(rounds)]
    lines = [
        f"{'model':16} {'precision':>10} {'compile':>7} {'cache':>8} {'before ms':>10} {'now ms':>10} {'times as fast':>14} {'rounds':>20}"
    ]
    for first in pairs[0][1]:
        each = [(the_same(first, old), the_same(first, new)) for old, new in pairs]
        head = f"{first['model']:16} {first['precision']:>10} {'yes' if first['compiled'] else 'no':>7} "
        head += f"{first.get('cache') or 'none':>8} "
        if failed := next((row["failed"] for pair in each for row in pair if row["failed"]), ""):
            lines.append(head + failed.splitlines()[0])
            continue
        old, new = (1e3 * median(pair[at]["seconds"] for pair in each) for at in (0, 1))
        ratios = sorted(a["seconds"] / b["seconds"] for a, b in each)
        spread = f"{ratios[0]:.2f} to {ratios[-1]:.2f}"
        lines.append(head + f"{old:10.1f} {new:10.1f} {median(ratios):14.2f} {spread:>20}")
    return "\n".join(lines)


def the_same(row: dict[str, Any], rows: Rows) -> dict[str, Any]:
    """The row of another run that measured the same: the versions may list their models in another order.

    A version that keeps no pictures has one row in the place of those with a cache.
    """
    what = ("model", "batch", "precision", "compiled", "cache")
    return next(other for other in rows if all(other[key] == row.get(key) for key in what if key in other))


def knows_caches(folder: Path) -> bool:
    return "caches" in (folder / "conf" / "bench_train.yaml").read_text(encoding="utf-8")


def bench(folder: Path, overrides: Sequence[str]) -> Rows:
    """The rows of one version, measured by a process of its own."""
    with tempfile.TemporaryDirectory() as place:
        file = Path(place, "train.json")
        command = [sys.executable, "scripts/bench.py", "train", *overrides, f"file={file}"]
        done = subprocess.run(
            command, cwd=folder, env={**os.environ, "PYTHONPATH": str(folder)}, capture_output=True, text=True
        )
        if done.returncode or not file.is_file():
            raise RuntimeError(f"the bench in {folder} failed:\n{done.stderr[-2000:]}")
        return json.loads(file.read_text())["rows"]
