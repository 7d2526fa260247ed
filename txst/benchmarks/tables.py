"""How fast painting, training and the loader are, with random weights: each from its config, as a text."""

import json
from importlib.util import find_spec
from pathlib import Path

import hydra
import torch
from hydra.core.hydra_config import HydraConfig
from hydra.utils import instantiate
from omegaconf import DictConfig

from txst.commands.old_names import new_overrides
from txst.machine import machine, write


def infer(cfg: DictConfig) -> str:
    """The table of painting, by a config of conf/bench_infer.yaml; its rows and a plot of them lie in `file` and beside it."""
    from txst.benchmarks.inference import measure, table
    from txst.benchmarks.plot import plot

    models = {name: (instantiate(c.model, _convert_="all").eval(), c.style_width) for name, c in begin(cfg).items()}
    rows = measure(models, cfg.sizes, cfg.batches, cfg.ways, cfg.rounds, cfg.most)
    write(rows, Path(cfg.file))
    if find_spec("matplotlib"):
        plot(rows, Path(cfg.file).with_suffix(".png"), place())
    return f"{place()}\nmedian of {cfg.rounds} interleaved rounds\n{table(rows, cfg.baseline)}"


def train(cfg: DictConfig) -> str:
    """The table of training steps, by a config of conf/bench_train.yaml; its rows lie in `file`."""
    from txst.benchmarks.before import measure_in_turn
    from txst.benchmarks.training import measure, table

    experiments = begin(cfg)
    if cfg.before:
        ours = ("before=", "rounds=", "file=", "threads=", "~models.")
        given = [o for o in HydraConfig.get().overrides.task if not o.startswith(ours)]
        given += [
            "~models",
            f"+models={{{','.join(f'{name}:{json.dumps(list(o))}' for name, o in cfg.models.items())}}}",
        ]
        given += [f"threads={cfg.threads or 'null'}"]
        return (
            f"{place()}\nmedians of {cfg.rounds} rounds in turn, each the mean of {cfg.steps} steps\n"
            + measure_in_turn(cfg.before, given, cfg.rounds)
        )
    for composed in experiments.values():
        composed.data.update({key: value for key, value in cfg.data.items() if value is not None})
    variants = (list(cfg.batch_sizes), list(cfg.precisions), list(cfg.compile))
    rows = measure(experiments, *variants, cfg.warmup, cfg.steps, Path(cfg.file), list(cfg.caches))
    return f"{place()}\nmean of {cfg.steps} steps\n{table(rows)}"


def loader(cfg: DictConfig) -> str:
    """The table of the loader, by a config of conf/bench_loader.yaml."""
    from txst.benchmarks.loader import measure, table

    begin(cfg)
    data = instantiate(cfg.data, _convert_="all")
    return f"{place()}\n{table(measure(data, cfg.rounds, cfg.pictures), data.workers)}"


def clipstyler(cfg: DictConfig) -> str:
    """The table of CLIPstyler's steps, by a config of conf/bench_clipstyler.yaml."""
    from txst.benchmarks.clipstyler import measure, table

    begin(cfg)
    times = measure(lambda: instantiate(cfg.model, _convert_="all").eval(), cfg.side, cfg.rounds, list(cfg.ways))
    return f"{place()}\nmedian of {cfg.rounds} interleaved rounds; seconds of the processor, of all threads together\n{table(times, cfg.task.steps)}"


def begin(cfg: DictConfig) -> dict[str, DictConfig]:
    """Sets the threads and composes each model's config."""
    if cfg.threads:
        torch.set_num_threads(cfg.threads)
    return {n: hydra.compose("train", ["run_dir=.", f"name={n}", *new_overrides(o)]) for n, o in cfg.models.items()}


def place() -> str:
    """What it ran on."""
    return f"{machine()}; {torch.get_num_threads()} threads"


KINDS = {"infer": infer, "train": train, "loader": loader, "clipstyler": clipstyler}
