"""What a board's figures answer, in Markdown: which method for what, and the two questions of the thesis. Nothing is said that was not measured."""

import math
from typing import Any

from txst.evaluation.report import digits

USES = {  # what is wanted -> the metrics that tell, the first of them that the board has
    "keep what is in the photo": ("content", "lpips"),
    "look most like one of the artist's works": ("gram_nearest", "gram", "style"),
    "be taken for the artist": ("artist", "artist_top5"),
    "look like paintings as a set": ("fid",),
    "stand still where a photo pans": ("flicker",),
    "be quick at 512 pixels": ("ms_512", "ms_256"),
    "take little memory at 1,024 pixels": ("mib_1024", "mib_512", "mib_256"),
}
TOLD = ("content", "lpips", "gram_nearest", "gram", "artist", "artist_top5", "fid")  # in the two questions
TRAINED = ("adain", "efdm", "hmin", "sanet", "adaattn", "stytr2", "aams")  # after pictures, by the budget of txst
ABLATIONS = {
    "txst": "names and pictures in turn, contrast of artists, tokens",
    "txst_names": "names alone",
    "txst_pictures": "pictures alone",
    "txst_plain": "without the contrast of artists",
    "txst_tile": "the published tile in place of tokens",
}


def answers(board: dict[str, Any]) -> str:
    """The two sections of docs/COMPARISON.md."""
    return f"""## Which method for what

The best of the methods here that are no baselines, by these figures. They say nothing of other sizes of training.

{which_for_what(board)}

## Can a joint space of texts and pictures drive style transfer, and at what loss of content?

{by_name(board)}

## How do correlations of texts and pictures help?

{ablations(board)}"""


def value(board: dict[str, Any], method: str, metric: str) -> float | None:
    """A figure; None where there is none."""
    found = board["methods"].get(method, {}).get("figures", {}).get(metric, {}).get("value")
    return found if found is not None and math.isfinite(found) else None


def ranked(board: dict[str, Any], metric: str, names: list[str]) -> list[str]:
    """Those of the methods that have the figure, the best first."""
    able = [name for name in names if value(board, name, metric) is not None]
    more = board["metrics"][metric]["higher_is_better"]
    return sorted(able, key=lambda name: value(board, name, metric) or 0.0, reverse=bool(more))


def which_for_what(board: dict[str, Any]) -> str:
    names = [name for name, row in board["methods"].items() if not row["baseline"] and not row["error"]]
    rows = []
    for use, metrics in USES.items():
        for metric in metrics:
            if metric in board["metrics"] and (best := ranked(board, metric, names)[:3]):
                shown = ", ".join(f"`{name}` {digits(value(board, name, metric) or 0.0)}" for name in best)
                rows.append([use, metric, shown])
                break
    told = [name for name in names if board["methods"][name]["driven_by"] == "name"]
    if told:
        rows.append(["be told a name alone", "", ", ".join(f"`{name}`" for name in told)])
    return table(["to", "metric", "the best, and the next two"], rows)


def by_name(board: dict[str, Any]) -> str:
    """The trained TxST, told names, beside what was shown the painting and had the same training."""
    if value(board, "txst", "content") is None and not figures_of(board, "txst"):
        return absent("txst", "txst")
    shown = [name for name in TRAINED if figures_of(board, name)]
    rows = ["real", "txst", "other", *shown, "untouched"]
    text = compared(board, {name: board["methods"][name]["driven_by"] for name in rows if figures_of(board, name)})
    lost = [
        f"it keeps {abs(gap):.0%} {'less' if gap > 0 else 'more'} content than `{name}` (by `content`)"
        for name in shown
        if (theirs := value(board, name, "content"))
        and (own := value(board, "txst", "content")) is not None
        and (gap := own / theirs - 1)
    ]
    return f"{text}\n\nTold the name alone, `txst` has never seen the painting that it is compared with: " + (
        "; ".join(lost) + "." if lost else "no method that is shown it was trained beside it."
    )


def ablations(board: dict[str, Any]) -> str:
    found = [name for name in ABLATIONS if figures_of(board, name)]
    missing = [name for name in ABLATIONS if name not in found]
    if len(found) < 2:
        return absent(",".join(ABLATIONS), ", ".join(missing))
    text = compared(board, {name: ABLATIONS[name] for name in found})
    return text + (f"\n\nNot on this board: {', '.join(missing)}." if missing else "")


def figures_of(board: dict[str, Any], method: str) -> list[str]:
    """The metrics of the two questions that a method has figures of."""
    return [metric for metric in TOLD if metric in board["metrics"] and value(board, method, metric) is not None]


def compared(board: dict[str, Any], methods: dict[str, str]) -> str:
    """A table of some methods, each with a few words."""
    metrics = [metric for metric in TOLD if any(metric in figures_of(board, name) for name in methods)]
    rows = []
    for name, words in methods.items():
        own = [value(board, name, metric) for metric in metrics]
        rows.append([f"`{name}`", words, *("none" if x is None else digits(x) for x in own)])
    return table(["method", "", *metrics], rows)


def absent(methods: str, names: str) -> str:
    return (
        f"Not measured here: {names}. `python scripts/train_methods.py 'methods=[{methods}]' space=FILE ...` trains "
        "what is wanted, and `scripts/compare.py` with `'models=[models/NAME,...]'` measures it."
    )


def table(head: list[str], rows: list[list[str]]) -> str:
    cells = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in row)} |" for row in cells)
