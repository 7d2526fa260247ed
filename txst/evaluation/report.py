"""A board's figures as files. Each is written under another name and then renamed, so that it is never half written."""

import csv
import io
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from txst.files.encode import write_whole

COLUMNS = [
    "method", "metric", "part", "name", "value", "low", "high", "n", "better", "unit", "network", "error",
]  # fmt: skip


def plain(value: Any) -> Any:
    """The same for JSON, which knows no NaN."""
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def write_json(path: Path, content: dict[str, Any]) -> None:
    text = json.dumps(plain(content), ensure_ascii=False, indent=1, allow_nan=False)
    write_whole(path, f"{text}\n".encode())


def write_csv(path: Path, board: dict[str, Any]) -> None:
    """A line per method, metric and part: all pairs, the pairs of a kind of photo, the pairs of an artist."""
    out = io.StringIO()
    table = csv.DictWriter(out, COLUMNS, lineterminator="\n", restval="")
    table.writeheader()
    table.writerows(lines(board))
    write_whole(path, out.getvalue().encode())


def lines(board: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for method, row in board["methods"].items():
        if row["error"]:
            yield {"method": method, "error": row["error"]}
        for metric, figure in row["figures"].items():
            facts = board["metrics"][metric]
            head = {"method": method, "metric": metric, "part": "all", "unit": facts["unit"]}
            head |= {"network": facts["network"], "better": better(facts)}
            yield head | {k: figure.get(k, "") for k in ("value", "low", "high", "n", "error")}
            for part in ("kind", "artist"):
                for name, own in figure.get(part, {}).items():
                    yield head | {"part": part, "name": name, **own}


def better(facts: dict[str, Any]) -> str:
    return {True: "higher", False: "lower", None: ""}[facts["higher_is_better"]]


def shown(figure: dict[str, Any]) -> str:
    """A figure as people read it: three digits, and its interval."""
    if figure.get("error"):
        return "failed"
    if figure["value"] is None or not math.isfinite(figure["value"]):
        return "none"
    if figure.get("low") is None:
        return digits(figure["value"])
    return f"{digits(figure['value'])} ({digits(figure['low'])} to {digits(figure['high'])})"


def digits(value: float) -> str:
    if abs(value) < 1e-9:  # what is left of a difference of equals
        return "0"
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"
