"""The board: every method paints the same pairs, the same metrics measure them, and the figures are written as files.

RUN/results.json, figures.csv, index.html, pairs.json, grids/*.png, pictures/METHOD/*.png. They are written again after each method,
so that an interrupted board shows what it has. The same command in the same RUN (hydra.run.dir=RUN) measures what is new or changed alone;
with cost=[] beside other work, and then without it on a quiet machine, what painting costs is measured alone.
"""

import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import cache, lru_cache
from glob import glob
from pathlib import Path
from typing import Any

import torch
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf
from tqdm import tqdm

from txst.backends.pytorch import best_device
from txst.evaluation.costs import cost_facts, cost_figures
from txst.evaluation.facts import facts, kind_of
from txst.evaluation.figures import Bootstrap, slices
from txst.evaluation.flicker import FACTS as FLICKER
from txst.evaluation.flicker import flicker
from txst.evaluation.gallery import Gallery, free_photos, from_pairs, grid_file, paintings
from txst.evaluation.kept_rows import KeptRows
from txst.evaluation.markdown import write_docs
from txst.evaluation.measuring import Look, Measured, Metrics, sentence
from txst.evaluation.methods import Folder, OnePerArtist, OtherArtist, Real
from txst.evaluation.page import write_page
from txst.evaluation.pairs import Pair, Pairs, draw_pairs, load_pairs, pictures
from txst.evaluation.report import write_csv, write_json
from txst.evaluation.sources import square


class Board:
    """A comparison as a config describes it: conf/compare.yaml, conf/evaluate.yaml."""

    def __init__(self, cfg: DictConfig) -> None:
        self.cfg, self.out = cfg, Path(cfg.run_dir)
        self.device = best_device() if cfg.device == "auto" else torch.device(cfg.device)
        self.pairs, self.look = the_list(cfg)
        kinds: Any = OmegaConf.to_container(cfg.kinds)
        self.kind: Callable[[Pair], str] = lambda pair: kind_of(pair.label, kinds)
        rows = self.pairs.rows
        size = cfg.gallery
        self.gallery = from_pairs(rows, self.look, self.kind, size.photos, as_plain(size.artists))
        self.free: Gallery | None = None
        if cfg.docs.folder:
            works = paintings(rows, self.look, as_plain(cfg.docs.artists))
            self.free = Gallery(free_photos(cfg.size), works)
        for names, own in (("artists", "artist"), ("movements", "movement")):
            cfg[names] = cfg[names] or sorted({getattr(p, own) for p in rows} - {""})
        self.metrics = Metrics(cfg.metric, self.device)
        self.bootstrap = Bootstrap(**cfg.bootstrap)
        self.wandb: Any = None
        if "wandb" in cfg.logger:
            from txst.evaluation.loggers import WandbGroup

            self.wandb = WandbGroup(cfg.logger.wandb, cfg.name)
        self.configs, left_out = methods(cfg)
        self.keys: dict[str, str] = {}  # of the methods that have painted
        self.kept = KeptRows(self.out / "rows", cfg, self.pairs.sha256)
        self.costs = KeptRows(self.out / "costs", cfg, self.pairs.sha256, cfg.cost, torch.get_num_threads())
        columns = self.metrics.facts() | ({"flicker": FLICKER} if cfg.flicker else {})
        self.result: dict[str, Any] = {
            "title": cfg.title,
            "facts": facts(cfg, self.pairs, self.kind) | left_out,
            "metrics": columns | cost_facts(cfg.cost or [], self.device),
            "methods": {},
        }

    def run(self) -> dict[str, Any]:
        """All methods in turn; returns what results.json holds."""
        self.out.mkdir(parents=True, exist_ok=True)
        self.pairs.save(self.out / "pairs.json")
        for name, config in self.configs.items():
            row: dict[str, Any] = {"driven_by": "", "baseline": False, "error": None, "figures": {}}
            self.result["methods"][name] = row
            try:
                self.fill(name, config, row)
            except Exception as error:
                row["error"] = sentence(error)
                tqdm.write(f"{name}: {row['error']}", file=sys.stderr)
            self.write()
            if self.wandb:
                self.wandb.method(name, row, grid_file(self.out, name))
        if self.wandb:
            self.wandb.board(self.out / "index.html", self.out / "figures.csv")
        return self.result

    @property
    def galleries(self) -> dict[Path, Gallery]:
        """Those to paint, and where their pictures are kept."""
        return {self.out: self.gallery} | ({self.out / "free": self.free} if self.free else {})

    def fill(self, name: str, config: Any, row: dict[str, Any]) -> None:
        """A method's row: as an earlier run of this board has it, or measured."""
        other = is_other(config)
        chosen = (config.of or self.best()) if other else None
        if other and chosen not in self.keys:
            raise ValueError(
                f"methods.other.of: the method {chosen!r} has not painted; choose one of {', '.join(self.keys)}"
            )
        made_of = [OmegaConf.to_container(config, resolve=True), self.keys.get(chosen or "")]
        key = self.kept.key(made_of)

        @cache
        def method() -> Any:
            made = instantiate(config, _convert_="all")
            if chosen:
                made.take(chosen, instantiate(self.configs[chosen], _convert_="all"))
            return made

        kept = self.kept.get(name, key)
        painted = kept and (
            kept["driven_by"] == Real.driven_by or all(g.load(f, name) for f, g in self.galleries.items())
        )
        if kept and painted:
            row |= kept
            tqdm.write(f"{name}: as measured before", file=sys.stderr)
        else:
            self.measure(name, method(), row)
            self.kept.put(name, key, row)
        if self.cfg.cost:
            row["figures"] = row["figures"] | self.cost_of(name, self.costs.key(made_of), method)
        self.keys[name] = key

    def cost_of(self, name: str, key: str, method: Callable[[], Any]) -> dict[str, Any]:
        """Figures that want a quiet machine, so that they are kept by themselves."""
        if kept := self.costs.get(name, key):
            return kept["figures"]
        try:
            first = self.rows_of(method())[0]
            figures = cost_figures(method(), self.look(first.painting), first.artist, self.cfg.cost)
        except Exception as error:
            return {unit: {"error": sentence(error)} for unit in cost_facts(self.cfg.cost, self.device)}
        self.costs.put(name, key, {"error": None, "figures": figures})
        return figures

    def rows_of(self, method: Any) -> Sequence[Pair]:
        """The pairs that a method is measured on."""
        rows = self.pairs.rows
        return tuple(method.learnt(rows)) if isinstance(method, OnePerArtist) else rows

    def measure(self, name: str, method: Any, row: dict[str, Any]) -> None:
        row |= {"driven_by": method.driven_by, "baseline": method.baseline}
        if not isinstance(method, Real):
            for folder, gallery in self.galleries.items():
                gallery.add(name, method)
                gallery.save(folder, name)
        rows = self.rows_of(method)
        measured = self.metrics.measure(method, rows, self.look, self.cfg.batch_size, name, self.cfg.seed)
        row["figures"] = self.figures(measured, rows)
        if self.cfg.flicker:
            row["figures"]["flicker"] = self.flickers(method, rows)

    def flickers(self, method: Any, rows: Sequence[Pair]) -> dict[str, Any]:
        """Of the first of the photos; none of what is no painting of them."""
        if isinstance(method, Real):
            return {"value": None, "n": 0}
        shown = rows[: self.cfg.flicker]
        photos, works = ([self.look(getattr(p, side)) for p in shown] for side in ("photo", "painting"))
        return {"value": flicker(method, photos, works, [p.artist for p in shown]), "n": len(shown)}

    def figures(self, measured: Measured, rows: Sequence[Pair]) -> dict[str, Any]:
        artists = [p.artist or p.painting for p in rows]
        found: dict[str, Any] = {}
        for metric in self.cfg.metric:
            if metric in measured.errors:
                found[metric] = {"error": measured.errors[metric]}
                continue
            found[metric] = {"value": measured.totals[metric], "n": len(rows)}
            if metric in measured.values:
                values = measured.values[metric]
                parts = slices(values, [self.kind(p) for p in rows], artists, self.bootstrap)
                whole = asdict(self.bootstrap.figure(values, artists)) | {"value": measured.totals[metric]}
                found[metric] = whole | {k: {n: asdict(f) for n, f in own.items()} for k, own in parts.items()}
        return found

    def best(self) -> str:
        """The best method so far that is not a baseline, by the metric `best` of the config."""
        metric = self.cfg.best
        figures = {
            name: row["figures"].get(metric, {}).get("value", math.nan)
            for name, row in self.result["methods"].items()
            if name in self.keys and not row["baseline"] and row["driven_by"] != OnePerArtist.driven_by
        }
        able = {name: value for name, value in figures.items() if math.isfinite(value)}
        if not able:
            raise ValueError(f"no method has a figure of {metric} yet: name one with methods.other.of=NAME")
        return (max if self.result["metrics"][metric]["higher_is_better"] else min)(able, key=able.__getitem__)

    def write(self) -> None:
        write_json(self.out / "results.json", self.result)
        write_csv(self.out / "figures.csv", self.result)
        write_page(self.out / "index.html", self.result, self.gallery, self.cfg.gallery.side)
        if self.free:
            write_docs(Path(self.cfg.docs.folder), self.result, self.free, self.cfg.docs.notes)


def the_list(cfg: DictConfig) -> tuple[Pairs, Look]:
    """The pairs of a config, drawn or read from a file, and the function that gives their pictures."""
    settings: Any = OmegaConf.to_container(cfg.pairs)
    file, data = settings.pop("file"), cfg.data
    content, style, table = as_plain(data.content), as_plain(data.style), data.table
    if not content or not style:
        raise ValueError(cfg.data.missing)
    pairs = load_pairs(file) if file else draw_pairs(content, style, seed=cfg.seed, table=table, **settings)
    found = pictures(pairs, content, style)
    return pairs, lru_cache(maxsize=1024)(lambda name: square(found[name], cfg.size))


def methods(cfg: DictConfig) -> tuple[dict[str, Any], dict[str, str]]:
    """The configs of all methods by name, those that take one of the others last; and in words what is left out, untrained."""
    folder = f"{Folder.__module__}.{Folder.__name__}"
    configs = dict(cfg.methods.items())
    for path in cfg.get("models", []):
        name = Path(path).name if Path(path).name not in configs else path
        configs[name] = OmegaConf.create({"_target_": folder, "folder": path, "device": cfg.device})
    absent = [name for name, config in configs.items() if is_untrained(config, cfg.trained)]
    told = {}
    if absent:
        told["not trained"] = f"{', '.join(absent)}: nothing is in {cfg.trained} (scripts/train_methods.py)"
        tqdm.write(f"left out, for they are not trained: {told['not trained']}", file=sys.stderr)
    able = [name for name in configs if name not in absent]
    if not able:
        raise ValueError(f"no method is left to compare: {told['not trained']}")
    return {name: configs[name] for name in sorted(able, key=lambda name: is_other(configs[name]))}, told


def is_other(config: Any) -> bool:
    return config["_target_"].endswith(OtherArtist.__name__)


def is_untrained(config: Any, trained: str) -> bool:
    """Whether a method wants a folder of trained models that is not there."""
    wanted = str(config.get("folder") or config.get("folders") or "")
    return wanted.startswith(f"{trained}/") and not glob(wanted)


def as_plain(node: Any) -> Any:
    return OmegaConf.to_container(node) if OmegaConf.is_config(node) else node
