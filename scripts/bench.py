"""Measures speed, with random weights: python scripts/bench.py infer 'sizes=[512]'."""

import sys

import hydra
import torch
from hydra.utils import instantiate
from omegaconf import DictConfig

KINDS = ("infer",)


def main(cfg: DictConfig) -> None:
    from txst.inference.bench import measure, table

    if cfg.threads:
        torch.set_num_threads(cfg.threads)
    models, widths = {}, {}
    for name, overrides in cfg.models.items():
        composed = hydra.compose("train", ["run_dir=.", f"name={name}", *overrides])
        models[name] = instantiate(composed.model, _convert_="all").eval()
        widths[name] = composed.style_width
    rows = measure(models, widths, list(cfg.sizes), list(cfg.backends), cfg.rounds)
    print(
        f"{torch.get_num_threads()} threads, torch {torch.__version__}, median of {cfg.rounds} interleaved rounds"
    )
    print(table(rows, cfg.baseline))


if __name__ == "__main__":
    if sys.argv[1:2] not in [[kind] for kind in KINDS]:
        sys.exit(
            f"bench: say what to measure first: {', '.join(KINDS)}, e.g. python scripts/bench.py infer 'sizes=[512]'"
        )
    hydra.main(version_base="1.3", config_path="../conf", config_name=f"bench_{sys.argv.pop(1)}")(main)()
