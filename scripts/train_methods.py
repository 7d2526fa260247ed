"""Trains every method of a comparison on the same pictures, with as many pairs; the same command goes on where it was stopped.

python scripts/train_methods.py data.style=shards/wikiart data.content=shards/photos vgg16=vgg16.safetensors space=space.safetensors
python scripts/train_methods.py data.style=shards/wikiart data.content=shards/photos 'methods=[sanet,adaattn]' pairs=250000 size=256 batch_size=32

What each reached is in RUN/table.md. Then: python scripts/compare.py 'methods=[...]'
"""

import sys

import hydra
from omegaconf import DictConfig


@hydra.main(version_base="1.3", config_path="../conf", config_name="train_methods")
def main(cfg: DictConfig) -> None:
    from txst.evaluation.trained import train_methods

    try:
        table, failed = train_methods(cfg)
    except (ValueError, OSError) as error:
        sys.exit(f"train_methods: {error}")
    print(table)
    if failed:
        sys.exit(f"train_methods: {', '.join(failed)} failed: the reasons are above")


if __name__ == "__main__":
    # `methods` is a config group of the board, so the list has another name in the config
    sys.argv = [f"names={a.removeprefix('methods=')}" if a.startswith("methods=") else a for a in sys.argv]
    main()
