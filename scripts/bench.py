"""Measures speed, with random weights.

python scripts/bench.py infer 'sizes=[512]'
python scripts/bench.py train 'precisions=[32-true,bf16-mixed]'
python scripts/bench.py loader data.style=shards/wikiart data.content=shards/coco data.workers=2
"""

import sys
from importlib.util import find_spec
from pathlib import Path

import hydra
import torch
from hydra.utils import instantiate
from omegaconf import DictConfig

from txst.machine import machine, write


def infer(cfg: DictConfig) -> None:
    from txst.inference.bench import measure, table
    from txst.inference.bench_plot import plot

    models = {
        name: (instantiate(c.model, _convert_="all").eval(), c.style_width) for name, c in begin(cfg).items()
    }
    rows = measure(models, cfg.sizes, cfg.batches, cfg.ways, cfg.rounds, cfg.most)
    print(f"median of {cfg.rounds} interleaved rounds\n{table(rows, cfg.baseline)}")
    write(rows, Path(cfg.file))
    if find_spec("matplotlib"):
        plot(rows, Path(cfg.file).with_suffix(".png"), f"{machine()}; {torch.get_num_threads()} threads")


def train(cfg: DictConfig) -> None:
    from txst.training.bench import measure, table

    experiments = begin(cfg)
    for composed in experiments.values():
        composed.data.update({key: value for key, value in cfg.data.items() if value is not None})
    variants = (list(cfg.batch_sizes), list(cfg.precisions), list(cfg.compile))
    rows = measure(experiments, *variants, cfg.warmup, cfg.steps, Path(cfg.file))
    print(f"mean of {cfg.steps} steps\n{table(rows)}")


def loader(cfg: DictConfig) -> None:
    from txst.data.bench import measure, table

    begin(cfg)
    data = instantiate(cfg.data, _convert_="all")
    print(table(measure(data, cfg.rounds, cfg.pictures), data.workers))


def begin(cfg: DictConfig) -> dict[str, DictConfig]:
    """Sets the threads, says what it runs on, and composes each model's config."""
    if cfg.threads:
        torch.set_num_threads(cfg.threads)
    print(f"{machine()}; {torch.get_num_threads()} threads")
    return {n: hydra.compose("train", ["run_dir=.", f"name={n}", *o]) for n, o in cfg.models.items()}


KINDS = {"infer": infer, "train": train, "loader": loader}

if __name__ == "__main__":
    if sys.argv[1:2] not in [[kind] for kind in KINDS]:
        sys.exit(f"bench: say what to measure first: {', '.join(KINDS)}, e.g. python scripts/bench.py infer")
    kind = sys.argv.pop(1)
    hydra.main(version_base="1.3", config_path="../conf", config_name=f"bench_{kind}")(KINDS[kind])()
