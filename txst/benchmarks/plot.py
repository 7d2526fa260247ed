"""Time and memory against pixels, as a picture."""

from itertools import groupby
from pathlib import Path

from txst.benchmarks.inference import Row

STROKES = ("-", "--", ":", "-.")  # a model each


def plot(rows: list[Row], file: Path, title: str) -> None:
    """Draws the rows of one picture at a time; a colour for each backend, a kind of line for each model."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import NullLocator

    figure = Figure((12, 4.5), layout="constrained")
    left, right = figure.subplots(1, 2)
    alone = [r for r in rows if r.batch == 1]
    models, ways = (list(dict.fromkeys(names)) for names in ([r.model for r in alone], [r.way for r in alone]))
    for (model, way), found in groupby(alone, lambda r: (r.model, r.way)):
        line = list(found)
        look = {"color": f"C{ways.index(way)}", "linestyle": STROKES[models.index(model) % 4], "marker": "."}
        left.plot([r.size for r in line], [r.median for r in line], label=f"{model}, {way}", **look)
        if all(r.peak for r in line):
            right.plot([r.size for r in line], [(r.peak or 0) / 2**30 for r in line], **look)
    sizes = sorted({r.size for r in alone})
    for axes, unit in ((left, "seconds a picture"), (right, "GiB beyond the open model")):
        axes.set(xscale="log", yscale="log", xlabel="pixels", ylabel=unit)
        axes.set_xticks(sizes, [f"{size}²" for size in sizes])
        axes.xaxis.set_minor_locator(NullLocator())
        axes.yaxis.set_major_formatter("{x:g}")
        axes.grid(alpha=0.3)
    figure.legend(loc="outside right center", fontsize=8)
    figure.suptitle(title, fontsize=9)
    file.parent.mkdir(parents=True, exist_ok=True)
    beside = file.with_name(f".{file.name}")
    figure.savefig(beside, format="png", dpi=95)
    beside.replace(file)
