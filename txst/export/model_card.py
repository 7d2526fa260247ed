"""The card of a model: what it is made of and from, its figures, what it cannot do."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from safetensors import safe_open

from txst.data.sources import manifest
from txst.export.run import network_of, told
from txst.model_folder.config import read_config

NETWORKS = {  # that losses or targets come from, and on which terms they are given out
    "SqueezeNet": "SqueezeNet 1.1, trained on ImageNet (DeepScale, BSD-2-Clause)",
    "MicroAST": "MicroAST, a published picture-driven stylizer (its authors, MIT)",
    "VGG": "VGG-16 or VGG-19, trained on ImageNet (Visual Geometry Group, CC BY 4.0)",
    "Inception": "Inception-v3, trained on ImageNet (TensorFlow, Apache-2.0)",
}
LIMITS = """- It knows the artists, movements, textures and words that it was trained with. What other words mean is guessed by a table that was distilled from the
  sentence encoder sentence-transformers/all-MiniLM-L6-v2 (Apache-2.0); where the guess is not sure they are refused.
- A style is one of a painting, or a blend of a few: it knows nothing of an artist's subjects, and paints what the photo shows.
- It was trained on squares of 256 pixels at most: larger photos than 640 pixels are painted in a copy, unless `--stroke 0` says otherwise.
- Faces lose their finer features, small text is not kept.
- Artists with few pictures in the data (`txst styles` counts them) are little more than a palette of colours.
- It paints in the manner of artists who died before 1956; it is not meant to pass for their work.
"""
SHOWN = ("artist", "artist_top5", "content", "style", "gram", "lpips", "fid", "identity", "halo", "repetition")
TONES = ("contrast", "saturation")  # 1: as they are


def card_of(folder: Path, sources: Sequence[str], board: Path | None, method: str | None) -> str:
    """Markdown.

    Args:
        folder: of the model, exported from a run.
        sources: folders of the shards it was trained on.
        board: results.json of a comparison.
        method: the model's name there.
    """
    config = read_config(folder)
    training = config.get("training")
    if not training or "stages" not in training:
        raise ValueError(f"{folder}/config.yaml does not say how it was trained: export it again")
    parts = [
        f"# {folder.name}",
        f"Made by `scripts/model_card.py`. {described(folder, config, training)}",
        "## Data\n\n" + "\n".join(data(source) for source in sources),
        "## Networks that it learnt from\n\n" + "\n".join(teachers(training)),
        "## Licence\n\nThe weights are for research use: most of the pictures they learnt from came on such terms (see the table). "
        "The code's licence is another (MIT).",
        "## What it cannot do\n\n" + LIMITS.strip(),
    ]
    if board:
        parts.insert(2, "## Figures\n\n" + figures(json.loads(board.read_text(encoding="utf-8")), method))
    return "\n\n".join(parts) + "\n"


def described(folder: Path, config: dict[str, Any], training: dict[str, Any]) -> str:
    file = folder / "model.safetensors"
    counts: dict[str, int] = {}
    with safe_open(file, "pt") as tensors:
        for name in tensors.keys():  # noqa: SIM118 - it is no dict
            part = name.split(".")[0]
            shape = tensors.get_slice(name).get_shape()
            size = 1
            for side in shape:
                size *= side
            counts[part] = counts.get(part, 0) + size
    words = training.get("words") or {}
    found = ", ".join(f"{name} {share:.0%}" for name, share in words.items())
    tuned = training.get("tuned")
    return (
        f"{counts['model'] / 1e6:.2f} million numbers in the network (`{network_of(config['model'])}`) and "
        f"{counts.get('clip', 0) / 1e6:.2f} million in what it knows styles by (`{config['clip']['_target_']}`), "
        f"{file.stat().st_size / 1e6:.1f} MB; trained in {len(training['stages'])} stages: "
        f"{told(training['stages'])}."
        + finish(config["model"])
        + (f" One code of each name was tuned over {tuned} photos, to please a classifier." if tuned else "")
        + (f" Of texts and held-out pictures: {found}." if found else "")
        + (f" {note}" if (note := training.get("note")) else "")  # what the stages do not tell
    )


def finish(model: dict[str, Any]) -> str:
    """What a Stylizer does with what its decoder paints, by its settings."""
    set_to = {
        name: model[name] for name in ("calm", "contrast", "saturation", "hold", "dab", "touch") if model.get(name)
    }
    told = ", ".join(f"`{name}: {value}`" for name, value in set_to.items() if name not in TONES or value != 1)
    return f" What it paints is finished without weights (txst/models/stylizer.py): {told}." if told else ""


def data(source: str) -> str:
    """What a folder of shards holds, and on which terms."""
    facts = manifest(source)
    artists = len({row["name"] for row in facts["artists"]})
    counts = ", ".join(f"{count} {split}" for split, count in facts["counts"].items())
    rows = "\n".join(f"| {licence} | {count} |" for licence, count in sorted(facts["licences"].items()))
    return f"`{Path(source).name}`: {counts}; {artists} names.\n\n| terms | pictures |\n| --- | --- |\n{rows}\n"


def teachers(training: dict[str, Any]) -> list[str]:
    found = []
    for role in ("loss_network", "teacher"):
        names = {str(stage.get(role) or "").rpartition(".")[2] for stage in training["stages"]} - {""}
        found += [f"- {role.replace('_', ' ')}: {NETWORKS.get(name, name)}" for name in sorted(names)]
    return found


def figures(results: dict[str, Any], method: str | None) -> str:
    """The board's rows of the model, of what it has to beat, and of real paintings."""
    methods = results["methods"]
    if method not in methods:
        raise ValueError(f"the board has no method {method!r}; it has {', '.join(methods)}")
    facts = results.get("metrics") or results["judges"]  # the name in files of txst 0.1
    metrics = [name for name in SHOWN if name in facts]
    arrows = {True: "↑", False: "↓"}
    head = [f"{name} {arrows[facts[name]['higher_is_better']]}" for name in metrics]
    lines = ["| method | " + " | ".join(head) + " |", "| --- " * (len(head) + 1) + "|"]
    for name, row in methods.items():
        cells = [cell(row["figures"].get(metric)) for metric in metrics]
        lines.append(f"| {'**' + name + '**' if name == method else name} | {' | '.join(cells)} |")
    about = results["facts"]
    return "\n".join(lines) + f"\n\n{about['pairs']}; {about['date']}, {about['machine']}. docs/COMPARISON.md has more."


def cell(figure: dict[str, Any] | None) -> str:
    value = None if figure is None else figure.get("value")
    return "none" if value is None else f"{round(value, 9) + 0.0:.3g}"
