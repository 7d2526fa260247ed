"""Draws the folders of txst and their imports: python scripts/draw_architecture.py -o docs/architecture.svg.

A box is a folder (or a module beside them) with its share of the lines of code. It may import from lower rungs only.
"""

import argparse
import ast
from collections import Counter
from pathlib import Path

LADDER: tuple[dict[str, float], ...] = (  # the rungs from the top: name -> column in the drawing
    {"scripts": 4},
    {"demo": 2},
    {"evaluation": 0.5},
    {"benchmarks": 0},
    {"training": 0.5, "service": 3.5},
    {"commands": 2.5},
    {"video": 4},
    {"export": 3, "inference": 4},
    {"backends": 5},
    {"models": 0},
    {"encoders": 1, "palette": 5},
    {"transfers": 0, "decoders": 1, "data": 2, "canvases": 3, "metrics": 4, "losses": 5},
    {"layers": 3, "model_folder": 4, "synthetic": 5, "painting": 1, "shapes": 2, "mesh": 0},
    {"images": 0.5},
    {"files": 1},
    {"pictures": 0, "types": 2, "machine": 4},
)
RUNG = {name: len(LADDER) - depth for depth, rung in enumerate(LADDER) for name in rung}
ENTRANCES = ("__init__", "__main__")  # they pass on to the rooms, and are not drawn
COLUMN, ROW, WIDTH, HEIGHT, MARGIN = 150, 84, 118, 40, 20  # pixels
STYLE = """
text { font: 13px system-ui, sans-serif; text-anchor: middle; fill: #222 }
.share { font-size: 11px; fill: #666 }
.room { fill: #fff; stroke: #555 }
.bar { fill: #cfe0f3 }
path { fill: none; stroke: #e0e0e0 }
path.direct { stroke: #35658f; stroke-width: 1.6 }
"""
Edges = set[tuple[str, str]]


def room(file: Path, root: Path) -> str:
    """The folder below txst that a module is in, the module itself if it is in none, or `scripts`."""
    top, *below = file.relative_to(root).with_suffix("").parts
    return below[0] if top == "txst" else top


def files(root: Path) -> list[Path]:
    return sorted([*root.glob("txst/**/*.py"), *root.glob("scripts/*.py")])


def imports(root: Path) -> Edges:
    """(room, room that it imports from), in any of their modules, wherever in the module the import is."""
    edges: Edges = set()
    for file in files(root):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("txst."):
                edges.add((room(file, root), str(node.module).split(".")[1]))
    return {(above, below) for above, below in edges if above != below and not {above, below} & set(ENTRANCES)}


def shares(root: Path) -> dict[str, float]:
    """Room -> its share of the lines of code in txst, 0 to 1."""
    lines: Counter[str] = Counter()
    for file in files(root):
        if (name := room(file, root)) not in (*ENTRANCES, "scripts"):
            lines[name] += len(file.read_text(encoding="utf-8").splitlines())
    return {name: count / lines.total() for name, count in lines.items()}


def reachable(edges: Edges, start: str) -> set[str]:
    """All that a room imports, by way of others too."""
    below = {to for above, to in edges if above == start}
    return below.union(*(reachable(edges, name) for name in below))


def direct(edges: Edges) -> Edges:
    """The edges that no other path implies."""
    return {
        (above, below)
        for above, below in edges
        if not any(below in reachable(edges, other) for up, other in edges if up == above)
    }


def draw(root: Path) -> str:
    """The drawing as SVG. Every edge is a path with an id `above-below`."""
    edges, share = imports(root), shares(root)
    strong = direct(edges)
    place = {
        name: (MARGIN + round(column * COLUMN), MARGIN + depth * ROW)
        for depth, rung in enumerate(LADDER)
        for name, column in rung.items()
    }
    width = max(x for x, _ in place.values()) + WIDTH + MARGIN
    height = max(y for _, y in place.values()) + HEIGHT + MARGIN
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">', f"<style>{STYLE}</style>"]
    parts += [
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
    ]
    parts += ['<path d="M0 0L8 4L0 8z" style="fill: #35658f; stroke: none"/></marker></defs>']
    parts += [f'<rect width="{width}" height="{height}" fill="#fff"/>']
    for above, below in sorted(edges - strong) + sorted(strong):  # the dark ones over the light ones
        (x, y), (to_x, to_y) = place[above], place[below]
        line = f"M{x + WIDTH // 2} {y + HEIGHT}L{to_x + WIDTH // 2} {to_y}"
        dark = ' class="direct" marker-end="url(#tip)"' if (above, below) in strong else ""
        parts.append(f'<path id="{above}-{below}" d="{line}"{dark}/>')
    for name, (x, y) in sorted(place.items()):
        middle, part = x + WIDTH // 2, share.get(name)
        parts.append(f'<rect class="room" x="{x}" y="{y}" width="{WIDTH}" height="{HEIGHT}" rx="4"/>')
        if part is not None:
            bar = round(part * 5 * WIDTH)  # 20% of the code would fill the box
            parts.append(f'<rect class="bar" x="{x + 1}" y="{y + HEIGHT - 5}" width="{bar}" height="4"/>')
        parts.append(f'<text x="{middle}" y="{y + 17}">{name}</text>')
        parts.append(f'<text class="share" x="{middle}" y="{y + 31}">{written(part)}</text>')
    return "\n".join([*parts, "</svg>", ""])


def written(share: float | None) -> str:
    return "" if share is None else "below 1%" if share < 0.01 else f"{share:.0%}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-o", "--out", type=Path, default=Path("docs/architecture.svg"))
    args = parser.parse_args()
    args.out.write_text(draw(Path(__file__).parent.parent), encoding="utf-8")
    print(args.out)


if __name__ == "__main__":
    main()
