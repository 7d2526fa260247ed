"""Measures speed with random weights.

python scripts/bench.py infer 'sizes=[512]'
python scripts/bench.py train 'precisions=[32-true,bf16-mixed]'
python scripts/bench.py loader data.style=shards/wikiart data.content=shards/coco data.workers=2
python scripts/bench.py clipstyler
"""

import sys

import hydra
from omegaconf import DictConfig

from txst.benchmarks.tables import KINDS
from txst.commands.old_names import new_overrides


def main() -> None:
    if sys.argv[1:2] not in [[kind] for kind in KINDS]:
        sys.exit(f"bench: the first argument must be one of {', '.join(KINDS)}, e.g. python scripts/bench.py infer")
    kind = sys.argv.pop(1)
    sys.argv[1:] = new_overrides(sys.argv[1:])

    @hydra.main(version_base="1.3", config_path="../conf", config_name=f"bench_{kind}")
    def bench(cfg: DictConfig) -> None:
        print(KINDS[kind](cfg))

    bench()


if __name__ == "__main__":
    main()
