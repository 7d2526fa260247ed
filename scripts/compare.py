"""Compares methods: the same photos and styles, the same metrics.

python scripts/compare.py data.content=shards/photos data.style=shards/wikiart 'methods=[untouched,colour,microast,txst]'
python scripts/compare.py data.content=shards/photos data.style=shards/wikiart 'models=[models/mine]' docs.folder=docs
"""

import sys

import hydra
from omegaconf import DictConfig

from txst.commands.old_names import new_overrides


@hydra.main(version_base="1.3", config_path="../conf", config_name="compare")
def main(cfg: DictConfig) -> None:
    from txst.evaluation.board import Board

    try:
        board = Board(cfg)
    except (ValueError, OSError) as error:
        sys.exit(f"compare: {error}")
    board.run()
    print(f"{board.out}/index.html")


if __name__ == "__main__":
    sys.argv[1:] = new_overrides(sys.argv[1:])
    main()
