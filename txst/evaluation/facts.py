"""What the figures of a board mean and how to reproduce them, in words."""

import shlex
import sys
from collections.abc import Callable
from datetime import UTC, datetime

from omegaconf import DictConfig

from txst.evaluation.pairs import Pair, Pairs
from txst.evaluation.sources import RESIZE
from txst.machine import machine

ELSEWHERE = ("hydra.run.dir=", "run_dir=")  # a folder of this machine, which changes no figure


def kind_of(label: str, kinds: dict[str, list[str]]) -> str:
    return next((kind for kind, labels in kinds.items() if label in labels), "unlabelled")


def facts(cfg: DictConfig, pairs: Pairs, kind: Callable[[Pair], str]) -> dict[str, str]:
    """Facts by name, for the page and the docs."""
    rows = pairs.rows
    seen = sum(p.split == "train" for p in rows)
    kinds = sorted({kind(p) for p in rows})
    told = {
        "pairs": f"{len(rows)}: {len({p.photo for p in rows})} photos, {len({p.artist for p in rows})} artists, "
        f"{len({p.painting for p in rows})} paintings; {seen} of the pairs with a painting of the training set",
        "list": f"sha256 {pairs.sha256}",
        "kinds of photo": ", ".join(f"{k} {sum(kind(p) == k for p in rows)}" for k in kinds),
        "size": f"{cfg.size} x {cfg.size} pixels: {RESIZE}",
        "seed": str(cfg.seed),
        "intervals": f"{cfg.bootstrap.level:.0%}, bootstrap over artists, {cfg.bootstrap.rounds} rounds, "
        f"seed {cfg.bootstrap.seed}; figures without an interval are of the whole set",
        "machine": machine(),
        "date": f"{datetime.now(UTC):%d %B %Y}",
        "command": " ".join(["python", *(shlex.quote(given) for given in sys.argv if not given.startswith(ELSEWHERE))]),
    }
    if pairs.left_out:
        told["left out"] = f"no held-out painting by {', '.join(pairs.left_out)}"
    return told
