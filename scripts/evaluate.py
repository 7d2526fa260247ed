"""Shows a model's pictures to the judges.

python scripts/evaluate.py model=models/mine data.content=shards/photos data.style=shards/wikiart
python scripts/evaluate.py +experiment=styleid model=models/mine data.content=StyleID/data/cnt data.style=StyleID/data/sty
"""

import sys

import hydra
from omegaconf import DictConfig


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
    # to hydra `model` is the group of networks that are trained, so the folder goes by another name
    sys.argv = [f"folder={a.removeprefix('model=')}" if a.startswith("model=") else a for a in sys.argv]
    main()
