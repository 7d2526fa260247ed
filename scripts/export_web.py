"""Writes what the page in web/ paints with: python scripts/export_web.py, which `make web` runs.

The model's graphs and weights, the words that its palette understands as JSON, and a picture of every style.
"""

import argparse
import json
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnx.numpy_helper
from PIL import Image
from tqdm import tqdm

from txst import Photo, Stylist
from txst.commands.paint import SAMPLE
from txst.commands.styles import rank
from txst.files.encode import write_whole
from txst.images import open_picture
from txst.inference.tiles import MEMORY, reach
from txst.model_folder.config import WEIGHTS
from txst.palette.lexicon import Source
from txst.palette.looks import LOOKS
from txst.palette.lookup import Palette
from txst.palette.prompt import since
from txst.palette.spelling import fold, index
from txst.palette.tables import Term, little, ordinary, signs
from txst.palette.tokenizer import read_merges

GRAPHS = ("style", "paint", "measure", "tile", "words")
PARTS = 5  # of a split at once: a program of WebGPU has ten buffers at most
CELL, COLUMNS, PAINTED = 80, 24, 128  # pixels of a style's picture, and in which it is painted
LITTLE = ("tie", "before", "not", "or")


def parted(model: onnx.ModelProto) -> onnx.ModelProto:
    """A graph whose splits into many parts are done in two steps: into groups, and these into parts."""
    graph = model.graph
    sizes = {
        tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in graph.initializer if not tensor.external_data
    }
    for at in reversed(range(len(graph.node))):
        node = graph.node[at]
        if node.op_type != "Split" or len(node.output) <= PARTS:
            continue
        groups = [slice(begin, begin + PARTS) for begin in range(0, len(node.output), PARTS)]
        names = [f"{node.name}_group{number}" for number in range(len(groups))]
        made: list[tuple[str, Any, Any]] = [
            (node.input[0], [sizes[node.input[1]][group].sum() for group in groups], names)
        ]
        made += [
            (name, sizes[node.input[1]][group], node.output[group]) for name, group in zip(names, groups, strict=True)
        ]
        graph.node.remove(node)
        used = {name for other in graph.node for name in other.input}
        for tensor in [tensor for tensor in graph.initializer if tensor.name not in used]:
            graph.initializer.remove(tensor)
        for step, (given, lengths, outputs) in enumerate(made):
            lengths_name = f"{node.name}_lengths{step}"
            graph.initializer.append(onnx.numpy_helper.from_array(np.array(lengths, np.int64), lengths_name))
            split = onnx.helper.make_node("Split", [given, lengths_name], outputs, f"{node.name}_{step}")
            split.attribute.extend(node.attribute)
            graph.node.insert(at + step, split)
    return model


def words(palette: Palette) -> dict[str, Any]:
    """A palette's lexicon as JSON: every question that reading asks of it, answered for every term."""
    lexicon = palette.lexicon
    terms = [*lexicon.own, *(Term("look", name) for name in LOOKS)]
    for term in list(terms):  # what stands in for it may be a term that only the palette has
        terms += [*lexicon.source(term).terms, *lexicon.source(term, beside_names=True).terms]
    number = {term: at for at, term in enumerate(dict.fromkeys(terms))}

    def source(found: Source) -> list[Any]:
        return [found.how, [number[term] for term in found.terms], found.name]

    def facts(term: Term) -> list[Any]:
        if term not in lexicon.own:
            return [term.kind, term.name, 0, source(lexicon.source(term)), None, "", None, None]
        whole, beside = lexicon.source(term), lexicon.source(term, beside_names=term.kind == "medium")
        near = lexicon.nearest(term)
        painters = [number[one] for one in lexicon.painters(term) if one in number] if term.kind == "work" else None
        return [
            *(term.kind, term.name, int(bool(lexicon.own[term])), source(whole)),
            *(None if near is None else number[near], since(term, lexicon), painters),
            None if beside == whole else source(beside),
        ]

    def keyed(keys: dict[str, list[Term]]) -> list[list[Any]]:
        return [[key, [number[term] for term in found]] for key, found in keys.items()]

    whole, last = index(tuple(palette.known))
    return {
        "terms": [facts(term) for term in number],
        "whole": keyed(lexicon.whole),
        "surnames": keyed(lexicon.surnames),
        "uncut": within(lexicon.uncut) if lexicon.uncut else "",
        "signs": signs().pattern,
        "ordinary": sorted(ordinary()),
        "little": {role: sorted(little(role)) for role in LITTLE},
        "looks": {name: typed[0] for name, typed in LOOKS.items()},
        "offers": [[key, sorted(names)] for key, names in (last | whole).items()],
        **{"names": palette.names, "movements": palette.movements, "blend": palette.blend},
    }


def within(names: re.Pattern[str]) -> str:
    """A pattern of names without its borders of words, which JavaScript writes otherwise, as it does some signs."""
    return re.sub(r"\\([-#&~ ])", r"\1", names.pattern.removeprefix(r"(?<!\w)").removesuffix(r"(?!\w)"))


def styles(palette: Palette) -> list[dict[str, str]]:
    """All names that have a picture, those that people look for first, with their kinds and the movements of painters."""
    lexicon, counts = palette.lexicon, palette.counts()
    held = [(kind, name) for kind, names in lexicon.held.items() for name in names]
    held.sort(key=lambda one: (one[0] != "artist", rank(one[1]), -counts[one[1]]))
    found = []
    for kind, name in held:
        entry = lexicon.entries.get(Term(kind, name))
        keys = " ".join(dict.fromkeys((fold(name), *(entry.keys if entry else ()))))
        found.append({"name": name, "kind": kind, "movement": entry.movement if entry else "", "keys": keys})
    return found


def sheet(stylist: Stylist, names: list[str]) -> Image.Image:
    """The sample photo in every style, side by side."""
    photo = Photo.open(open_picture(SAMPLE).resize((PAINTED, PAINTED), Image.Resampling.LANCZOS))
    drawn = Image.new("RGB", (CELL * COLUMNS, CELL * -(-len(names) // COLUMNS)))
    for at, name in enumerate(tqdm(names, desc="pictures of styles")):
        small = stylist.paint(photo, name).resize((CELL, CELL), Image.Resampling.LANCZOS)
        drawn.paste(small, (at % COLUMNS * CELL, at // COLUMNS * CELL))
    return drawn


def write_json(file: Path, facts: Any) -> None:
    write_whole(file, json.dumps(facts, ensure_ascii=False, separators=(",", ":")).encode())


def main() -> None:
    parser = argparse.ArgumentParser(description="Writes what the page in web/ paints with.")
    parser.add_argument("--model", default="small", help="small (the default) or another model folder with graphs")
    parser.add_argument("-o", "--out", type=Path, default=Path("web/public"), help="folder (default: web/public)")
    args = parser.parse_args()
    stylist = Stylist.from_pretrained(args.model)
    painter, palette, out = stylist.painter, stylist.painter.palette, args.out
    if palette is None or not all((stylist.folder / f"{name}.onnx").is_file() for name in GRAPHS):
        parser.error(f"{args.model} has no palette or no graphs, and the page paints with both")
    (out / "model").mkdir(parents=True, exist_ok=True)
    for name in GRAPHS:
        graph = parted(onnx.load(stylist.folder / f"{name}.onnx", load_external_data=False))
        write_whole(out / "model" / f"{name}.onnx", graph.SerializeToString())
    shutil.copyfile(stylist.folder / WEIGHTS, out / "model" / WEIGHTS)
    facts = {
        **{"bytesPerPixel": painter.bytes_per_pixel(None), "memory": MEMORY},
        "reach": reach(painter, painter.prepare_style(palette.codes[:1].astype(np.float32))),
        **{"styles": styles(palette), "cell": CELL, "columns": COLUMNS, "pairs": [" ".join(p) for p in read_merges()]},
    }
    write_json(out / "model.json", facts)
    write_json(out / "words.json", words(palette))
    sheet(stylist, [style["name"] for style in facts["styles"]]).save(out / "styles.webp", quality=70, method=6)
    shutil.copyfile(SAMPLE, out / "sample.jpg")
    print(f"{out}: {sum(file.stat().st_size for file in out.rglob('*.*')) / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
