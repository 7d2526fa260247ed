"""Measures the pictures that a model paints.

python scripts/evaluate.py model=models/mine data.content=shards/photos data.style=shards/wikiart
python scripts/evaluate.py +experiment=styleid model=models/mine data.content=StyleID/data/cnt data.style=StyleID/data/sty
"""

import sys

import hydra
from omegaconf import DictConfig

from txst.commands.old_names import new_overrides


@hydra.main(version_base="1.3", config_path="../conf", config_name="evaluate")
def main(cfg: DictConfig) -> None:
    from txst.evaluation.board import Board

    try:
        board = Board(cfg)
    except (ValueError, OSError) as error:
        sys.exit(f"evaluate: {error}")
    board.run()
    print(f"{board.out}/index.html")


if __name__ == "__main__":
    # `model` is a config group of networks for training, so the folder has another name in the config
    sys.argv[1:] = new_overrides(sys.argv[1:])
    sys.argv = [f"folder={a.removeprefix('model=')}" if a.startswith("model=") else a for a in sys.argv]
    main()
