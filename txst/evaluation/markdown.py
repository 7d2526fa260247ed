"""docs/COMPARISON.md: the board for readers of the repository, with pictures that may be shown to anybody."""

from pathlib import Path
from typing import Any

from txst.evaluation.answers import answers, table
from txst.evaluation.gallery import Gallery, slug
from txst.evaluation.report import better, plain, shown
from txst.files.encode import write_whole
from txst.files.marked import marked_part
from txst.images import save_picture

BEGIN, END = "<!-- methods: scripts/compare.py docs.folder=docs writes this table -->", "<!-- end of methods -->"
README_METRICS, THUMB = ("content", "gram_nearest", "artist", "ms_512"), 112

HEAD = """# {title}

The command below wrote this page. A figure is a mean over pairs of a photo and an artist, with its interval in brackets.

{table}
{failures}
{answers}

## The metrics

{metrics}

## By kind of photo

{kinds}

## What was measured

{facts}

## Pictures

Columns: artists. Rows: methods. Picture-driven methods got a real work of the artist, the others the name. The photos come
with scikit-image (public domain or CC0) and are not part of the figures.

{pictures}
"""


def write_docs(folder: Path, board: dict[str, Any], gallery: Gallery, notes: str | None) -> None:
    """COMPARISON.md, comparison/PHOTO.jpg, and README's table of methods.

    Args:
        folder: the repository's docs.
        board: see `board.py`.
        gallery: photos that may be shown to anybody; no real painting is written.
        notes: a Markdown file for the end of the page: what the figures do not capture.
    """
    board = plain(board)
    links = []
    for photo in gallery.photos if gallery.painted else ():
        save_picture(gallery.by_photo(photo, 112, real=False), folder / "comparison" / f"{photo}.jpg", 60)
        links.append(f"![{photo} by all methods](comparison/{photo}.jpg)")
    text = HEAD.format(
        title=board["title"],
        table=main_table(board),
        answers=answers(board),
        failures="".join(f"\n- {failure}\n" for failure in failures(board)),
        metrics=metrics_table(board),
        kinds=kinds_table(board),
        facts="\n".join(f"- **{name}**: {told(name, text)}" for name, text in board["facts"].items()),
        pictures="\n\n".join(links),
    )
    if notes and Path(notes).is_file():
        text += "\n" + Path(notes).read_text(encoding="utf-8").strip() + "\n"
    write_whole(folder / "COMPARISON.md", text.encode())
    write_readme(folder, board, gallery)


def write_readme(folder: Path, board: dict[str, Any], gallery: Gallery) -> None:
    """The table of methods in the README beside the docs, between its two marks, with a picture of each; none where there are no marks."""
    part = marked_part(folder.parent / "README.md", BEGIN, END)
    if part is None or not gallery.painted:
        return
    photo, artist = next(iter(gallery.photos)), next(iter(gallery.paintings))
    metrics = [m for m in README_METRICS if m in board["metrics"]]
    rows = []
    for name, cells in gallery.painted.items():
        file = folder / "comparison" / f"method_{slug(name)}.jpg"
        save_picture(cells[photo, artist].resize((THUMB, THUMB)), file, 80)
        own = board["methods"][name]
        figures = [shown(own["figures"][m] | {"low": None}) if m in own["figures"] else "none" for m in metrics]
        rows.append([name, own["driven_by"], f"![{photo} by {name}]({folder.name}/comparison/{file.name})", *figures])
    head = ["method", "driven by", artist, *metrics]
    part.write(f"{table(head, rows)}\n")


def told(name: str, text: str) -> str:
    return f"`{text}`" if name == "command" else text


def main_table(board: dict[str, Any]) -> str:
    arrows = {"higher": " ↑", "lower": " ↓", "": ""}
    head = ["method", "driven by", *(f"{j}{arrows[better(f)]}" for j, f in board["metrics"].items())]
    rows = []
    for name, row in board["methods"].items():
        if row["error"]:
            rows.append([name, row["driven_by"], row["error"], *[""] * (len(board["metrics"]) - 1)])
        else:
            rows.append([name, row["driven_by"], *(shown(row["figures"][j]) for j in board["metrics"])])
    return table(head, rows)


def failures(board: dict[str, Any]) -> list[str]:
    """The errors of metrics that failed. Those that could not be built have theirs in their own table."""
    return [
        f"{metric} of {method} failed: {figure['error']}"
        for method, row in board["methods"].items()
        for metric, figure in row["figures"].items()
        if figure.get("error") and not board["metrics"][metric].get("error")
    ]


def metrics_table(board: dict[str, Any]) -> str:
    rows = [[j, f["unit"], better(f), f.get("error") or f["network"]] for j, f in board["metrics"].items()]
    return table(["metric", "unit", "better", "measured with"], rows)


def kinds_table(board: dict[str, Any]) -> str:
    """Every metric of pairs, by kind of photo. The intervals are in results.json."""
    rows, kinds = [], set()
    for row in board["methods"].values():
        for figure in row["figures"].values():
            kinds |= set(figure.get("kind", {}))
    names = sorted(kinds)
    for metric in board["metrics"]:
        for method, row in board["methods"].items():
            own = row["figures"].get(metric, {}).get("kind")
            if own:
                rows.append([metric, method, *(shown(own[k] | {"low": None}) if k in own else "" for k in names)])
    return table(["metric", "method", *names], rows)
