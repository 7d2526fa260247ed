"""Time and memory against pixels, as a picture."""

from itertools import groupby
from pathlib import Path

from txst.inference.bench import Row


def plot(rows: list[Row], file: Path, title: str) -> None:
    """Draws the rows of one picture at a time; a line for each model and backend."""
    from matplotlib.figure import Figure

    figure = Figure((11, 4.5), layout="constrained")
    left, right = figure.subplots(1, 2)
    alone = [r for r in rows if r.batch == 1]
    for (model, way), found in groupby(alone, lambda r: (r.model, r.way)):
        line = list(found)
        pixels = [r.size**2 / 1e6 for r in line]
        left.plot(pixels, [r.median for r in line], marker="o", label=f"{model}, {way}")
        if all(r.peak for r in line):
            right.plot(pixels, [(r.peak or 0) / 2**30 for r in line], marker="o")
    for axes, unit in ((left, "seconds"), (right, "GiB beyond the open model")):
        axes.set(xscale="log", yscale="log", xlabel="million pixels", ylabel=unit)
        axes.grid(alpha=0.3)
    left.legend(fontsize=8)
    figure.suptitle(title, fontsize=9)
    file.parent.mkdir(parents=True, exist_ok=True)
    beside = file.with_name(f".{file.name}")
    figure.savefig(beside, format="png", dpi=110)
    beside.replace(file)
